#include "core/policy/alarm.h"

#include <algorithm>

namespace sallyport {
namespace {

bool rests_apart(const Policy& policy, const NoticeRule& way, std::span<const SignalName> counted) {
  return std::ranges::none_of(counted, [&](const SignalName& name) {
    const auto* signal = policy.signal(name);
    return signal == nullptr || std::ranges::any_of(way.rests_on, [&](const std::string& thing) {
             return std::ranges::binary_search(signal->rests_on, thing);
           });
  });
}

bool counts(const Policy& policy, const Notice& notice, std::span<const SignalName> counted) {
  const auto* way = policy.notice(notice.way);
  if (way == nullptr || notice.rests_on_account) return false;
  if (way->unchanged_for && (!notice.unchanged_since || notice.at - *notice.unchanged_since < *way->unchanged_for))
    return false;
  return rests_apart(policy, *way, counted);
}

}  // namespace

std::optional<Instant> alarm_at(const Policy& policy, std::span<const SignalName> counted,
                                std::span<const Notice> notices) {
  std::optional<Instant> first;
  for (const auto& notice : notices)
    if ((!first || notice.at < *first) && counts(policy, notice, counted)) first = notice.at;
  return first;
}

bool can_be_alarmed(const Policy& policy, const Needs& needs, SignalSet counted) noexcept {
  return !needs.alarm ||
         std::ranges::any_of(policy.notices(), [&](const NoticeRule& way) { return (way.shares & counted) == 0; });
}

std::vector<std::string> alarm_ways(const Policy& policy, std::span<const SignalName> counted) {
  std::vector<std::string> out;
  for (const auto& way : policy.notices())
    if (rests_apart(policy, way, counted)) out.push_back(way.name.text());
  return out;
}

}  // namespace sallyport
