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

  std::array<std::vector<std::pair<Symbol, std::uint32_t>>, attribute_count> pairs;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const auto guards = rules[i]->guards(weight);
    if (guards.empty()) always_.push_back(i);
    const auto entry = guards.size() > 1 ? i | again_bit : i;
    for (const auto& g : guards) pairs[static_cast<std::size_t>(g.attribute)].emplace_back(g.symbol, entry);
    Code code;
    if (const auto flat = rules[i]->flat(); flat && flat->tests.size() <= UINT16_MAX) {
      code = {static_cast<std::uint32_t>(tests_.size()), static_cast<std::uint16_t>(flat->tests.size()), flat->all};
      tests_.insert(tests_.end(), flat->tests.begin(), flat->tests.end());
    }
    codes_.push_back(code);
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
      list.by_symbol.push_back(rule);
      list.all.push_back(rule);
    }
    for (std::size_t s = 1; s < list.begin.size(); ++s) list.begin[s] += list.begin[s - 1];
    std::ranges::sort(list.all);
    const auto same = std::ranges::unique(list.all);
    list.all.erase(same.begin(), same.end());
  }
}

}  // namespace sallyport
