// How many people something takes: to take an account, by how good an attacker is; to complete an action when all that
// machines check is forged; to use emergency access, and who looks at it afterwards.
#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <span>

#include "base/text.h"
#include "core/proof/observing.h"
#include "core/prover/evaluate.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using prover::Index;

constexpr std::array<int, 5> attack_levels{0, 1, 2, 3, 4};

class Counting {
 public:
  Counting(const Observing& o, Index target, Index holder)
      : o_(o), target_(target), holder_(holder), part_(o.part_of(target)) {}

  // The fewest people, the holder not among them, who make the node true together when attacks up to this level
  // succeed. Absent when all of them together do not.
  [[nodiscard]] std::optional<std::size_t> fewest(int level, prover::Work& work) const {
    if (is_true(level, false)) return 0;
    if (!is_true(level, true)) return std::nullopt;
    // With a bound that rises by one, no more gangs are listed than those of the size that is asked for.
    for (std::size_t most = 1; most <= o_.model().persons.size() && !work.exhausted(); ++most) {
      auto reading = gang(level);
      reading.keep.size_max = most;
      prover::Solver solver(o_.model(), o_.order(), std::move(reading), work);
      solver.solve(std::span(&target_, 1));
      if (!solver.of_node(target_).empty()) return most;
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] bool is_owned(const prover::Atom& atom) const { return atom.owner && *atom.owner != holder_; }
  [[nodiscard]] bool is_true(int level, bool everybody) const {
    std::vector<bool> atoms;
    for (const auto& atom : o_.model().atoms) atoms.push_back(atom.level <= level || (everybody && is_owned(atom)));
    return o_.truths(part_, std::move(atoms))[target_];
  }
  [[nodiscard]] prover::Reading gang(int level) const {
    using prover::Leaf;
    prover::Reading out{o_.model().persons.size(), {}, false, {}};
    for (const auto& atom : o_.model().atoms) {
      if (atom.free || atom.level <= level) out.atoms.push_back({Leaf::Kind::always});
      else if (is_owned(atom)) out.atoms.push_back({Leaf::Kind::element, *atom.owner});
      else out.atoms.push_back({Leaf::Kind::never});
    }
    return out;
  }

  const Observing& o_;
  Index target_, holder_;
  prover::Order part_;
};

constexpr std::string_view too_many = "has more ways than can be listed";

void people_by_level(Observing& o, const AccountForms& account) {
  const auto& in_model = o.in_model(account);
  const Counting counting(o, in_model.target, in_model.owner);
  Json people = Json::array();
  std::string numbers;
  for (const auto level : attack_levels) {
    auto work = o.work_for_a_question();
    const auto found = counting.fewest(level, work);
    if (o.gave_up(work))
      return o.tell("people_by_level", account.name, concat("how many people it takes is not told: it ", too_many),
                    false);
    people.push(found ? Json(*found) : Json());
    numbers += concat(numbers.empty() ? "" : ", ", found ? std::to_string(*found) : std::string("-"));
  }
  o.tell("people_by_level", account.name,
         concat("people beside the holder of ", account.name,
                " that it takes when attacks up to level 0, 1, 2, 3, 4 succeed: ", numbers),
         false, {}, Json::object({{"people", std::move(people)}}));
}

// All machine evidence is forged and everybody else is honest: is one person's yes enough?
void two_people(Observing& o, const AccountForms& account) {
  const auto& model = o.model();
  const auto holder = o.in_model(account).owner;
  std::set<std::string> told;
  for (std::size_t i = 0; i < account.asks.size(); ++i) {
    const auto form = o.node(account.nodes[i]);
    if (!form || !told.insert(account.nodes[i]).second) continue;
    const auto part = o.part_of(*form);
    const auto with = [&](std::optional<Index> person) -> bool {  // not a reference into what is gone
      std::vector<bool> atoms;
      for (const auto& atom : model.atoms) atoms.push_back(!is_person(atom) || (person && atom.owner == person));
      return o.truths(part, std::move(atoms))[*form];
    };
    const auto action = to_string(account.asks[i].action);
    const auto& lines = o.compiled().nodes[*form].lines;
    if (with(std::nullopt)) {
      o.tell("two_people", account.name, concat(action, " needs nobody once its signals are forged"), true, lines,
             Json::object({{"action", action}, {"person", Json()}}));
      continue;
    }
    for (Index p = 0; p < model.persons.size(); ++p) {
      if (p == holder || !with(p)) continue;
      o.tell("two_people", account.name,
             concat(action, " needs one person only once its signals are forged: ", model.persons[p].name), true, lines,
             Json::object({{"action", action}, {"person", model.persons[p].name}}));
      break;
    }
  }
}

// -- emergency access ------------------------------------------------------------------------------
bool reviews(const PeopleKind& kind) {
  return std::ranges::any_of(kind.seats, [](const RoleName& seat) { return seat.text() == "reviewer"; });
}

void who_reviews(Observing& o, const AccountForms& account, Index glass, std::size_t line) {
  const auto holder = o.in_model(account).owner;
  std::vector<bool> persons;
  for (const auto& person : o.model().persons)
    persons.push_back(std::ranges::any_of(
        o.population().people, [&](const PeopleKind& kind) { return reviews(kind) && is_one_of(person.name, kind); }));
  persons[holder] = false;
  const auto part = o.part_of(glass);
  if (!o.truths(part, prover::atoms_of(o.model(), persons))[glass]) return;
  if (o.truths(part, prover::atoms_of(o.model(), std::vector<bool>(persons.size())))[glass]) return;  // needs nobody
  o.tell("break_glass", concat("emergency_access@", account.name),
         "those who review emergency access can give it to themselves: nobody else has to say yes", true, {line});
}

void break_glass_of(Observing& o, const AccountForms& account, std::size_t line) {
  const auto glass = o.node(concat("emergency_access@", account.name));
  if (!glass) return;
  auto work = o.work_for_a_question();
  const auto people = Counting(o, *glass, o.in_model(account).owner).fewest(o.model().ambient_level, work);
  const auto about = o.model().nodes[*glass].name;
  if (o.gave_up(work))
    return o.tell("break_glass", about, concat("how many people emergency access takes is not told: it ", too_many),
                  false, {line});
  auto data = Json::object({{"people", people ? Json(*people) : Json()}});
  if (!people)
    return o.tell("break_glass", about, "no number of people gets emergency access without something of the holder's",
                  false, {line}, std::move(data));
  o.tell("break_glass", about,
         *people == 0 ? std::string("emergency access takes nobody: attacks from afar are enough")
                      : concat("emergency access takes ", counted(*people, "person", "people"), " at the least"),
         *people < 2, {line}, std::move(data));
  who_reviews(o, account, *glass, line);
}

void break_glass(Observing& o) {
  const auto& policy = o.policy();
  const auto tier = policy.actions().find(Action::emergency_access);
  if (tier == policy.actions().end()) return;
  const auto& asked = policy.tiers().at(tier->second).requirement;
  const auto line = policy.action_line(Action::emergency_access);
  if (!asked.lasts)
    o.tell("break_glass", "emergency_access", "emergency access has no end: give its tier `lasts`", true, {line});
  if (!asked.review)
    o.tell("break_glass", "emergency_access", "nobody reviews emergency access: give its tier `review`", true, {line});
  for (const auto& account : o.compiled().accounts) break_glass_of(o, account, line);
  if (!o.population().assumed && asked.review && std::ranges::none_of(o.population().people, reviews))
    o.tell("break_glass", "emergency_access",
           "who reviews emergency access is not in the organization file (`reviewer` among `seats`), so whether they "
           "can give it to themselves was not looked at",
           false, {line});
}

}  // namespace

void observe_people(Observing& o) {
  for (const auto& account : o.compiled().accounts) {
    people_by_level(o, account);
    if (o.guarded(account)) two_people(o, account);
  }
  break_glass(o);
}

}  // namespace sallyport::proof
