#include "core/proof/quick.h"

#include <algorithm>
#include <span>

#include "core/proof/compile.h"
#include "core/prover/evaluate.h"
#include "core/prover/hardness.h"
#include "core/prover/order.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

class Quick {
 public:
  Quick(const Policy& policy, const Population& population, const Compiled& compiled)
      : policy_(policy), population_(population), model_(compiled.model), order_(prover::order_of(model_)) {}

  bool attacks_fail(const AccountForms& forms) {
    const auto& account = in_model(forms);
    const auto& account_class = policy_.classes()[forms.account_class].name;
    const auto kind = std::ranges::find(population_.accounts, forms.name, &AccountKind::name);
    if (kind->meant_for && *kind->meant_for != account_class) return false;
    const auto front = ways_in(account, prover::at_front_door(model_));
    const bool holds = sign_in_is_no_harder(account, account_class, front) && enough_people(account, account_class) &&
                       nobody_alone(account, front);
    return holds && !work_.exhausted();
  }

  bool ways_back(const AccountForms& forms) {
    const auto& account = in_model(forms);
    if (forms.asks.empty()) return true;  // the policy refuses every recovery of it, on purpose
    const bool holds = std::ranges::all_of(account.losses, [&](const prover::Loss& loss) -> bool {
      std::vector<bool> atoms(model_.atoms.size());
      for (const auto a : account.holds) atoms[a] = true;
      for (const auto a : loss.atoms) atoms[a] = false;
      return prover::evaluate(model_, order_, std::move(atoms), false, work_)[*account.restore];
    });
    return holds && !work_.exhausted();
  }

 private:
  [[nodiscard]] const prover::Account& in_model(const AccountForms& forms) const {
    return *std::ranges::find(model_.accounts, forms.name, &prover::Account::name);
  }
  prover::Antichain ways_in(const prover::Account& account, prover::Reading reading) {
    prover::Solver solver(model_, order_, std::move(reading), work_);
    solver.solve(std::span(&account.target, 1));
    return solver.of_node(account.target);
  }

  bool sign_in_is_no_harder(const prover::Account& account, const ClassName& account_class,
                            const prover::Antichain& front) {
    const auto& g = policy_.guarantees();
    if (!g.dominance_for_all && std::ranges::find(g.dominance, account_class) == g.dominance.end()) return true;
    if (front.empty()) return false;  // then any recovery at all is too much
    auto reading = prover::as_attacker(model_);
    reading.keep.safe = prover::safe_beside(front, model_.atoms);
    return ways_in(account, std::move(reading)).empty();
  }

  bool enough_people(const prover::Account& account, const ClassName& account_class) {
    const auto wanted = policy_.guarantees().people_needed.find(account_class);
    if (wanted == policy_.guarantees().people_needed.end()) return true;
    auto reading = prover::as_gang(model_);
    reading.keep.size_max = wanted->second - 1;
    return std::ranges::all_of(ways_in(account, std::move(reading)),
                               [&](const prover::AtomSet& gang) { return gang.contains(account.owner); });
  }

  bool nobody_alone(const prover::Account& account, const prover::Antichain& front) {
    const auto is_ambient = [&](const prover::AtomSet& way) {
      bool out = true;
      way.each([&](std::size_t a) { out = out && model_.atoms[a].level <= model_.ambient_level; });
      return out;
    };
    if (std::ranges::any_of(front, is_ambient)) return true;  // they add nothing
    return std::ranges::none_of(policy_.guarantees().never_alone, [&](const std::string& name) -> bool {
      std::vector<bool> persons;
      for (const auto& p : model_.persons)
        persons.push_back(name == "third_party" ? p.third_party : std::ranges::find(p.groups, name) != p.groups.end());
      persons[account.owner] = false;
      return prover::evaluate(model_, order_, prover::atoms_of(model_, persons), false, work_)[account.target];
    });
  }

  const Policy& policy_;
  const Population& population_;
  const prover::Model& model_;
  prover::Order order_;
  prover::Work work_;
};

}  // namespace

Result<bool> no_attack_breaks(const Policy& policy, const Population& population) {
  SP_TRY(const auto compiled, compile(policy, population, Reading::technical));
  Quick quick(policy, population, compiled);
  return std::ranges::all_of(compiled.accounts, [&](const AccountForms& a) { return quick.attacks_fail(a); });
}

Result<bool> ways_back_are_left(const Policy& policy, const Population& population) {
  if (policy.guarantees().after_losing.empty()) return true;
  SP_TRY(const auto compiled, compile(policy, population, Reading::technical));
  Quick quick(policy, population, compiled);
  return std::ranges::all_of(compiled.accounts, [&](const AccountForms& a) { return quick.ways_back(a); });
}

}  // namespace sallyport::proof
