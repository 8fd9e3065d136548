// Nobody is locked out because one more is missing: while one person, one team, one organization or the exchange is
// away, can whoever has lost what they sign in with still be let in? Of people everybody is honest and there but those.
#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "core/proof/catalogue.h"
#include "core/proof/observing.h"
#include "core/prover/evaluate.h"

namespace sallyport::proof {
namespace {

using prover::Index;

struct Absence {
  std::string key;  // "desk_lead", "team:help_desk", "organization:partner", "exchange"
  std::string words;  // "one of desk_lead is away"
  std::vector<bool> atoms;  // that are gone, by index
  bool of_many = false;  // a whole team or organization: worth knowing, and seldom to be helped
};

// `model` has one person more of each kind than one case has places for, as far as there are so many: whoever is not
// missed changes nothing.
std::vector<Absence> absences(const Population& population, const prover::Model& model) {
  std::vector<Absence> out;
  const auto without = [&](std::string key, std::string words, auto&& gone, bool of_many = false) {
    Absence one{std::move(key), std::move(words), std::vector<bool>(model.atoms.size()), of_many};
    for (Index i = 0; i < model.atoms.size(); ++i) one.atoms[i] = gone(model.atoms[i]);
    if (std::ranges::find(one.atoms, true) != one.atoms.end()) out.push_back(std::move(one));
  };
  const auto person_of = [](const prover::Atom& atom) { return std::string_view(atom.name).substr(7); };
  const auto all_of = [&](auto&& belongs) {
    return [&population, person_of, belongs](const prover::Atom& atom) {
      return is_person(atom) && std::ranges::any_of(population.people, [&](const PeopleKind& kind) {
               return belongs(kind) && is_one_of(person_of(atom), kind);
             });
    };
  };
  std::set<std::string> teams, organizations;
  for (const auto& kind : population.people) {
    // Whoever holds an account is the first of them; the last is somebody else wherever there are two.
    Index last = model.atoms.size();
    for (Index i = 0; i < model.atoms.size(); ++i)
      if (is_person(model.atoms[i]) && is_one_of(person_of(model.atoms[i]), kind)) last = i;
    if (last < model.atoms.size())
      without(kind.name, concat("one of ", kind.name, " is away"),
              [&](const prover::Atom& atom) { return &atom == &model.atoms[last]; });
    if (kind.team) teams.insert(kind.team->text());
    if (kind.organization) organizations.insert(kind.organization->text());
  }
  for (const auto& team : teams)
    without(concat("team:", team), concat("the team ", team, " is away"),
            all_of([&](const PeopleKind& kind) { return kind.team && kind.team->text() == team; }), true);
  for (const auto& name : organizations)
    without(concat("organization:", name), concat("the organization ", name, " is away"),
            all_of([&](const PeopleKind& kind) { return kind.organization && kind.organization->text() == name; }),
            true);
  without("exchange", "the exchange is down", [](const prover::Atom& atom) { return thing_of(atom) == "desk_line"; });
  return out;
}

// First nothing at all, then each thing that the holder has.
std::vector<std::string> losses(const prover::Model& model, const prover::Account& account) {
  std::set<std::string> out{""};
  for (const auto atom : account.holds)
    if (belongs_to(model.atoms[atom], account.name)) out.insert(std::string(thing_of(model.atoms[atom])));
  return {out.begin(), out.end()};
}

class Absences {
 public:
  Absences(Observing& o, const prover::Model& model)
      : o_(o), model_(model), order_(prover::order_of(model)), absences_(absences(o.population(), model)) {}

  void tell() {
    for (const auto& account : o_.compiled().accounts)
      if (!account.asks.empty()) tell(account);  // whose every recovery is refused is locked out on purpose
  }

 private:
  void tell(const AccountForms& account) {
    const auto& in_model = *std::ranges::find(model_.accounts, account.name, &prover::Account::name);
    const auto lost = losses(model_, in_model);
    const auto& promised = o_.policy().guarantees().after_losing;
    std::map<std::string, bool> let_in;
    Json unnamed = Json::array();
    std::string names;
    for (const auto& thing : lost) {
      let_in[thing] = gets_in(in_model, thing, nullptr);
      if (let_in[thing] || !let_in[""] || std::ranges::find(promised, thing) != promised.end()) continue;
      unnamed.push(thing);
      names += concat(names.empty() ? "" : ", ", thing);
    }
    if (!names.empty())
      o_.tell("absence", account.name,
              concat("whoever loses one of these is locked out, and `no_lockout` does not name it: ", names), true, {},
              Json::object({{"away", Json()}, {"lost", std::move(unnamed)}}));
    for (const auto& absence : absences_) {
      Json things = Json::array();
      std::string words;
      for (const auto& thing : lost) {
        if (!let_in[thing] || gets_in(in_model, thing, &absence)) continue;
        things.push(thing);
        if (thing.empty()) break;  // with nothing lost: no more need be said
        words += concat(words.empty() ? "" : ", ", thing);
      }
      if (things.as_array().empty()) continue;
      o_.tell("absence", account.name,
              words.empty() ? concat("while ", absence.words, ", nobody gets in, even with everything they have")
                            : concat("while ", absence.words, ", whoever loses one of these is locked out: ", words),
              !absence.of_many, {}, Json::object({{"away", absence.key}, {"lost", std::move(things)}}));
    }
  }

  [[nodiscard]] bool gets_in(const prover::Account& account, std::string_view lost, const Absence* absence) const {
    std::vector<bool> has(model_.atoms.size());
    for (const auto atom : account.holds) has[atom] = true;
    if (!lost.empty())
      for (const auto what : lost_with(lost))
        for (const auto atom : account.holds)
          if (belongs_to(model_.atoms[atom], account.name) && thing_of(model_.atoms[atom]) == what) has[atom] = false;
    for (Index i = 0; absence != nullptr && i < has.size(); ++i) has[i] = has[i] && !absence->atoms[i];
    prover::Work work;
    return prover::evaluate(model_, order_, std::move(has), false, work)[account.target];
  }

  Observing& o_;
  const prover::Model& model_;
  prover::Order order_;
  std::vector<Absence> absences_;
};

}  // namespace

void observe_absences(Observing& o) {
  if (o.population().assumed) return;  // how many people there are is assumed as well
  const auto compiled = compile(o.policy(), o.population(), Reading::technical, {.spare = 1});
  if (!compiled)
    return o.tell("absence", "", concat("what one absence locks out is not told: ", compiled.error().what), false);
  Absences(o, compiled->model).tell();
}

}  // namespace sallyport::proof
