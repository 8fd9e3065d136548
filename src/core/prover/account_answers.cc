#include <algorithm>
#include <span>

#include "core/prover/evaluate.h"
#include "core/prover/hardness.h"
#include "core/prover/lockout.h"
#include "core/prover/order.h"
#include "core/prover/prove.h"
#include "core/prover/solve.h"

namespace sallyport::prover {
namespace {

AtomSet set_of(std::span<const Index> elements, std::size_t width) {
  AtomSet out(width);
  for (const auto element : elements) out.add(element);
  return out;
}

Json names_of(const AtomSet& set, const auto& named) {
  Json out = Json::array();
  set.each([&](std::size_t element) { out.push(named[element].name); });
  return out;
}

Json shown(const Antichain& sets, const auto& named) {
  Json out = Json::array();
  for (const auto& set : sets) out.push(names_of(set, named));
  return out;
}

Json least_cost(const Antichain& sets, const std::vector<Atom>& atoms) {
  std::optional<std::int64_t> least;
  for (const auto& set : sets) {
    std::int64_t cost = 0;
    set.each([&](std::size_t atom) { cost += atoms[atom].cost; });
    least = std::min(least.value_or(cost), cost);
  }
  return least ? Json(*least) : Json();
}

std::string_view verdict(const Antichain& front, const Antichain& recovery_only, const Comparison& comparison) {
  if (recovery_only.empty()) return "no-recovery";
  if (front.empty()) return "no-front";
  if (!comparison.weaker.empty()) return "violated";
  return comparison.incomparable.empty() ? "proved" : "incomparable";
}

class Answers {
 public:
  Answers(const Model& model, Work& work)
      : model_(model),
        work_(work),
        order_(order_of(model)),
        attacker_(model, order_, as_attacker(model), work),
        front_door_(model, order_, at_front_door(model), work),
        gang_(model, order_, as_gang(model), work) {
    std::vector<Index> targets;
    for (const auto& account : model.accounts) targets.push_back(account.target);
    gang_.solve(targets);
    front_door_.solve(targets);
    for (const auto& account : model.accounts)
      if (account.restore) targets.push_back(*account.restore);
    for (const auto& rule : model.rules)
      for (const auto& signal : rule.counts)
        for (const auto node : nodes_in(model, signal.formula)) targets.push_back(node);
    attacker_.solve(targets);
  }

  Json of(const Account& account) {
    const auto& takeover = attacker_.of_node(account.target);
    const auto& front = front_door_.of_node(account.target);
    Antichain recovery_only;
    for (const auto& set : takeover)
      if (work_.spend(front.size()) && !holds(front, set)) recovery_only.push_back(set);
    const auto comparison = compare(front, recovery_only, model_.atoms);
    auto out =
        Json::object({{"takeover", shown(takeover, model_.atoms)},
                      {"front", shown(front, model_.atoms)},
                      {"recovery_only", shown(recovery_only, model_.atoms)},
                      {"dominance", verdict(front, recovery_only, comparison)},
                      {"weaker", shown(comparison.weaker, model_.atoms)},
                      {"incomparable", shown(comparison.incomparable, model_.atoms)},
                      {"min_cost", Json::object({{"front", least_cost(front, model_.atoms)},
                                                 {"recovery", least_cost(recovery_only, model_.atoms)}})},
                      {"collusion", collusion(account)},
                      {"third_party_alone", falls_to(account, [](const Person& person) { return person.third_party; })},
                      {"group_alone", groups(account)}});
    if (account.restore) out.set("lockout", lockout(account));
    return out;
  }

  Json of(const Rule& rule) {
    std::vector<Antichain> ways;
    std::vector<AtomSet> mentioned;
    const auto common = set_of(rule.common, model_.atoms.size());
    for (const auto& signal : rule.counts) {
      ways.push_back(attacker_.of_formula(signal.formula));
      mentioned.emplace_back(model_.atoms.size());
      for (const auto& set : ways.back()) mentioned.back() = mentioned.back().united(set);
    }
    Json out = Json::array();
    for (std::size_t i = 0; i < ways.size(); ++i)
      for (std::size_t j = i + 1; j < ways.size(); ++j) {
        const auto shared = mentioned[i].common(mentioned[j]).without(common);
        if (shared.empty()) continue;
        AtomSet single(model_.atoms.size());
        shared.each([&](std::size_t atom) {
          const auto one = set_of(std::span(&atom, 1), model_.atoms.size());
          if (holds(ways[i], one) && holds(ways[j], one)) single.add(atom);
        });
        out.push(Json::object({{"pair", Json::array({rule.counts[i].name, rule.counts[j].name})},
                               {"shared", names_of(shared, model_.atoms)},
                               {"single", names_of(single, model_.atoms)}}));
      }
    return out;
  }

 private:
  // Gangs without the owner: of all gangs' minimal sets, those the owner is not in.
  Json collusion(const Account& account) {
    Antichain sets;
    for (const auto& set : gang_.of_node(account.target))
      if (!set.contains(account.owner)) sets.push_back(set);
    return Json::object({{"ambient_level", model_.ambient_level},
                         {"k", sets.empty() ? Json() : Json(sets.front().size())},
                         {"sets", shown(sets, model_.persons)}});
  }

  bool falls_to(const Account& account, auto&& belongs) {
    std::vector<bool> persons;
    for (const auto& person : model_.persons) persons.push_back(belongs(person));
    persons[account.owner] = false;
    return evaluate(model_, order_, atoms_of(model_, persons), false, work_)[account.target];
  }

  Json groups(const Account& account) {
    auto out = Json::object();
    for (const auto& group : model_.group_checks)
      out.set(group, falls_to(account, [&](const Person& person) {
                return std::ranges::find(person.groups, group) != person.groups.end();
              }));
    return out;
  }

  Json lockout(const Account& account) {
    const auto& ways = attacker_.of_node(*account.restore);
    const auto width = model_.atoms.size();
    const auto has = set_of(account.holds, width);
    const auto common = set_of(account.common, width);
    bool ok = true;
    const auto paths = [&](const AtomSet& left) {
      const auto count = work_.spend(ways.size()) ? disjoint_ways(ways, left, common, work_) : std::nullopt;
      ok = ok && (!count || static_cast<std::int64_t>(*count) >= account.need_paths);
      return count ? Json(*count) : Json();
    };
    auto out = Json::object({{"need", account.need_paths}, {"paths", paths(has)}});
    auto after = Json::object();
    for (const auto& loss : account.losses) after.set(loss.name, paths(has.without(set_of(loss.atoms, width))));
    out.set("after_loss", std::move(after));
    out.set("ok", ok);
    return out;
  }

  const Model& model_;
  Work& work_;
  Order order_;
  Solver attacker_, front_door_, gang_;
};

}  // namespace

Json account_answers(const Model& model, Json& independence, Work& work) {
  Answers answers(model, work);
  auto accounts = Json::object();
  for (const auto& account : model.accounts) accounts.set(account.name, answers.of(account));
  for (const auto& rule : model.rules) independence.set(rule.name, answers.of(rule));
  return accounts;
}

}  // namespace sallyport::prover
