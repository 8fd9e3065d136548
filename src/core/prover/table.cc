#include "core/prover/table.h"

#include <algorithm>

#include "base/text.h"

namespace sallyport::prover {
namespace {

// The truth table of a formula over evidence. The same operators as in solve.cc, on tables.
class Tabulation {
 public:
  Tabulation(const Model& model, const DecisionPolicy& policy, Work& work)
      : model_(model), evidence_(policy.evidence.size()), work_(work), taken_(model.persons.size()) {}

  Bits of(Index formula) {
    const auto& f = model_.formulas[formula];
    if (!work_.spend(Bits(evidence_).words())) return Bits(evidence_);
    switch (f.op) {
      case Operator::always: return Bits(evidence_, true);
      case Operator::node:
      case Operator::never: break;
      case Operator::atom: return Bits::of_evidence(evidence_, f.index);
      case Operator::all_of: {
        Bits out(evidence_, true);
        for (const auto part : f.parts) out &= of(part);
        return out;
      }
      case Operator::any_of: {
        Bits out(evidence_);
        for (const auto part : f.parts) out |= of(part);
        return out;
      }
      case Operator::at_least: return at_least(f);
      case Operator::distinct: {
        std::vector<std::vector<Bits>> tables;
        for (const auto& slot : f.slots) {
          auto& row = tables.emplace_back();
          for (const auto& candidate : slot) row.push_back(of(candidate.formula));
        }
        Bits out(evidence_);
        seat(f, tables, 0, Bits(evidence_, true), out);
        return out;
      }
      case Operator::independent: {
        std::vector<Bits> tables;
        for (const auto& signal : f.signals) tables.push_back(of(signal.formula));
        Bits out(evidence_);
        std::vector<Index> used;
        pick(f, tables, 0, f.count, Bits(evidence_, true), used, out);
        return out;
      }
    }
    return Bits(evidence_);
  }

 private:
  Bits at_least(const Formula& f) {
    if (f.count > f.parts.size()) return Bits(evidence_);
    std::vector<Bits> of_count(f.count + 1, Bits(evidence_));
    of_count[0] = Bits(evidence_, true);
    for (const auto part : f.parts) {
      const auto table = of(part);
      if (!work_.spend(f.count * table.words())) break;
      for (auto j = f.count; j > 0; --j) of_count[j] |= of_count[j - 1] & table;
    }
    return of_count[f.count];
  }

  void seat(const Formula& f, const std::vector<std::vector<Bits>>& tables, std::size_t slot, const Bits& so_far,
            Bits& out) {
    if (!work_.spend(so_far.words()) || !(so_far - out).any()) return;
    if (slot == f.slots.size()) {
      out |= so_far;
      return;
    }
    for (std::size_t i = 0; i < f.slots[slot].size(); ++i) {
      const auto person = f.slots[slot][i].person;
      if (taken_[person]) continue;
      taken_[person] = true;
      seat(f, tables, slot + 1, so_far & tables[slot][i], out);
      taken_[person] = false;
    }
  }

  void pick(const Formula& f, const std::vector<Bits>& tables, std::size_t next, std::size_t missing,
            const Bits& so_far, std::vector<Index>& used, Bits& out) {
    if (!work_.spend(so_far.words()) || !(so_far - out).any()) return;
    if (missing == 0) {
      out |= so_far;
      return;
    }
    if (tables.size() - next < missing) return;
    const auto& domains = f.signals[next].domains;
    if (std::ranges::none_of(domains, [&](Index d) { return std::ranges::find(used, d) != used.end(); })) {
      const auto before = used.size();
      used.insert(used.end(), domains.begin(), domains.end());
      pick(f, tables, next + 1, missing - 1, so_far & tables[next], used, out);
      used.resize(before);
    }
    pick(f, tables, next + 1, missing, so_far, used, out);
  }

  const Model& model_;
  std::size_t evidence_;
  Work& work_;
  std::vector<bool> taken_;
};

bool matches(const PolicyRule& rule, const Row& row) {
  for (std::size_t a = 0; a < rule.when.size(); ++a)
    if (!rule.when[a].empty() && !rule.when[a][row.values[a]]) return false;
  return true;
}

// Where at least one rule speaks, and where at least two do: a rule matters where it is the only one.
struct Cover {
  Bits once, twice;
  void add(const Bits& bits) {
    twice |= once & bits;
    once |= bits;
  }
};

}  // namespace

std::vector<Row> rows_of(const DecisionPolicy& policy) {
  std::vector<Row> rows(1);
  for (const auto& attribute : policy.attributes) {
    std::vector<Row> longer;
    for (const auto& row : rows)
      for (Index value = 0; value < attribute.values.size(); ++value) {
        auto& next = longer.emplace_back(row);
        next.values.push_back(value);
        next.label += concat(row.label.empty() ? "" : ",", attribute.name, "=", attribute.values[value]);
      }
    rows = std::move(longer);
  }
  return rows;
}

const Row* Table::find(const DecisionPolicy& policy, const std::vector<Index>& values) const {
  std::size_t at = 0;
  for (std::size_t a = 0; a < values.size(); ++a) at = at * policy.attributes[a].values.size() + values[a];
  return &rows[at];
}

Table table_of(const Model& model, const DecisionPolicy& policy, Work& work) {
  const auto evidence = policy.evidence.size();
  Table out{rows_of(policy), {}, {}};
  // What each rule asks of the evidence; for a deny rule, where it denies.
  std::vector<Bits> speaks;
  Tabulation tabulation(model, policy, work);
  for (const auto& rule : policy.rules) {
    auto table = tabulation.of(rule.formula);
    speaks.push_back(rule.allows ? std::move(table) : table.inverted());
  }
  std::vector<bool> live(policy.rules.size()), needed(policy.rules.size());
  for (auto& row : out.rows) {
    Cover allow{Bits(evidence), Bits(evidence)};
    Cover deny = allow;
    std::vector<Index> matching;
    for (Index r = 0; r < policy.rules.size(); ++r)
      if (matches(policy.rules[r], row)) matching.push_back(r);
    if (!work.spend(policy.rules.size() + (matching.size() + 1) * 4 * allow.once.words())) break;
    for (const auto r : matching) (policy.rules[r].allows ? allow : deny).add(speaks[r]);
    row.matched = !matching.empty();
    row.allowed = allow.once - deny.once;
    const auto only_one_allows = row.allowed - allow.twice;
    const auto only_one_denies = (deny.once & allow.once) - deny.twice;
    for (const auto r : matching) {
      const bool allows = policy.rules[r].allows;
      live[r] = live[r] || (allows ? (speaks[r] & row.allowed).any() : speaks[r].any());
      needed[r] = needed[r] || (speaks[r] & (allows ? only_one_allows : only_one_denies)).any();
    }
  }
  for (Index r = 0; r < policy.rules.size(); ++r) {
    if (!live[r]) out.dead.push_back(policy.rules[r].name);
    else if (!needed[r]) out.redundant.push_back(policy.rules[r].name);
  }
  return out;
}

}  // namespace sallyport::prover
