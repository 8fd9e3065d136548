// What gives power takes two operators (core/organization), and some need not ask the gateway at all
// (docs/decisions/0018). What each takes, and which promises that goes below.
#include <algorithm>
#include <span>

#include "base/text.h"
#include "core/proof/observing.h"
#include "core/prover/evaluate.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

using prover::Index;

// How many people make this node true together, at the least. Absent: no number does, or it is told that there are too
// many ways to find out.
std::optional<std::size_t> people_for(Observing& o, Index n) {
  for (std::size_t most = 1; most <= o.model().persons.size(); most *= 2) {
    auto work = o.work_for_a_question();
    prover::Solver gang(o.model(), o.order(), gang_below(o.model(), most + 1), work);
    gang.solve(std::span(&n, 1));
    if (o.gave_up(work)) {
      o.tell("governance", o.model().nodes[n].name,
             "how many people it takes is not told: it has more ways than can be listed", false);
      return std::nullopt;
    }
    if (!gang.of_node(n).empty()) return gang.of_node(n).front().size();  // the smallest comes first
  }
  return std::nullopt;
}

// By which ways these people govern; of those who are not said nothing is.
std::string governing(const Observing& o, const prover::AtomSet& people) {
  std::vector<bool> persons(o.model().persons.size());
  people.each([&](std::size_t p) { persons[p] = true; });
  const auto nodes = o.truths(o.order(), prover::atoms_of(o.model(), persons));
  std::string out;
  const auto add = [&](std::string_view name) {
    if (nodes[*o.node(name)]) out += concat(out.empty() ? "" : ", ", name);
  };
  add("activate_policy");
  for (const auto& governor : o.population().governance) add(governor.what);
  return out;
}

// The people who are promised are needed in cases; those who govern open none. Who is not said is taken for nobody
// here, or nothing could be told of the others.
void below_promise(Observing& o, const AccountForms& account) {
  const auto& promised = o.policy().guarantees().people_needed;
  const auto wanted = promised.find(o.class_of(account).name);
  const auto& known = o.in_model(account);
  if (wanted == promised.end() || !o.prover().gangs(known, wanted->second - 1).empty()) return;  // that is a finding
  const auto anyhow = *o.node(concat("anyhow@", account.name));
  auto reading = gang_below(o.model(), wanted->second);
  for (Index i = 0; i < o.model().atoms.size(); ++i)
    if (o.model().atoms[i].name.starts_with("anybody:")) reading.atoms[i] = {};
  auto work = o.work_for_a_question();
  prover::Solver gang(o.model(), o.order(), std::move(reading), work);
  gang.solve(std::span(&anyhow, 1));
  if (o.gave_up(work))
    return o.tell(
        "governance", account.name,
        "whether those who govern are fewer than promised is not told: there are more ways than can be listed", false);
  for (const auto& people : gang.of_node(anyhow)) {  // the smallest comes first
    if (people.contains(known.owner)) continue;
    std::string names;
    people.each([&](std::size_t p) { names += concat(names.empty() ? "" : ", ", o.model().persons[p].name); });
    return o.tell("governance", account.name,
                  concat(wanted->second, " people are promised for ", o.class_of(account).name.text(), ", and ",
                         people.size(), people.size() == 1 ? " who governs takes" : " who govern take",
                         " such an account (", governing(o, people), "): ", names),
                  true, {o.policy().guarantees().lines.at("people_needed")},
                  Json::object({{"promised", wanted->second}, {"people", people.size()}}));
  }
}

}  // namespace

void observe_governance(Observing& o) {
  const auto& population = o.population();
  std::uint64_t operators = 0;
  for (const auto& kind : population.people) operators += kind.invites ? kind.count : 0;
  if (const auto people = people_for(o, *o.node("activate_policy")))
    o.tell("governance", "activate_policy",
           concat(*people, " operators together appoint whom they like, and so put a policy of their own in force"),
           false, {}, Json::object({{"people", *people}}));
  else if (!population.assumed && operators < 2)
    o.tell("governance", "operators", "no policy can be put in force: it takes two operators, and there are fewer",
           true);
  std::string not_said;
  for (const auto& [name, words] : governed_from_outside) {
    if (std::ranges::find(population.governance, name, &Governor::what) == population.governance.end()) {
      not_said += concat(not_said.empty() ? "" : ", ", name);
      continue;
    }
    if (const auto people = people_for(o, *o.node(name)))
      o.tell("governance", std::string(name),
             concat(words, " takes ", counted(*people, "person", "people"), ", and no case"), false, {},
             Json::object({{"people", *people}}));
  }
  if (!not_said.empty())
    o.tell("governance", "organization",
           concat("who needs nobody's leave is not said (`governance` in the organization file), and not counted: ",
                  not_said),
           !population.assumed);
  for (const auto& account : o.compiled().accounts) below_promise(o, account);
}

}  // namespace sallyport::proof
