#include "core/policy/without_effect.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "base/text.h"
#include "core/policy/kinds.h"
#include "core/policy/signals.h"

namespace sallyport {
namespace {

void tell(std::vector<PolicyProblem>& out, std::size_t line, std::string what, std::string next_step) {
  out.push_back({line, 1, std::move(what), std::move(next_step), true});
}

}  // namespace

namespace {

// Calls `look` with the policy's demand for every kind of request that `kinds` tells apart, until it says that it has
// seen enough. Returns false when there are too many.
template <typename Look>
bool each_kind(const Policy& policy, const KindsOfRequest& kinds, const Look& look) {
  bool few_groups = false;
  const auto axes = kinds.axes(few_groups);
  std::uint64_t number = 1;
  for (const auto& axis : axes) number = std::min(number * axis.size(), kinds_looked_at_max + 1);
  if (few_groups || number > kinds_looked_at_max) return false;
  DecisionSpace space(policy);
  TrialFacts facts;
  auto action = Action::unlock;
  std::vector<std::size_t> choices(axes.size());
  const auto choose = [&](std::size_t i) {
    set_value(facts, axes[i], choices[i]);
    if (axes[i].attribute == Attribute::action)
      action = action_from_text(axes[i].texts[choices[i]]).value_or(Action::unlock);
  };
  for (std::size_t i = 0; i < axes.size(); ++i) choose(i);
  for (std::uint64_t n = 0; n < number; ++n) {
    const auto view = facts.view();
    if (look(policy.demand(view, action, space))) return true;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      choices[i] = (choices[i] + 1) % axes[i].size();
      choose(i);
      if (choices[i] != 0) break;
    }
  }
  return true;
}

bool reads_points(const Condition& condition) {
  return std::ranges::any_of(condition.tests(), [](const Condition::Test& t) {
    return t.left == Attribute::risk_points || t.right == Attribute::risk_points;
  });
}

// Whether a condition ever holds depends on what it reads, and on nothing else: that it is asked about alone keeps the
// kinds few, however much the rest of the policy tells apart.
KindsOfRequest kinds_of(const Policy& policy, const Condition& condition) {
  KindsOfRequest out;
  out.take_frame(policy);
  out.take(policy, condition);
  if (reads_points(condition))
    for (const auto& point : policy.risk_points()) out.take(policy, point.when);
  return out;
}

}  // namespace

std::vector<PolicyProblem> without_effect(const Policy& policy) {
  std::vector<bool> classes(policy.classes().size());
  std::vector<bool> rules(policy.rules().size());
  std::vector<bool> points(policy.risk_points().size());
  std::size_t not_looked_at = 0;

  KindsOfRequest accounts;
  accounts.take_frame(policy);
  for (const auto& c : policy.classes())
    if (c.when) accounts.take(policy, *c.when);
  const bool all_classes = each_kind(policy, accounts, [&](const Demand& demand) {
    classes[demand.account_class] = true;
    return std::ranges::all_of(classes, std::identity());
  });
  if (!all_classes) {
    ++not_looked_at;
    classes.assign(classes.size(), true);
  }
  const auto fires = [&](const Condition& when, std::span<const Fired> Demand::* fired, std::size_t index) {
    bool found = false;
    const bool all = each_kind(policy, kinds_of(policy, when), [&](const Demand& demand) {
      return found = std::ranges::any_of(demand.*fired, [&](const Fired& f) { return f.index == index; });
    });
    if (!all) ++not_looked_at;
    return found || !all;
  };
  for (std::size_t i = 0; i < rules.size(); ++i) rules[i] = fires(policy.rules()[i].when, &Demand::rules, i);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = fires(policy.risk_points()[i].when, &Demand::points, i);

  std::vector<PolicyProblem> out;
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (!classes[i])
      tell(out, policy.classes()[i].line, concat("no account is of the class `", policy.classes()[i].name.text(), "`"),
           i + 1 == classes.size() ? "the classes above take every account: is one of their conditions too wide?"
                                   : "its condition holds for nobody, or the classes above take all for whom it does");
  for (std::size_t i = 0; i < points.size(); ++i)
    if (!points[i])
      tell(out, policy.risk_points()[i].line, "this reason never gives points: its condition holds for no request",
           "mend the condition, or leave the reason out");
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (!rules[i])
      tell(out, policy.rules()[i].line,
           concat("the rule `", policy.rules()[i].id.text(), "` never fires: its condition holds for no request"),
           "mend the condition, or leave the rule out");
  if (not_looked_at > 0)
    tell(
        out, 1,
        concat(not_looked_at, not_looked_at == 1 ? " condition tells" : " conditions tell",
               " too much apart to look whether it ever holds"),
        "compare fewer groups, texts and numbers in one condition, or see in the cases of `policy test` that it holds");
  std::ranges::sort(out,
                    [](const auto& a, const auto& b) { return std::tie(a.line, a.what) < std::tie(b.line, b.what); });
  return out;
}

std::vector<PolicyProblem> signals_not_taken(const Policy& policy) {
  std::string taken;
  for (const auto& kind : signal_kinds)
    if (kind.taken) taken += concat(taken.empty() ? "`" : ", `", kind.name, "`");
  std::vector<PolicyProblem> out;
  for (const auto& signal : policy.signals())
    if (const auto* kind = signal_kind(signal.name.text()); kind == nullptr || !kind->taken)
      tell(out, signal.line,
           concat("in this version no case can be given `", signal.name.text(),
                  "`: the gateway cannot verify it, and takes nobody's word for it"),
           concat("see that every tier can be met without it; what can be given is ", taken));
  return out;
}

}  // namespace sallyport
