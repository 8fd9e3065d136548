// Which rules could hold for a request, without asking those that cannot. Each rule stands under the
// rarest thing that it needs ("action is X", "group Y"); a request looks up what it has. What a request
// does not know may be anything, so then every rule under that attribute is a candidate. Rules that need
// nothing particular are always candidates.
//
// The tests of flat conditions stand here once more, one after the other: a decision among thousands of rules takes
// most of its time to fetch what it looks at from memory, and a rule's own vectors are scattered over it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/policy/condition.h"

namespace sallyport {

class RuleIndex {
 public:
  RuleIndex() = default;
  RuleIndex(std::span<const Condition* const> rules, std::size_t symbols);

  // Calls `visit(rule, again)` for each candidate; `again`: it may be visited more than once (it has alternatives).
  template <typename Visit>
  void candidates(const ResolvedFacts& facts, Visit visit) const {
    for (const auto rule : always_) visit(rule, false);
    for (std::size_t i = 0; i < guarded_count_; ++i) {
      const auto a = guarded_[i];
      const auto& list = by_attribute_[static_cast<std::size_t>(a)];
      if (!facts.facts.knows(a)) {
        for (const auto rule : list.all) visit(rule & rule_bits, (rule & again_bit) != 0);
      } else if (a == Attribute::account_groups) {
        for (const auto group : facts.groups) visit_range(list, group, visit);
      } else {
        visit_range(list, facts.symbols[static_cast<std::size_t>(a)], visit);
      }
    }
  }

  // `condition` is that of the rule.
  [[nodiscard]] Truth evaluate(std::uint32_t rule, const Condition& condition,
                               const ResolvedFacts& facts) const noexcept {
    const auto& code = codes_[rule];
    if (code.count == 0) return condition.evaluate(facts);
    return sallyport::evaluate(code.all, std::span(tests_).subspan(code.first, code.count), facts);
  }

 private:
  struct List {
    std::vector<std::uint32_t>
        begin;  // by symbol, one more at the end: rules of `symbol` are by_symbol[begin[s] .. begin[s + 1]]
    std::vector<std::uint32_t> by_symbol;
    std::vector<std::uint32_t> all;  // each rule once
  };
  template <typename Visit>
  static void visit_range(const List& list, Symbol symbol, Visit& visit) {
    for (auto i = list.begin[symbol]; i < list.begin[symbol + 1]; ++i)
      visit(list.by_symbol[i] & rule_bits, (list.by_symbol[i] & again_bit) != 0);
  }

  static constexpr std::uint32_t again_bit = std::uint32_t{1} << 31U;  // beside a rule's number in a list
  static constexpr std::uint32_t rule_bits = again_bit - 1;
  struct Code {
    std::uint32_t first = 0;  // of tests_
    std::uint16_t count = 0;  // 0: the condition is nested, and evaluates itself
    bool all = true;
  };
  std::vector<Code> codes_;  // by rule
  std::vector<Condition::Test> tests_;

  std::vector<std::uint32_t> always_;
  std::array<List, attribute_count> by_attribute_;
  std::array<Attribute, attribute_count> guarded_{};  // attributes that have a list
  std::size_t guarded_count_ = 0;
};

}  // namespace sallyport
