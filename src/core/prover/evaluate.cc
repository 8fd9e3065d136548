#include "core/prover/evaluate.h"

#include <algorithm>

namespace sallyport::prover {
namespace {

class Evaluation {
 public:
  Evaluation(const Model& model, std::vector<bool> atoms, bool recovery_off, Work& work)
      : model_(model), atoms_(std::move(atoms)), nodes_(model.nodes.size()), recovery_off_(recovery_off), work_(work) {}

  std::vector<bool> run(const Order& order) {
    for (const auto& group : order.groups)
      for (bool changed = true; changed && !work_.exhausted();) {
        changed = false;
        for (const auto node : group.nodes) {
          if (nodes_[node] || (recovery_off_ && model_.nodes[node].recovery)) continue;
          if (!is_true(model_.nodes[node].formula)) continue;
          nodes_[node] = true;
          changed = group.cyclic;
        }
      }
    return std::move(nodes_);
  }

 private:
  bool is_true(Index formula) {
    const auto& f = model_.formulas[formula];
    if (!work_.spend(1)) return false;
    const auto part_is_true = [this](Index part) { return is_true(part); };
    switch (f.op) {
      case Operator::always: return true;
      case Operator::never: return false;
      case Operator::atom: return atoms_[f.index] || model_.atoms[f.index].free;
      case Operator::node: return nodes_[f.index];
      case Operator::all_of: return std::ranges::all_of(f.parts, part_is_true);
      case Operator::any_of: return std::ranges::any_of(f.parts, part_is_true);
      case Operator::at_least: {
        std::size_t number = 0;
        for (const auto part : f.parts) number += is_true(part) ? 1 : 0;
        return number >= f.count;
      }
      case Operator::distinct: return all_seated(f);
      case Operator::independent: {
        std::vector<const Signal*> good;
        for (const auto& signal : f.signals)
          if (is_true(signal.formula)) good.push_back(&signal);
        std::vector<Index> used;
        return can_pick(good, 0, f.count, used);
      }
    }
    return false;
  }

  // A matching of slots and persons, by augmenting paths (Berge 1957): a slot may take a person whose own slot
  // finds another.
  struct Seats {
    std::vector<std::vector<Index>> able;  // for each slot: persons
    std::vector<std::pair<Index, std::size_t>> sits;  // person, slot
  };
  bool all_seated(const Formula& f) {
    Seats seats;
    for (const auto& slot : f.slots) {
      auto& able = seats.able.emplace_back();
      for (const auto& [person, formula] : slot)
        if (is_true(formula)) able.push_back(person);
    }
    for (std::size_t slot = 0; slot < f.slots.size(); ++slot) {
      std::vector<Index> asked;
      if (!seat(seats, slot, asked)) return false;
    }
    return true;
  }
  bool seat(Seats& seats, std::size_t slot, std::vector<Index>& asked) {  // as deep as there are slots
    for (const auto person : seats.able[slot]) {
      if (!work_.spend(1) || std::ranges::find(asked, person) != asked.end()) continue;
      asked.push_back(person);
      const auto at = std::ranges::find(seats.sits, person, &std::pair<Index, std::size_t>::first);
      if (at == seats.sits.end()) {
        seats.sits.emplace_back(person, slot);
        return true;
      }
      const auto place = at - seats.sits.begin();
      if (!seat(seats, at->second, asked)) continue;
      seats.sits[static_cast<std::size_t>(place)].second = slot;
      return true;
    }
    return false;
  }

  bool can_pick(const std::vector<const Signal*>& good, std::size_t next, std::size_t missing,
                std::vector<Index>& used) {
    if (missing == 0) return true;
    if (good.size() - next < missing || !work_.spend(1)) return false;
    const auto& domains = good[next]->domains;
    const bool free = std::ranges::none_of(domains, [&](Index d) { return std::ranges::find(used, d) != used.end(); });
    if (free) {
      const auto before = used.size();
      used.insert(used.end(), domains.begin(), domains.end());
      if (can_pick(good, next + 1, missing - 1, used)) return true;
      used.resize(before);
    }
    return can_pick(good, next + 1, missing, used);
  }

  const Model& model_;
  std::vector<bool> atoms_;
  std::vector<bool> nodes_;
  bool recovery_off_;
  Work& work_;
};

}  // namespace

std::vector<bool> evaluate(const Model& model, const Order& order, std::vector<bool> atoms, bool recovery_off,
                           Work& work) {
  return Evaluation(model, std::move(atoms), recovery_off, work).run(order);
}

std::vector<bool> atoms_of(const Model& model, const std::vector<bool>& persons) {
  std::vector<bool> out;
  for (const auto& atom : model.atoms)
    out.push_back(atom.level <= model.ambient_level || (atom.owner && persons[*atom.owner]));
  return out;
}

}  // namespace sallyport::prover
