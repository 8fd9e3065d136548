// Nobody is another person beside themselves: who has what the holder has, who speaks for the holder, and whose account
// the holder helps to take, is no other person in the holder's cases. The gateway bars the holder by person and knows
// nothing of these.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "core/policy/attester.h"
#include "core/proof/observing.h"
#include "core/proof/signal_sets.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using prover::Index;

constexpr std::size_t things_looked_at_max = 3;  // of ways to take the account of somebody who approves

std::optional<std::string> home_of(const AccountKind& kind) {
  const auto facts = kind.facts.view();
  if (!facts.knows(Attribute::account_organization)) return std::nullopt;
  return std::string(facts.text(Attribute::account_organization));
}

// Has this kind of people a say in a case of the account: a seat, or a word that counts?
bool has_a_say(const Observing& o, const PeopleKind& people, const AccountForms& account) {
  const auto& kind = o.kind_of(account);
  const auto& signals = o.policy().signals();
  for (const auto& ask : account.asks) {
    for (std::size_t k = 0; k < ask.needs.seat_kinds; ++k)
      if (may_sit(people, o.policy().selectors()[ask.needs.seats[k].selector], home_of(kind))) return true;
    for (std::size_t i = 0; i < signals.size(); ++i) {
      const auto who = attester_of(signals[i]);
      if (!who || ((ask.needs.allow >> i) & 1U) == 0) continue;
      if (!o.node(concat("signal:", signals[i].name.text(), "@", account.name))) continue;  // not enrolled
      if (ask.needs.signals == 0 && ((ask.needs.include >> i) & 1U) == 0) continue;
      if (*who == Attester::agent ? people.agent : people.vouches && (!kind.manager || *kind.manager == people.name))
        return true;
    }
  }
  return false;
}

void shared_with(Observing& o, const AccountForms& account) {
  for (const auto& shared : o.kind_of(account).shared) {
    const auto& people = *std::ranges::find(o.population().people, shared.people, &PeopleKind::name);
    const bool counts = has_a_say(o, people, account);
    o.tell(
        "self_action", account.name,
        concat(
            people.name,
            shared.with == "word" ? std::string(" speaks for the holder") : concat(" has the holder's ", shared.with),
            counts ? ", and yet counts as another person in their cases" : ", and counts for nobody in their cases"),
        counts);
  }
}

// Whoever has a say by an account of their own, which the holder helps to take: their yes is then the holder's own.
void accounts_that_the_holder_helps_to_take(Observing& o, const AccountForms& account) {
  if (!o.kind_of(account).held_by) return;  // its holder is nobody who has a say anywhere
  const auto& model = o.model();
  const auto& in_model = o.in_model(account);
  std::vector<Index> says;  // of people who have an account, in this account's own cases
  std::vector<bool> seen(model.nodes.size());
  for (std::vector<Index> left{in_model.target}; !left.empty();) {
    const auto n = left.back();
    left.pop_back();
    if (seen[n] || (n != in_model.target && model.nodes[n].name.starts_with("control@"))) continue;
    seen[n] = true;
    const auto& below = o.order().rests_on[n];
    const auto name = std::string_view(model.nodes[n].name);
    const auto person = name.substr(name.find(':') + 1);
    if ((name.starts_with("acts:") || name.starts_with("attests:")) && person != model.persons[in_model.owner].name &&
        std::ranges::any_of(below, [&](Index b) { return model.nodes[b].name.starts_with("control@"); }))
      says.push_back(n);
    left.insert(left.end(), below.begin(), below.end());
  }
  if (says.empty()) return;
  auto reading = prover::as_attacker(model);
  reading.keep.size_max = things_looked_at_max;
  auto work = o.work_for_a_question();
  prover::Solver attacker(model, o.order(), std::move(reading), work);
  attacker.solve(says);
  if (o.gave_up(work))
    return o.tell("self_action", account.name,
                  "whether the holder helps to take accounts of their approvers is not told: there are more ways than "
                  "can be listed",
                  false);
  std::set<std::string> told;
  for (const auto n : says) {
    const auto helps = [&](const prover::AtomSet& way) {
      bool out = false;
      way.each([&](std::size_t atom) { out = out || model.atoms[atom].owner == in_model.owner; });
      return out;
    };
    const auto way = std::ranges::find_if(attacker.of_node(n), helps);
    if (way == attacker.of_node(n).end()) continue;
    const auto person = model.nodes[n].name.substr(model.nodes[n].name.find(':') + 1);
    if (!told.insert(person.substr(0, person.find_last_of('-'))).second) continue;  // the others are in the same place
    const auto takes = o.capabilities_of(*way);
    o.tell(
        "self_action", account.name,
        concat(person, " counts as another person in the holder's cases, by an account that the holder helps to take: ",
               capabilities_in_words(takes)),
        true, {o.class_of(account).line}, Json::object({{"person", person}, {"takes", to_json(takes)}}));
  }
}

}  // namespace

void observe_selves(Observing& o) {
  for (const auto& account : o.compiled().accounts) {
    shared_with(o, account);
    accounts_that_the_holder_helps_to_take(o, account);
  }
}

}  // namespace sallyport::proof
