#include "core/policy/requirement.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <tuple>

namespace sallyport {
namespace {

auto selector(const ApproverConstraint& c) { return std::tie(c.role, c.outside, c.from); }

// The same kind of approver asked for twice is asked for once, as often as the larger demands.
std::vector<ApproverConstraint> join_approvers(std::vector<ApproverConstraint> all,
                                               const std::vector<ApproverConstraint>& more) {
  for (const auto& wanted : more) {
    const auto same = std::ranges::find_if(all, [&](const auto& c) { return selector(c) == selector(wanted); });
    if (same == all.end()) all.push_back(wanted);
    else same->at_least = std::max(same->at_least, wanted.at_least);
  }
  std::ranges::sort(all, [](const auto& a, const auto& b) { return selector(a) < selector(b); });
  return all;
}

template <typename T, typename Choose>
std::optional<T> join_optional(const std::optional<T>& a, const std::optional<T>& b, Choose choose) {
  if (!a) return b;
  if (!b) return a;
  return choose(*a, *b);
}

std::vector<SignalName> unite(const std::vector<SignalName>& a, const std::vector<SignalName>& b) {
  std::vector<SignalName> out;
  std::ranges::set_union(a, b, std::back_inserter(out));
  return out;
}

std::vector<SignalName> intersect(const std::vector<SignalName>& a, const std::vector<SignalName>& b) {
  std::vector<SignalName> out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

}  // namespace

Requirement join(const Requirement& a, const Requirement& b) {
  Requirement out;
  out.signals = std::max(a.signals, b.signals);
  out.strong = std::max(a.strong, b.strong);
  out.include = unite(a.include, b.include);
  out.allow = join_optional(a.allow, b.allow, intersect);
  out.approvers = join_approvers(join_approvers({}, a.approvers), b.approvers);
  out.hold_with_strong = std::max(a.hold_with_strong, b.hold_with_strong);
  out.hold_without_strong = std::max(a.hold_without_strong, b.hold_without_strong);
  out.review = join_optional(a.review, b.review, [](const Review& x, const Review& y) {
    return Review{std::min(x.within, y.within), x.batch && y.batch};
  });
  out.lasts = join_optional(a.lasts, b.lasts, [](Duration x, Duration y) { return std::min(x, y); });
  out.alarm = join_optional(a.alarm, b.alarm, std::logical_or());
  out.lists = join_optional(a.lists, b.lists, [](std::uint32_t x, std::uint32_t y) { return std::min(x, y); });
  return out;
}

}  // namespace sallyport
