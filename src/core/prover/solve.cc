#include "core/prover/solve.h"

#include <algorithm>
#include <limits>

namespace sallyport::prover {
namespace {

// Seats for people: one person for each slot, nobody twice.
class Seating {
 public:
  using Choice = std::pair<Index, Antichain>;

  Seating(std::vector<std::vector<Choice>> slots, std::size_t persons, Algebra& algebra)
      : slots_(std::move(slots)), taken_(persons), algebra_(algebra) {
    // Equal slots stand beside each other, so that which of them a person takes need not be tried twice.
    std::ranges::sort(slots_,
                      [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
  }

  Antichain ways(Antichain nothing) {
    fill(0, 0, nothing);
    return algebra_.minimal(std::move(found_));
  }

 private:
  // `from`: where in this slot to begin; after an equal slot, behind the person who sits there.
  void fill(std::size_t slot, std::size_t from, const Antichain& so_far) {
    if (so_far.empty() || !algebra_.work().spend(1)) return;
    if (slot == slots_.size()) {
      found_.insert(found_.end(), so_far.begin(), so_far.end());
      if (found_.size() < 2 * reduced_ + reduce_after) return;
      found_ = algebra_.minimal(std::move(found_));
      reduced_ = found_.size();
      return;
    }
    const auto& choices = slots_[slot];
    const bool same_next = slot + 1 < slots_.size() && slots_[slot + 1] == choices;
    for (std::size_t i = from; i < choices.size(); ++i) {
      const auto& [person, ways] = choices[i];
      if (taken_[person]) continue;
      taken_[person] = true;
      fill(slot + 1, same_next ? i + 1 : 0, algebra_.both(so_far, ways));
      taken_[person] = false;
    }
  }

  static constexpr std::size_t reduce_after = 1 << 12;

  std::vector<std::vector<Choice>> slots_;
  std::vector<bool> taken_;
  Algebra& algebra_;
  std::vector<AtomSet> found_;
  std::size_t reduced_ = 0;
};

// Some `count` signals of which no two share a failure domain.
class Picking {
 public:
  Picking(const Formula& formula, std::vector<Antichain> ways, Algebra& algebra)
      : ways_(std::move(ways)), algebra_(algebra) {
    std::size_t labels = 0;
    for (const auto& signal : formula.signals)
      for (const auto label : signal.domains) labels = std::max(labels, label + 1);
    used_ = AtomSet(labels);
    for (const auto& signal : formula.signals) {
      domains_.emplace_back(labels);
      for (const auto label : signal.domains) domains_.back().add(label);
    }
  }

  Antichain ways(std::size_t count, const Antichain& nothing) {
    pick(0, count, nothing);
    return algebra_.minimal(std::move(found_));
  }

 private:
  void pick(std::size_t next, std::size_t missing, const Antichain& so_far) {
    if (so_far.empty() || !algebra_.work().spend(1)) return;
    if (missing == 0) {
      found_.insert(found_.end(), so_far.begin(), so_far.end());
      if (found_.size() > reduce_after) found_ = algebra_.minimal(std::move(found_));
      return;
    }
    if (ways_.size() - next < missing) return;
    pick(next + 1, missing, so_far);
    if (domains_[next].intersects(used_)) return;
    const auto before = used_;
    used_ = used_.united(domains_[next]);
    pick(next + 1, missing - 1, algebra_.both(so_far, ways_[next]));
    used_ = before;
  }

  static constexpr std::size_t reduce_after = 1 << 14;

  std::vector<Antichain> ways_;
  std::vector<AtomSet> domains_;
  AtomSet used_;
  Algebra& algebra_;
  std::vector<AtomSet> found_;
};

constexpr std::size_t reduce_after = 1 << 15;
constexpr std::size_t seated_kept = 4;
constexpr std::size_t at_least_words_max = 1 << 25;  // 256 MiB

std::vector<Leaf> atoms_themselves(const Model& model) {
  std::vector<Leaf> out;
  for (Index i = 0; i < model.atoms.size(); ++i)
    out.push_back(model.atoms[i].free ? Leaf{Leaf::Kind::always} : Leaf{Leaf::Kind::element, i});
  return out;
}

}  // namespace

Reading as_attacker(const Model& model) { return {model.atoms.size(), atoms_themselves(model), false, {}}; }

Reading at_front_door(const Model& model) { return {model.atoms.size(), atoms_themselves(model), true, {}}; }

Reading as_gang(const Model& model) {
  Reading out{model.persons.size(), {}, false, {}};
  for (const auto& atom : model.atoms) {
    if (atom.free || atom.level <= model.ambient_level) out.atoms.push_back({Leaf::Kind::always});
    else if (atom.owner) out.atoms.push_back({Leaf::Kind::element, *atom.owner});
    else out.atoms.push_back({Leaf::Kind::never});
  }
  return out;
}

Solver::Solver(const Model& model, const Order& order, Reading reading, Work& work)
    : model_(model),
      order_(order),
      reading_(std::move(reading)),
      work_(work),
      algebra_(work, reading_.keep),
      nodes_(model.nodes.size()) {}

std::vector<bool> Solver::needed(std::span<const Index> nodes) const {
  std::vector<bool> out(model_.nodes.size());
  std::vector<Index> left(nodes.begin(), nodes.end());
  while (!left.empty()) {
    const auto node = left.back();
    left.pop_back();
    if (out[node] || (reading_.recovery_off && model_.nodes[node].recovery)) continue;
    out[node] = true;
    left.insert(left.end(), order_.rests_on[node].begin(), order_.rests_on[node].end());
  }
  return out;
}

void Solver::solve(std::span<const Index> nodes) {
  const auto wanted = needed(nodes);
  for (const auto& group : order_.groups) {
    for (bool changed = true; changed && !work_.exhausted();) {
      changed = false;
      for (const auto node : group.nodes) {
        if (!wanted[node]) continue;
        auto ways = value_of_node(node);
        if (ways == nodes_[node]) continue;
        set_node(node, std::move(ways));
        changed = group.cyclic;
      }
    }
  }
}

// With few ways of everything it rests on, then more, then all. What is found with few is right as far as it goes, and
// whatever contains it need not be multiplied out: circles of nodes (who may change a factor needs a factor) grow by
// thousands otherwise, to be dropped at the end.
Antichain Solver::value_of_node(Index node) {
  std::size_t most = 0;
  for (const auto below : order_.rests_on[node]) most = std::max(most, nodes_[below].size());
  Antichain known = nodes_[node];
  for (taken_of_each_ = 1; taken_of_each_ < most && !work_.exhausted(); taken_of_each_ *= 4) known = grown(node, known);
  taken_of_each_ = std::numeric_limits<std::size_t>::max();
  return grown(node, known);
}

Antichain Solver::grown(Index node, const Antichain& known) {
  algebra_.absorb_into(known);
  seated_.clear();
  auto more = value(model_.nodes[node].formula);
  algebra_.absorb_into({});
  return algebra_.either(std::move(more), known);
}

void Solver::set_node(Index node, Antichain ways) {
  if (!ways.empty() && !work_.keep(ways.size() * (ways.front().words() + 4))) return;
  nodes_[node] = std::move(ways);
}

Antichain Solver::always() const {
  AtomSet nothing(reading_.width);
  if (!algebra_.keeps(nothing)) return {};
  return {std::move(nothing)};
}

Antichain Solver::value(Index formula) {
  const auto& f = model_.formulas[formula];
  if (!work_.spend(1)) return {};
  switch (f.op) {
    case Operator::always: return always();
    case Operator::never: return {};
    case Operator::node: {
      const auto& ways = nodes_[f.index];
      const auto number = std::min(ways.size(), taken_of_each_);
      if (!work_.spend(number)) return {};
      Antichain out(ways.begin(), ways.begin() + static_cast<std::ptrdiff_t>(number));
      std::erase_if(out, [&](const AtomSet& set) { return !algebra_.keeps(set); });
      return out;
    }
    case Operator::atom: {
      const auto& leaf = reading_.atoms[f.index];
      if (leaf.kind != Leaf::Kind::element) return leaf.kind == Leaf::Kind::always ? always() : Antichain{};
      AtomSet one(reading_.width);
      one.add(leaf.element);
      if (!work_.spend(one.words()) || !algebra_.keeps(one)) return {};
      return {std::move(one)};
    }
    case Operator::any_of: {
      std::vector<AtomSet> all;
      std::size_t reduced = 0;
      for (const auto part : f.parts) {
        auto ways = value(part);
        all.insert(all.end(), std::make_move_iterator(ways.begin()), std::make_move_iterator(ways.end()));
        if (all.size() < 2 * reduced + reduce_after) continue;
        all = algebra_.minimal(std::move(all));
        reduced = all.size();
      }
      return algebra_.minimal(std::move(all));
    }
    case Operator::all_of: {
      auto out = always();
      for (const auto part : f.parts) {
        if (out.empty()) break;
        out = algebra_.both(out, value(part));
      }
      return out;
    }
    case Operator::at_least: return at_least(f);
    case Operator::distinct: return distinct(f);
    case Operator::independent: return independent(f);
  }
  return {};
}

// of_count[j]: the ways in which j of the parts seen so far come true. Never enumerates subsets of parts.
Antichain Solver::at_least(const Formula& f) {
  if (f.count > f.parts.size()) return {};
  std::vector<Antichain> of_count(f.count + 1);
  of_count[0] = always();
  for (const auto part : f.parts) {
    const auto ways = value(part);
    std::size_t words = 0;  // all counts are in memory together
    for (auto j = f.count; j > 0; --j) {
      of_count[j] = algebra_.either(std::move(of_count[j]), algebra_.both(of_count[j - 1], ways));
      words += of_count[j].empty() ? 0 : of_count[j].size() * of_count[j].front().words();
      if (words > at_least_words_max) work_.give_up();
      if (work_.exhausted()) return {};
    }
    if (!work_.spend(f.count)) return {};
  }
  return std::move(of_count[f.count]);
}

// Beside each set of signals the same people sit: while nothing else changes, they are seated once.
Antichain Solver::distinct(const Formula& f) {
  for (const auto& [slots, ways] : seated_)
    if (*slots == f.slots) return work_.spend(ways.size()) ? ways : Antichain{};
  auto ways = seat(f);
  if (seated_.size() == seated_kept) seated_.erase(seated_.begin());
  seated_.emplace_back(&f.slots, ways);
  return ways;
}

Antichain Solver::seat(const Formula& f) {
  std::vector<std::vector<Choice>> slots;
  for (const auto& slot : f.slots) {
    std::vector<Choice> choices;  // by person, each once
    for (const auto& [person, formula] : slot) {
      auto ways = value(formula);
      const auto at = std::ranges::lower_bound(choices, person, {}, &Choice::first);
      if (at != choices.end() && at->first == person) at->second = algebra_.either(std::move(at->second), ways);
      else if (!ways.empty()) choices.emplace(at, person, std::move(ways));
    }
    if (choices.empty()) return {};
    slots.push_back(std::move(choices));
  }
  return Seating(std::move(slots), model_.persons.size(), algebra_).ways(always());
}

Antichain Solver::independent(const Formula& f) {
  if (f.count > f.signals.size()) return {};
  std::vector<Antichain> ways;
  for (const auto& signal : f.signals) ways.push_back(value(signal.formula));
  return Picking(f, std::move(ways), algebra_).ways(f.count, always());
}

}  // namespace sallyport::prover
