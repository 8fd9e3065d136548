#include "core/proof/account_prover.h"

#include <algorithm>
#include <span>

#include "base/assert.h"
#include "core/prover/evaluate.h"
#include "core/prover/lockout.h"

namespace sallyport::proof {

using prover::Account;
using prover::Antichain;
using prover::AtomSet;
using prover::Index;

std::string_view to_string(Dominance dominance) noexcept {
  switch (dominance) {
    case Dominance::proved: return "proved";
    case Dominance::violated: return "violated";
    case Dominance::incomparable: return "incomparable";
    case Dominance::no_front: return "no-front";
  }
  return "";
}

prover::Reading attacker_beside(const prover::Model& model, const Antichain& front) {
  auto out = prover::as_attacker(model);
  out.keep.safe = prover::safe_beside(front, model.atoms);
  return out;
}

prover::Reading gang_below(const prover::Model& model, std::size_t people) {
  auto out = prover::as_gang(model);
  SALLYPORT_ASSERT(people > 0);
  out.keep.size_max = people - 1;
  return out;
}

Antichain AccountProver::front(const Account& account) {
  prover::Solver door(model_, order_, prover::at_front_door(model_), work_);
  door.solve(std::span(&account.target, 1));
  return door.of_node(account.target);
}

DominanceAnswer AccountProver::dominance(const Account& account) {
  DominanceAnswer out;
  out.front = front(account);
  if (out.front.empty()) {
    const std::vector<bool> everything(model_.atoms.size(), true);
    if (!is_taken(account, everything, false)) return out;
    out.verdict = Dominance::no_front;
    out.without_front = smallest(account, everything);
    return out;
  }
  prover::Solver attacker(model_, order_, attacker_beside(model_, out.front), work_);
  attacker.solve(std::span(&account.target, 1));
  for (Index n = 0; n < model_.nodes.size(); ++n)
    out.largest_family = std::max(out.largest_family, attacker.of_node(n).size());
  // A way through the front door, and whatever contains one, is as hard as it: what is left goes through recovery.
  auto compared = prover::compare(out.front, attacker.of_node(account.target), model_.atoms);
  out.weaker = std::move(compared.weaker);
  out.incomparable = std::move(compared.incomparable);
  if (!out.weaker.empty()) out.verdict = Dominance::violated;
  else if (!out.incomparable.empty()) out.verdict = Dominance::incomparable;
  return out;
}

Antichain AccountProver::gangs(Index node, Index holder, std::size_t most) {
  prover::Solver gang(model_, order_, gang_below(model_, most + 1), work_);
  gang.solve(std::span(&node, 1));
  Antichain out;
  for (const auto& set : gang.of_node(node))
    if (!set.contains(holder)) out.push_back(set);
  return out;
}

std::vector<bool> AccountProver::had_by(const Account& account, std::vector<bool> persons) const {
  persons[account.owner] = false;
  return prover::atoms_of(model_, persons);
}

bool AccountProver::is_taken(const Account& account, std::vector<bool> atoms, bool recovery_off) {
  return prover::evaluate(model_, order_, std::move(atoms), recovery_off, work_)[account.target];
}

bool AccountProver::falls_to(const Account& account, std::vector<bool> persons) {
  return is_taken(account, had_by(account, std::move(persons)), false);
}

AtomSet AccountProver::way_of(const Account& account, std::vector<bool> persons) {
  return smallest(account, had_by(account, std::move(persons)));
}

AtomSet AccountProver::smallest(const Account& account, std::vector<bool> atoms) {
  std::vector<Index> order(model_.atoms.size());
  for (Index i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, std::greater<>(), [&](Index i) { return model_.atoms[i].level; });
  for (const auto i : order) {
    if (!atoms[i] || work_.exhausted()) continue;
    atoms[i] = false;
    if (!is_taken(account, atoms, false)) atoms[i] = true;
  }
  AtomSet out(model_.atoms.size());
  for (Index i = 0; i < atoms.size(); ++i)
    if (atoms[i] && !model_.atoms[i].free) out.add(i);
  return out;
}

bool AccountProver::door_is_ambient(const Account& account) {
  std::vector<bool> atoms;
  for (const auto& atom : model_.atoms) atoms.push_back(atom.level <= model_.ambient_level);
  return is_taken(account, std::move(atoms), true);
}

std::optional<std::size_t> AccountProver::ways_left(const Account& account, const std::vector<Index>& lost) {
  auto holder = prover::as_attacker(model_);
  AtomSet own(model_.atoms.size());
  std::vector<bool> has(model_.atoms.size());
  for (const auto atom : account.holds) has[atom] = true;
  for (const auto atom : lost) has[atom] = false;
  std::vector<bool> common(model_.atoms.size());
  for (const auto atom : account.common) common[atom] = true;
  for (Index i = 0; i < has.size(); ++i) {
    if (holder.atoms[i].kind != prover::Leaf::Kind::element) continue;
    if (!has[i]) holder.atoms[i] = {};
    else if (common[i]) holder.atoms[i] = {prover::Leaf::Kind::always};
    else own.add(i);
  }
  const auto target = account.restore.value_or(account.target);
  prover::Solver solver(model_, order_, std::move(holder), work_);
  solver.solve(std::span(&target, 1));
  return prover::disjoint_ways(solver.of_node(target), own, AtomSet(model_.atoms.size()), work_);
}

}  // namespace sallyport::proof
