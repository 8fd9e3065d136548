#include "core/policy/compiled_conditions.h"

namespace sallyport {
namespace {

bool is(const Condition::Test& test, const Guard& guard) {
  using Kind = Condition::Test::Kind;
  if (test.negated || test.symbol != guard.symbol) return false;
  return guard.attribute == Attribute::account_groups ? test.kind == Kind::group
                                                      : test.kind == Kind::text_is && test.left == guard.attribute;
}

}  // namespace

CompiledConditions::Entry CompiledConditions::add(const Condition& condition, const Guard* given) {
  auto flat = condition.flat();
  if (!flat || flat->tests.size() > UINT16_MAX) {
    nested_.push_back(condition);
    return {static_cast<std::uint32_t>(nested_.size() - 1), 0, true, true};
  }
  if (flat->all && given != nullptr)
    std::erase_if(flat->tests, [&](const Condition::Test& test) { return is(test, *given); });
  const auto first = static_cast<std::uint32_t>(tests_.size());
  tests_.insert(tests_.end(), flat->tests.begin(), flat->tests.end());
  return {first, static_cast<std::uint16_t>(flat->tests.size()), flat->all, false};
}

}  // namespace sallyport
