// Conditions as decisions ask them. The tests of flat ones stand one after the other, in the order in which they were
// added: a decision among thousands of rules takes most of its time to fetch what it looks at from memory, and the
// conditions' own vectors are scattered over it.
//
//   const auto entry = conditions.add(rule.when);
//   if (conditions.evaluate(entry, resolved) != Truth::no) ...
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/policy/condition.h"

namespace sallyport {

class CompiledConditions {
 public:
  struct Entry {
    std::uint32_t first = 0;  // of tests_, or of nested_
    std::uint16_t count = 0;
    bool all = true;          // else any
    bool nested = false;      // it evaluates itself
  };

  // `given` holds whenever the entry is asked, so a condition that is `&&` alone does not ask for it again.
  [[nodiscard]] Entry add(const Condition& condition, const Guard* given = nullptr);
  [[nodiscard]] Truth evaluate(Entry entry, const ResolvedFacts& facts) const noexcept {
    if (entry.nested) return nested_[entry.first].evaluate(facts);
    return sallyport::evaluate(entry.all, std::span(tests_).subspan(entry.first, entry.count), facts);
  }

 private:
  std::vector<Condition::Test> tests_;
  std::vector<Condition> nested_;
};

}  // namespace sallyport
