// Property: any text gives a policy, or a fault that names its place and a next step; and a policy that
// loads asks at least one signal of everybody, whatever the account and the action.
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
  const auto policy = Policy::compile(text, "p");
  if (!policy) {
    SALLYPORT_ASSERT(policy.error().what.starts_with("p:") && !policy.error().next_step.empty());
    return 0;
  }
  SALLYPORT_ASSERT(yaml.has_value());
  for (const bool known : {true, false}) {
    AccountFacts account;
    account.active = true;
    if (known) account.employment = "employee";
    if (known) account.groups = {"Domain Admins", "Finance"};
    for (const auto action : all_actions) {
      const auto required = policy->required(account, action);
      if (!required) {
        SALLYPORT_ASSERT(required.error().code == DenialCode::action_not_in_policy);
        continue;
      }
      SALLYPORT_ASSERT(required->requirement.signals >= 1);
      SALLYPORT_ASSERT(join(required->requirement, required->requirement) == required->requirement);
      SALLYPORT_ASSERT(!judge_identity(*policy, required->requirement, {}, Instant{0}).satisfied);
    }
  }
  return 0;
}
