#include "core/policy/rule_index.h"

#include <algorithm>
#include <map>

namespace sallyport {

RuleIndex::RuleIndex(std::span<const Condition* const> rules, std::size_t symbols) {
  std::map<Guard, std::size_t> weight;
  for (const auto* rule : rules)
    for (const auto& t : rule->tests()) {
      if (t.kind == Condition::Test::Kind::text_is) ++weight[{t.left, t.symbol}];
      if (t.kind == Condition::Test::Kind::group) ++weight[{Attribute::account_groups, t.symbol}];
    }

  std::vector<CompiledConditions::Entry> whole;  // by rule
  std::array<std::vector<std::pair<Symbol, std::uint32_t>>, attribute_count> pairs;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    whole.push_back(conditions_.add(*rules[i]));
    const auto guards = rules[i]->guards(weight);
    if (guards.empty()) always_.push_back({i, whole[i]});
    const auto entry = guards.size() > 1 ? i | again_bit : i;
    for (const auto& g : guards) pairs[static_cast<std::size_t>(g.attribute)].emplace_back(g.symbol, entry);
  }
  for (std::size_t a = 0; a < attribute_count; ++a) {
    auto& list = by_attribute_[a];
    if (pairs[a].empty()) continue;
    guarded_[guarded_count_++] = static_cast<Attribute>(a);
    std::ranges::sort(pairs[a]);
    const auto twins = std::ranges::unique(pairs[a]);
    pairs[a].erase(twins.begin(), twins.end());
    list.begin.assign(symbols + 1, 0);
    for (const auto& [symbol, rule] : pairs[a]) {
      ++list.begin[symbol + 1];
      const auto& condition = whole[rule & rule_bits];
      const Guard given{static_cast<Attribute>(a), symbol};
      list.by_symbol.push_back(
          {rule, condition.nested ? condition : conditions_.add(*rules[rule & rule_bits], &given)});
      list.all.push_back({rule, condition});
    }
    for (std::size_t s = 1; s < list.begin.size(); ++s) list.begin[s] += list.begin[s - 1];
    std::ranges::sort(list.all, {}, &Candidate::rule);
    const auto same = std::ranges::unique(list.all, {}, &Candidate::rule);
    list.all.erase(same.begin(), same.end());
  }
}

}  // namespace sallyport
