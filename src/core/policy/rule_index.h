// Which rules hold for a request, without asking those that cannot. Each rule stands under the
// rarest thing that it needs ("action is X", "group Y"); a request looks up what it has. What a request
// does not know may be anything, so then every rule under that attribute is asked. Rules that need
// nothing particular are always asked.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/policy/compiled_conditions.h"

namespace sallyport {

class RuleIndex {
 public:
  RuleIndex() = default;
  RuleIndex(std::span<const Condition* const> rules, std::size_t symbols);

  // Calls `visit(rule, truth, again)` for each rule that holds or cannot be evaluated, in no order; `again`: it may be
  // visited more than once (it has alternatives).
  template <typename Visit>
  void each(const ResolvedFacts& facts, Visit visit) const {
    if (!always_.empty()) ask(always_, facts, visit);
    for (std::size_t i = 0; i < guarded_count_; ++i) {
      const auto a = guarded_[i];
      const auto& list = by_attribute_[static_cast<std::size_t>(a)];
      if (!facts.facts.knows(a)) {
        ask(list.all, facts, visit);
      } else if (a == Attribute::account_groups) {
        for (const auto group : facts.groups) ask(list.of(group), facts, visit);
      } else {
        ask(list.of(facts.symbols[static_cast<std::size_t>(a)]), facts, visit);
      }
    }
  }

 private:
  struct Candidate {
    std::uint32_t rule = 0;  // and again_bit
    CompiledConditions::Entry condition;
  };
  struct List {
    std::vector<std::uint32_t> begin;  // by symbol, one more at the end: where its candidates stand
    std::vector<Candidate> by_symbol;  // what they need of the attribute is given there
    std::vector<Candidate> all;  // each rule once, whole
    [[nodiscard]] std::span<const Candidate> of(Symbol symbol) const noexcept {
      return std::span(by_symbol).subspan(begin[symbol], begin[symbol + 1] - begin[symbol]);
    }
  };
  template <typename Visit>
  void ask(std::span<const Candidate> candidates, const ResolvedFacts& facts, Visit& visit) const {
    for (const auto& candidate : candidates)
      if (const auto truth = conditions_.evaluate(candidate.condition, facts); truth != Truth::no)
        visit(candidate.rule & rule_bits, truth, (candidate.rule & again_bit) != 0);
  }

  static constexpr std::uint32_t again_bit = std::uint32_t{1} << 31U;  // beside a rule's number in a list
  static constexpr std::uint32_t rule_bits = again_bit - 1;

  CompiledConditions conditions_;
  std::vector<Candidate> always_;
  std::array<List, attribute_count> by_attribute_;
  std::array<Attribute, attribute_count> guarded_{};  // attributes that have a list
  std::size_t guarded_count_ = 0;
};

}  // namespace sallyport
