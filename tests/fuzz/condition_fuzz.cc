// Property: any text gives a condition or a fault that names its column; a condition gives the same
// answer twice; and `x || true` is true and `x && false` false, even where x is an error.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/text.h"
#include "core/policy/condition.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const auto text = text_of({data, size});
  const auto condition = Condition::parse(text);
  if (!condition) {
    SALLYPORT_ASSERT(condition.error().what.starts_with("column ") && !condition.error().next_step.empty());
    return 0;
  }
  AccountFacts known;
  known.employment = "employee";
  known.organization = *OrganizationId::parse("north");
  known.groups = {"Finance"};
  for (const auto& account : {known, AccountFacts{}}) {
    const ConditionInput input{account, Action::unlock};
    SALLYPORT_ASSERT(condition->evaluate(input) == condition->evaluate(input));
    const auto settled = Condition::parse(concat("(", text, ") || true"));
    if (settled) SALLYPORT_ASSERT(settled->evaluate(input) == Truth::yes);
    const auto refuted = Condition::parse(concat("(", text, ") && false"));
    if (refuted) SALLYPORT_ASSERT(refuted->evaluate(input) == Truth::no);
  }
  return 0;
}
