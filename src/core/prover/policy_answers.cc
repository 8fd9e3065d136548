#include <algorithm>

#include "core/prover/prove.h"
#include "core/prover/table.h"

namespace sallyport::prover {
namespace {

Json names_of(std::uint32_t set, const DecisionPolicy& policy) {
  Json out = Json::array();
  for (std::size_t e = 0; e < policy.evidence.size(); ++e)
    if ((set >> e & 1U) != 0) out.push(policy.evidence[e]);
  return out;
}

Json list_of(const std::vector<std::string>& names) { return Json(Json::Array(names.begin(), names.end())); }

// An object from members in any order; sorted first, for Json::set() is quick only at the end.
Json object_of(std::vector<Json::Member> members) {
  std::ranges::sort(members, {}, &Json::Member::first);
  auto out = Json::object();
  for (auto& [key, value] : members) out.set(key, std::move(value));
  return out;
}

// What may happen to the more delicate must not be easier than what may happen to the less delicate.
Json tier_violations(const DecisionPolicy& policy, const Table& table, Work& work) {
  Json out = Json::array();
  for (const auto& ladder : policy.impact)
    for (std::size_t step = 0; step + 1 < ladder.values.size(); ++step)
      for (const auto& lower : table.rows) {
        if (lower.values[ladder.attribute] != ladder.values[step]) continue;
        auto values = lower.values;
        values[ladder.attribute] = ladder.values[step + 1];
        const auto& higher = *table.find(policy, values);
        if (!work.spend(lower.allowed.words())) return out;
        const auto witness = (higher.allowed - lower.allowed).first();
        if (!witness) continue;
        out.push(
            Json::object({{"lower", lower.label}, {"higher", higher.label}, {"evidence", names_of(*witness, policy)}}));
      }
  return out;
}

Json third_party_gaps(const DecisionPolicy& policy, const Table& table) {
  Bits local(policy.evidence.size());
  for (const auto needed : policy.third_party->needs) local |= Bits::of_evidence(policy.evidence.size(), needed);
  std::vector<std::string> labels;
  for (const auto& row : table.rows)
    if (row.values[policy.third_party->attribute] == policy.third_party->value && (row.allowed - local).any())
      labels.push_back(row.label);
  std::ranges::sort(labels);
  return list_of(labels);
}

}  // namespace

Json policy_answers(const Model& model, const DecisionPolicy& policy, Work& work) {
  const auto table = table_of(model, policy, work);
  if (work.exhausted()) return {};
  std::vector<Json::Member> cells;
  std::vector<std::string> never_allowed, unspecified;
  for (const auto& row : table.rows) {
    Json sets = Json::array();
    for (const auto set : row.allowed.minimal()) sets.push(names_of(set, policy));
    cells.emplace_back(row.label, std::move(sets));
    if (!row.allowed.any()) never_allowed.push_back(row.label);
    if (!row.matched) unspecified.push_back(row.label);
  }
  auto out = Json::object({{"cells", object_of(std::move(cells))},
                           {"never_allowed", list_of(never_allowed)},
                           {"unspecified", list_of(unspecified)},
                           {"dead", list_of(table.dead)},
                           {"redundant", list_of(table.redundant)},
                           {"tier_violations", tier_violations(policy, table, work)}});
  if (policy.third_party) out.set("third_party_gaps", third_party_gaps(policy, table));
  return out;
}

Json policy_difference(const Model& model, const DecisionPolicy& a, const DecisionPolicy& b, Work& work) {
  const auto before = table_of(model, a, work);
  const auto after = table_of(model, b, work);
  if (work.exhausted()) return {};
  std::vector<Json::Member> allowed, denied;
  std::size_t count_allowed = 0;
  std::size_t count_denied = 0;
  for (std::size_t i = 0; i < before.rows.size(); ++i) {  // the same rows: the attributes are the same
    const auto more = after.rows[i].allowed - before.rows[i].allowed;
    const auto less = before.rows[i].allowed - after.rows[i].allowed;
    count_allowed += more.count();
    count_denied += less.count();
    if (const auto witness = more.first()) allowed.emplace_back(before.rows[i].label, names_of(*witness, a));
    if (const auto witness = less.first()) denied.emplace_back(before.rows[i].label, names_of(*witness, a));
  }
  return Json::object({{"newly_allowed", object_of(std::move(allowed))},
                       {"newly_denied", object_of(std::move(denied))},
                       {"count_allowed", count_allowed},
                       {"count_denied", count_denied}});
}

}  // namespace sallyport::prover
