#include "core/policy/without_effect.h"

#include <algorithm>
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

std::vector<PolicyProblem> without_effect(const Policy& policy) {
  KindsOfRequest kinds;
  kinds.take(policy);
  bool few_groups = false;
  auto axes = kinds.axes(few_groups);
  std::uint64_t number = 1;
  for (const auto& axis : axes) number *= std::min<std::uint64_t>(axis.size(), kinds_looked_at_max);
  if (few_groups || axes.empty() || number > kinds_looked_at_max) return {};

  std::vector<bool> classes(policy.classes().size());
  std::vector<bool> rules(policy.rules().size());
  std::vector<bool> points(policy.risk_points().size());
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
    const auto demand = policy.demand(view, action, space);
    classes[demand.account_class] = true;
    for (const auto& fired : demand.rules) rules[fired.index] = true;
    for (const auto& fired : demand.points) points[fired.index] = true;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      choices[i] = (choices[i] + 1) % axes[i].size();
      choose(i);
      if (choices[i] != 0) break;
    }
  }

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
