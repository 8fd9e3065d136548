// Does the policy count two signals where there is one? What gives a signal is the model's: what it rests on, other
// ways to forge it, an operator's invitation, whoever attests it, and whoever may change what is enrolled.
#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <set>

#include "base/text.h"
#include "core/proof/catalogue.h"
#include "core/proof/observing.h"
#include "core/proof/signal_sets.h"
#include "core/prover/antichain.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using prover::Antichain;
using prover::AtomSet;
using prover::Index;

constexpr std::size_t sets_looked_at_max = 1000;  // of signals, of one form of an action

// Holds recovery false just where this account's signals are changed. That whoever may change what is enrolled can
// give every signal is counted elsewhere (LeastThings): here all signals would share all that it takes.
void hold_change_of_factors(prover::Model& model, std::string_view account) {
  const auto name = concat("recovery_factor_change@", account);
  for (auto& node : model.nodes)
    node.recovery = node.name.starts_with(name) && (node.name.size() == name.size() || node.name[name.size()] == '#');
}

// Every smallest way to give each signal of one account, of at most so many things. As in compile.cc, where somebody
// attests a signal it is given with their word and what else it rests on, or forged in another way.
class SignalWays {
 public:
  SignalWays(Observing& o, const AccountForms& account, const prover::Model& model, bool recovery_off,
             std::size_t size_max)
      : o_(o),
        account_(account.name),
        kind_(o.kind_of(account)),
        work_(o.work_for_a_question()),
        algebra_(work_, {size_max, {}}),
        holder_(o.in_model(account).owner) {
    std::vector<Index> nodes;
    const auto find = [&](const std::string& name) {
      const auto found = o.node(name);
      if (found) nodes.push_back(*found);
      return found;
    };
    for (const auto& signal : o.policy().signals())
      signals_.push_back(find(concat("signal:", signal.name.text(), "@", account_)));
    for (const auto& person : model.persons) attests_.push_back(find(concat("attests:", person.name)));
    auto reading = recovery_off ? prover::at_front_door(model) : prover::as_attacker(model);
    reading.keep.size_max = size_max;
    solver_.emplace(model, o.order(), std::move(reading), work_);
    solver_->solve(nodes);
  }

  [[nodiscard]] const prover::Work& work() const { return work_; }
  [[nodiscard]] prover::Algebra& algebra() { return algebra_; }
  [[nodiscard]] bool enrolled(std::size_t signal) const { return signals_[signal].has_value(); }

  // Ways that need nobody's word.
  [[nodiscard]] Antichain by_things(std::size_t signal) {
    const auto& rule = o_.policy().signals()[signal];
    if (!attester_of(rule)) return solver_->of_node(*signals_[signal]);
    std::vector<AtomSet> out;
    for (const auto& other : other_ways_to_forge(rule.name.text())) {
      AtomSet things(o_.model().atoms.size());
      for (const auto what : other)
        if (const auto atom = atom_of(what)) things.add(*atom);
      if (things.size() == other.size()) out.push_back(std::move(things));
    }
    return algebra_.minimal(std::move(out));
  }
  // Of everybody who may attest it, ways with their word.
  [[nodiscard]] std::vector<std::pair<Index, Antichain>> by_word(std::size_t signal) {
    std::vector<std::pair<Index, Antichain>> out;
    const auto& rule = o_.policy().signals()[signal];
    const auto who = attester_of(rule);
    const bool word_is_all =
        std::ranges::all_of(rule.rests_on, [](const auto& what) { return attester_of(what).has_value(); });
    for (Index p = 0; who && p < attests_.size(); ++p) {
      if (p == holder_ || !attests_[p] || !may_attest(o_.model().persons[p].name, *who)) continue;
      const auto& word = solver_->of_node(*attests_[p]);
      out.emplace_back(p, word_is_all ? word : algebra_.both(word, solver_->of_node(*signals_[signal])));
    }
    return out;
  }

