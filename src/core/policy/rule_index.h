// Which rules could hold for a request, without asking those that cannot. Each rule stands under the
// rarest thing that it needs ("action is X", "group Y"); a request looks up what it has. What a request
// does not know may be anything, so then every rule under that attribute is a candidate. Rules that need
// nothing particular are always candidates.
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

  // Calls `visit(rule)` for each candidate, some twice (a rule with alternatives).
  template <typename Visit>
  void candidates(const ResolvedFacts& facts, Visit visit) const {
    for (const auto rule : always_) visit(rule);
    for (std::size_t i = 0; i < guarded_count_; ++i) {
      const auto a = guarded_[i];
      const auto& list = by_attribute_[static_cast<std::size_t>(a)];
      if (!facts.facts.knows(a)) {
        for (const auto rule : list.all) visit(rule);
      } else if (a == Attribute::account_groups) {
        for (const auto group : facts.groups) visit_range(list, group, visit);
      } else {
        visit_range(list, facts.symbols[static_cast<std::size_t>(a)], visit);
      }
    }
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
    for (auto i = list.begin[symbol]; i < list.begin[symbol + 1]; ++i) visit(list.by_symbol[i]);
  }

  std::vector<std::uint32_t> always_;
  std::array<List, attribute_count> by_attribute_;
  std::array<Attribute, attribute_count> guarded_{};  // attributes that have a list
  std::size_t guarded_count_ = 0;
};

}  // namespace sallyport
