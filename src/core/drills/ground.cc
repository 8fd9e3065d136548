#include "core/drills/ground.h"

#include <algorithm>

#include "base/text.h"
#include "core/proof/catalogue.h"
#include "core/prover/evaluate.h"

namespace sallyport::drills {

using proof::AccountKind;
using proof::PeopleKind;
using prover::Index;

namespace {

template <typename Named>
std::optional<Index> index_of(const std::vector<Named>& list, std::string_view name) {
  const auto found = std::ranges::lower_bound(list, name, {}, &Named::name);
  if (found == list.end() || found->name != name) return std::nullopt;
  return static_cast<Index>(found - list.begin());
}

bool is_about(std::string_view node, std::string_view account) {
  const auto at = node.find('@');
  if (at == node.npos || !node.substr(at + 1).starts_with(account)) return false;
  const auto rest = node.substr(at + 1 + account.size());
  return rest.empty() || rest.front() == '#';
}

// With hundreds of kinds of account most of a model is about the others, and each drill would walk through all of it.
prover::Order order_about(const prover::Model& model, const prover::Order& whole, std::string_view account) {
  std::vector<bool> wanted(model.nodes.size());
  std::vector<Index> open;
  for (Index n = 0; n < model.nodes.size(); ++n)
    if (is_about(model.nodes[n].name, account)) open.push_back(n);
  while (!open.empty()) {
    const auto n = open.back();
    open.pop_back();
    if (wanted[n]) continue;
    wanted[n] = true;
    open.insert(open.end(), whole.rests_on[n].begin(), whole.rests_on[n].end());
  }
  prover::Order out;
  for (const auto& group : whole.groups)
    if (std::ranges::any_of(group.nodes, [&](Index n) { return wanted[n]; })) out.groups.push_back(group);
  return out;
}

bool is_executive(const AccountKind& account) {
  const auto facts = account.facts.view();
  return facts.knows(Attribute::account_executive) && facts.boolean(Attribute::account_executive);
}

}  // namespace

std::optional<std::string> organization_of(const AccountKind& account) {
  const auto facts = account.facts.view();
  if (!facts.knows(Attribute::account_organization)) return std::nullopt;
  return std::string(facts.text(Attribute::account_organization));
}

bool attests(const PeopleKind& kind, const SignalRule& signal, const AccountKind& account) {
  return std::ranges::any_of(signal.rests_on, [&](const std::string& thing) {
    const auto who = proof::attester_of(thing);
    if (!who) return false;
    if (*who == proof::Attester::agent) return kind.agent;
    return kind.vouches && (!account.manager || *account.manager == kind.name);
  });
}

Result<Ground> Ground::prepare(const Policy& policy, const proof::Population& population) {
  SP_TRY(auto compiled, proof::compile(policy, population, proof::Reading::technical));
  const auto whole = prover::order_of(compiled.model);
  std::vector<prover::Order> orders;
  orders.reserve(population.accounts.size());
  for (const auto& account : population.accounts) orders.push_back(order_about(compiled.model, whole, account.name));
  return Ground{policy, population, std::move(compiled), std::move(orders)};
}

const prover::Account& Ground::account(std::string_view kind) const {
  return *std::ranges::find(compiled.model.accounts, kind, &prover::Account::name);
}

std::optional<Index> Ground::atom(std::string_view name) const { return index_of(compiled.model.atoms, name); }

std::optional<Index> Ground::node(std::string_view name) const { return index_of(compiled.model.nodes, name); }

Result<std::vector<bool>> Ground::what_follows(std::size_t account, const std::vector<std::string>& atoms,
                                               bool recovery_off) const {
  std::vector<bool> had(compiled.model.atoms.size());
  for (const auto& name : atoms)
    if (const auto i = atom(name)) had[*i] = true;
  prover::Work work;
  auto nodes = prover::evaluate(compiled.model, orders[account], std::move(had), recovery_off, work);
  if (work.exhausted()) return fault(FaultKind::invalid, "the policy's model is too large to drill");
  return nodes;
}

bool Ground::is_true(const std::vector<bool>& nodes, std::string_view name) const {
  const auto i = node(name);
  return i && nodes[*i];
}

std::vector<std::size_t> Ground::aimed_at(Aim aim) const {
  std::uint32_t first = 0xFFFFFFFF;
  std::uint32_t last = 0;
  for (const auto& forms : compiled.accounts) {
    first = std::min(first, forms.account_class);
    last = std::max(last, forms.account_class);
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < compiled.accounts.size(); ++i) {
    const auto in_class = compiled.accounts[i].account_class;
    const bool wanted = aim == Aim::everybody || (aim == Aim::ordinary && in_class == last) ||
                        (aim == Aim::most_protected && in_class == first) ||
                        (aim == Aim::of_weight && (in_class != last || first == last)) ||
                        (aim == Aim::executive && is_executive(population.accounts[i]));
    if (wanted) out.push_back(i);
  }
  return out;
}

std::vector<std::vector<Somebody>> Ground::in_role(Role role, std::size_t account) const {
  const auto& target = population.accounts[account];
  const auto owner = compiled.model.persons[this->account(target.name).owner].name;
  const auto home = organization_of(target);
  const bool vendors_open =
      std::ranges::any_of(population.people, [](const PeopleKind& k) { return k.third_party && k.agent; });
  const auto fits = [&](const PeopleKind& kind) {
    switch (role) {
      case Role::nobody: return false;
      case Role::agent: return kind.agent;
      case Role::vendor_agent: return kind.third_party && (kind.agent || !vendors_open);
      case Role::vendor: return kind.third_party;
      case Role::approver:
        return std::ranges::any_of(policy.selectors(), [&](const auto& s) { return may_sit(kind, s, home); });
      case Role::manager: return kind.vouches;
      case Role::operator_: return kind.invites;
    }
    return false;
  };
  const bool seatless =
      (role == Role::agent || role == Role::vendor_agent) &&
      std::ranges::any_of(population.people, [&](const PeopleKind& k) { return fits(k) && k.seats.empty(); });
  std::vector<std::vector<Somebody>> out;
  std::vector<Somebody> together;
  for (const auto& kind : population.people) {
    if (!fits(kind) || (seatless && !kind.seats.empty())) continue;
    bool found = false;
    for (std::uint32_t i = 1; i <= kind.count; ++i) {
      Somebody one{kind.count == 1 ? kind.name : concat(kind.name, "-", i), &kind};
      if (one.name == owner) continue;
      const bool known = atom(concat("person:", one.name)).has_value();
      if (role == Role::vendor && known) together.push_back(one);
      if (role != Role::vendor) out.push_back({one});  // people of a kind are alike: the first stands for all
      found = true;
      if (role != Role::vendor || !known) break;
    }
    if (role == Role::vendor && found && together.empty()) together.push_back({kind.name, &kind});
  }
  if (role == Role::vendor && !together.empty()) out.push_back(std::move(together));
  return out;
}

}  // namespace sallyport::drills