 private:
  [[nodiscard]] std::optional<Index> atom_of(std::string_view thing) const {
    const auto& atoms = o_.model().atoms;
    const auto found = std::ranges::find(atoms, concat(thing, "@", account_), &prover::Atom::name);
    if (found == atoms.end()) return std::nullopt;
    return static_cast<Index>(found - atoms.begin());
  }
  [[nodiscard]] bool may_attest(std::string_view person, Attester who) const {
    return std::ranges::any_of(o_.population().people, [&](const PeopleKind& kind) {
      if (!is_one_of(person, kind)) return false;
      return who == Attester::agent ? kind.agent : kind.vouches && (!kind_.manager || *kind_.manager == kind.name);
    });
  }

  const Observing& o_;
  std::string account_;
  const AccountKind& kind_;
  prover::Work work_;
  prover::Algebra algebra_;
  Index holder_;
  std::vector<std::optional<Index>> signals_, attests_;
  std::optional<prover::Solver> solver_;
};

// -- one thing behind two signals ------------------------------------------------------------------
struct Mentioned {
  AtomSet all, alone;  // what takes part in giving the signal; what gives it by itself
};

Mentioned mentioned_of(SignalWays& ways, std::size_t signal, std::size_t width) {
  Mentioned out{AtomSet(width), AtomSet(width)};
  const auto take = [&](const Antichain& family) {
    for (const auto& way : family) {
      out.all = out.all.united(way);
      if (way.size() == 1) out.alone = out.alone.united(way);
    }
  };
  take(ways.by_things(signal));
  for (const auto& [person, family] : ways.by_word(signal)) take(family);
  return out;
}

// `model` is o's, to hold some of it false in.
void independent_signals(Observing& o, const AccountForms& account, prover::Model& model) {
  const auto& signals = o.policy().signals();
  hold_change_of_factors(model, account.name);
  SignalWays ways(o, account, model, true, std::numeric_limits<std::size_t>::max());
  const auto width = model.atoms.size();
  std::vector<Mentioned> mentioned;
  for (std::size_t i = 0; i < signals.size(); ++i)
    mentioned.push_back(ways.enrolled(i) ? mentioned_of(ways, i, width) : Mentioned{AtomSet(width), AtomSet(width)});
  if (o.gave_up(ways.work()))
    return o.tell("independent_signals", account.name,
                  "whether its signals share anything is not told: there are more ways than can be listed", false);
  for (std::size_t i = 0; i < signals.size(); ++i)
    for (std::size_t j = i + 1; j < signals.size(); ++j) {
      if (((signals[i].shares >> j) & 1U) != 0) continue;
      AtomSet critical(width);
      AtomSet warning(width);
      // Nobody gives their word for two signals of one case.
      const bool two_words = attester_of(signals[i]) && attester_of(signals[j]);
      mentioned[i].all.common(mentioned[j].all).each([&](std::size_t atom) {
        if (two_words && is_person(model.atoms[atom])) return;
        const bool both = mentioned[i].alone.contains(atom) && mentioned[j].alone.contains(atom);
        (both ? critical : warning).add(atom);
      });
      const auto names = concat(signals[i].name.text(), " and ", signals[j].name.text(), " count as independent, and ");
      const Lines lines{signals[i].line, signals[j].line};
      const auto data = [&](std::string_view severity, const AtomSet& things) {
        return Json::object({{"pair", Json::array({signals[i].name.text(), signals[j].name.text()})},
                             {"severity", severity},
                             {"things", to_json(o.capabilities_of(things))}});
      };
      critical.each([&](std::size_t atom) {
        AtomSet one(width);
        one.add(atom);
        o.tell("independent_signals", account.name, concat(names, "one thing gives both: ", o.compiled().atoms[atom]),
               true, lines, data("critical", one));
      });
      if (!warning.empty())
        o.tell("independent_signals", account.name,
               concat("warning: ", names, "what helps to give either: ", o.called(warning)), false, lines,
               data("warning", warning));
    }
}

// -- how many things give all that is counted ------------------------------------------------------
class LeastThings {
 public:
  LeastThings(const Observing& o, SignalWays& ways) : o_(o), ways_(ways) {}

