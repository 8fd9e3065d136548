// Property: any text gives a policy, or problems that name their place and a next step; a policy that
// loads asks at least one signal of everybody; and knowing less never asks for less.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "core/policy/judge.h"
#include "core/policy/policy.h"
#include "core/policy/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const auto text = text_of({data, size});
  const auto yaml = parse_yaml(text, "p");
  const auto [policy, problems] = Policy::check(text);
  for (const auto& problem : problems)
    SALLYPORT_ASSERT(problem.line > 0 && problem.column > 0 && !problem.next_step.empty());
  SALLYPORT_ASSERT(policy.has_value() == Policy::compile(text, "p").has_value());
  if (!policy) {
    SALLYPORT_ASSERT(!problems.empty());
    return 0;
  }
  SALLYPORT_ASSERT(yaml.has_value());
  DecisionSpace space(*policy);
  AccountFacts account;
  account.active = true;
  account.employment = "employee";
  account.groups = {"Domain Admins", "Finance"};
  for (const auto action : all_actions) {
    const auto facts = facts_of({account, action, {}, "phone", 0, Instant{} + days(3)});
    const auto known = policy->demand(facts, action, space);
    const auto requirement = policy->requirement_of(known.needs);
    if (known.refusal != PolicyRefusal::action_not_in_policy)
      SALLYPORT_ASSERT(requirement.signals >= 1 || only_takes_away(action));
    SALLYPORT_ASSERT(join(requirement, requirement) == requirement);
    SALLYPORT_ASSERT(requirement.signals == 0 || !judge_identity(*policy, requirement, {}, Instant{0}).satisfied);
    for (const auto& info : all_attributes) {
      auto fewer = facts;
      fewer.forget(info.attribute);
      const auto unknown = policy->demand(fewer, action, space);
      const auto more = policy->requirement_of(unknown.needs);
      SALLYPORT_ASSERT(unknown.needs.too_many_seat_kinds || join(more, requirement) == more);
      SALLYPORT_ASSERT(unknown.risk_points >= known.risk_points);
      SALLYPORT_ASSERT(known.refusal == PolicyRefusal::none || unknown.refusal != PolicyRefusal::none);
    }
  }
  return 0;
}
