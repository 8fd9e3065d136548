#include "core/policy/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "core/policy/explain.h"
#include "core/policy/kinds.h"

namespace sallyport {
namespace {

// What the policy gives, in one line and as something to compare.
struct Given {
  bool refused = false;
  Requirement requirement;
  std::string words;
};

Given given_by(const Policy& policy, DecisionSpace& space, const Facts& facts, Action action) {
  const auto d = policy.demand(facts, action, space);
  Given out;
  out.refused = d.refusal != PolicyRefusal::none;
  if (out.refused) out.words = concat("refused: ", denial_of(policy, d, facts, action).detail);
  else out.requirement = policy.requirement_of(d.needs);
  if (!out.refused) out.words = words_for(out.requirement);
  return out;
}

std::optional<Direction> direction_of(const Given& before, const Given& after) {
  if (before.refused && after.refused) return std::nullopt;
  if (before.refused) return Direction::easier;
  if (after.refused) return Direction::harder;
  const auto joined = join(before.requirement, after.requirement);
  const bool less = joined != join(after.requirement, after.requirement);
  const bool more = joined != join(before.requirement, before.requirement);
  if (less && more) return Direction::both;
  if (less) return Direction::easier;
  if (more) return Direction::harder;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Direction direction) noexcept {
  switch (direction) {
    case Direction::easier: return "easier";
    case Direction::harder: return "harder";
    case Direction::both: return "easier and harder";
  }
  return "";
}

std::uint64_t PolicyComparison::changed(Direction direction) const {
  std::uint64_t out = 0;
  for (const auto& c : changes)
    if (c.direction == direction) out += c.kinds;
  return out;
}

PolicyComparison compare(const Policy& before, const Policy& after) {
  PolicyComparison out;
  KindsOfRequest all;
  all.take(before);
  all.take(after);
  const auto axes = all.axes(out.few_groups);
  std::uint64_t product = 1;
  for (const auto& axis : axes) {
    product *= axis.size();
    if (product > kinds_compared_max) out.drawn = true;
    product = std::min<std::uint64_t>(product, std::uint64_t{1} << 40U);
  }
  out.kinds = out.drawn ? kinds_compared_max : product;

  DecisionSpace space_before(before);
  DecisionSpace space_after(after);
  std::map<std::tuple<Direction, std::string, Action>, PolicyChange> changes;
  std::uint64_t random = 0x9E3779B97F4A7C15U;  // SplitMix64: the same requests at every run
  for (std::uint64_t n = 0; n < out.kinds; ++n) {
    TrialFacts facts;
    std::vector<std::size_t> choices;
    auto rest = n;
    auto action = Action::unlock;
    for (const auto& axis : axes) {
      if (out.drawn) {
        random += 0x9E3779B97F4A7C15U;
        rest = random;
        rest = (rest ^ (rest >> 30U)) * 0xBF58476D1CE4E5B9U;
        rest = (rest ^ (rest >> 27U)) * 0x94D049BB133111EBU;
        rest ^= rest >> 31U;
      }
      choices.push_back(rest % axis.size());
      rest /= axis.size();
      set_value(facts, axis, choices.back());
      if (axis.attribute == Attribute::action) action = *action_from_text(axis.texts[choices.back()]);
    }
    const auto view = facts.view();
    const auto was = given_by(before, space_before, view, action);
    const auto is = given_by(after, space_after, view, action);
    const auto direction = direction_of(was, is);
    if (!direction) continue;
    const auto& name = before.classes()[before.demand(view, action, space_before).account_class].name.text();
    auto& change = changes[{*direction, name, action}];
    if (change.kinds++ > 0) continue;
    change.direction = *direction;
    change.account_class = name;
    change.action = action;
    change.was = was.words;
    change.is = is.words;
    for (std::size_t i = 0; i < axes.size(); ++i)
      change.witness.push_back(concat(info_of(axes[i].attribute).name, ": ", value_text(axes[i], choices[i])));
  }
  for (auto& [key, change] : changes) out.changes.push_back(std::move(change));
  return out;
}

}  // namespace sallyport