  // The fewest that give every signal of one of these sets; absent: more than the ways hold.
  [[nodiscard]] std::optional<AtomSet> of(const std::vector<SignalSet>& sets) {
    best_.reset();
    for (const auto set : sets) grow(set, {AtomSet(o_.model().atoms.size())});
    return best_;
  }

 private:
  void grow(SignalSet left, const Antichain& so_far) {
    if (so_far.empty() || ways_.work().exhausted()) return;
    if (left == 0) {
      if (!best_ || so_far.front().size() < best_->size()) best_ = so_far.front();  // the smallest comes first
      return;
    }
    const auto signal = static_cast<std::size_t>(std::countr_zero(left));
    const auto rest = left & (left - 1);
    grow(rest, ways_.algebra().both(so_far, ways_.by_things(signal)));
    for (const auto& [person, ways] : ways_.by_word(signal)) {
      if (!spoken_.insert(person).second) continue;  // nobody gives their word twice
      grow(rest, ways_.algebra().both(so_far, ways));
      spoken_.erase(person);
    }
  }

  const Observing& o_;
  SignalWays& ways_;
  std::set<Index> spoken_;
  std::optional<AtomSet> best_;
};

// Each action's form that counts fewest, and the fewest things that give what it counts.
void signals_counted(Observing& o, const AccountForms& account) {
  SignalSet enrolled = 0;
  for (std::size_t i = 0; i < o.policy().signals().size(); ++i)
    if (o.node(concat("signal:", o.policy().signals()[i].name.text(), "@", account.name)))
      enrolled |= SignalSet{1} << i;
  std::string told;
  Json forms = Json::array();
  std::set<std::pair<Action, std::vector<SignalSet>>> seen;
  std::map<std::size_t, SignalWays> ways_of_size;  // most actions count as many
  for (const auto& ask : account.asks) {
    const auto sets = smallest_sets(o.policy(), ask.needs, enrolled);
    if (sets.empty() || sets.front() == 0 || !seen.emplace(ask.action, sets).second) continue;
    const auto number = static_cast<std::size_t>(std::popcount(sets.front()));  // of the smallest, which comes first
    const auto action = to_string(ask.action);
    std::optional<AtomSet> least;
    bool known = sets.size() <= sets_looked_at_max;
    if (known) {
      auto& ways = ways_of_size.try_emplace(number, o, account, o.model(), false, number).first->second;
      least = LeastThings(o, ways).of(sets);
      known = !o.gave_up(ways.work());
    }
    auto data = Json::object({{"action", action}, {"counted", number}, {"least", Json()}});
    if (!known) {
      told += concat(told.empty() ? "" : "; ", action, " is not told: there are more ways than can be listed");
      continue;
    }
    if (least) data.set("least", least->size());
    if (least && least->size() < number) {
      const auto things = o.capabilities_of(*least);
      auto concern = data;
      concern.set("things", to_json(things));
      o.tell("signals_counted", account.name,
             concat(action, " counts ", counted(number, "signal", "signals"), ", and ",
                    counted(least->size(), "thing gives them all: ", "things give them all: "),
                    capabilities_in_words(things)),
             true, {o.policy().action_line(ask.action)}, std::move(concern));
    }
    told += concat(told.empty() ? "" : "; ", action, " counts ", number, " and takes ",
                   least ? std::to_string(least->size()) : concat("more than ", number));
    forms.push(std::move(data));
  }
  if (!told.empty())
    o.tell("signals_counted", account.name, concat("signals counted, and the fewest things that give them: ", told),
           false, {}, Json::object({{"forms", std::move(forms)}}));
}

void freshness(Observing& o) {
  for (const auto& signal : o.policy().signals())
    if (!signal.fresh)
      o.tell("freshness", signal.name.text(),
             concat(signal.name.text(), " has no `fresh`: once given it counts for as long as the case is open"), false,
             {signal.line});
}

}  // namespace

void observe_signals(Observing& o) {
  auto model = o.model();
  for (const auto& account : o.compiled().accounts) {
    independent_signals(o, account, model);
    signals_counted(o, account);
  }
  freshness(o);
}

}  // namespace sallyport::proof
