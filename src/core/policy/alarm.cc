#include "core/policy/alarm.h"

#include <algorithm>

namespace sallyport {

bool reaches_holder(const Policy& policy, const Notice& notice) {
  const auto* way = policy.notice(notice.way);
  if (way == nullptr || notice.rests_on_account) return false;
  return !way->unchanged_for || (notice.unchanged_since && notice.at - *notice.unchanged_since >= *way->unchanged_for);
}

Weighed weigh_beside(const Policy& policy, const Needs& needs, const NoticeRule& way,
                     std::span<const Evidence> evidence, Instant now, std::span<EvidenceFinding> findings) noexcept {
  auto apart = needs;
  apart.allow &= ~way.shares;
  return weigh_evidence(policy, apart, evidence, now, findings);
}

std::vector<std::string> alarm_ways(const Policy& policy, const Needs& needs, std::span<const Evidence> evidence,
                                    Instant now) {
  std::vector<EvidenceFinding> findings(evidence.size());
  std::vector<std::string> out;
  for (const auto& way : policy.notices())
    if (weigh_beside(policy, needs, way, evidence, now, findings).satisfied) out.push_back(way.name.text());
  return out;
}

bool can_be_alarmed(const Policy& policy, const Needs& needs, SignalSet counted) noexcept {
  return !needs.alarm ||
         std::ranges::any_of(policy.notices(), [&](const NoticeRule& way) { return (way.shares & counted) == 0; });
}

}  // namespace sallyport
