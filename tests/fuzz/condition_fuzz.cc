// Property: any text gives a condition or a fault that names its column; a condition gives the same
// answer twice; `x || true` is true and `x && false` false, even where x is an error; and a condition
// that holds goes on holding when less is known.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/text.h"
#include "core/policy/condition.h"

namespace {

using namespace sallyport;

Truth truth_of(const Condition& condition, const Facts& facts, const Symbols& symbols) {
  ResolvedFacts in{facts, {}, {}};
  std::vector<Symbol> groups;
  for (const auto& group : facts.groups()) groups.push_back(symbols.find(group));
  in.groups = groups;
  for (const auto& info : all_attributes)
    if (info.type == AttributeType::text && facts.knows(info.attribute))
      in.symbols[static_cast<std::size_t>(info.attribute)] = symbols.find(facts.text(info.attribute));
  const auto truth = condition.evaluate(in);
  SALLYPORT_ASSERT(condition.evaluate(in) == truth);
  return truth;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = text_of({data, size});
  Symbols symbols;
  const std::map<std::string, std::int64_t, std::less<>> levels{{"high", 60}};
  const ConditionScope scope{symbols, ConditionPlace::rule, &levels};
  const auto condition = Condition::parse(text, scope);
  if (!condition) {
    SALLYPORT_ASSERT(condition.error().what.starts_with("column ") && !condition.error().next_step.empty());
    return 0;
  }
  AccountFacts account;
  account.employment = "employee";
  account.organization = *OrganizationId::parse("north");
  account.groups = {"Finance"};
  RequestFacts request;
  request.agent_organization = account.organization;
  request.proofed_at = request.recovery_factor_changed_at = Instant{};
  auto facts = facts_of({account, Action::unlock, request, "phone", 2, Instant{} + days(3)});
  facts.set_number(Attribute::risk_points, 40);
  const auto truth = truth_of(*condition, facts, symbols);
  if (const auto settled = Condition::parse(concat("(", text, ") || true"), scope))
    SALLYPORT_ASSERT(truth_of(*settled, facts, symbols) == Truth::yes);
  if (const auto refuted = Condition::parse(concat("(", text, ") && false"), scope))
    SALLYPORT_ASSERT(truth_of(*refuted, facts, symbols) == Truth::no);
  if (truth == Truth::no) return 0;
  for (const auto& info : all_attributes) {
    auto fewer = facts;
    fewer.forget(info.attribute);
    SALLYPORT_ASSERT(truth_of(*condition, fewer, symbols) != Truth::no);
  }
  return 0;
}
