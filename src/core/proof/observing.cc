#include "core/proof/observing.h"

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "core/prover/evaluate.h"

namespace sallyport::proof {

using prover::Index;

namespace {

void name_atoms(const prover::Model& model, Index formula, std::vector<bool>& out) {
  const auto& f = model.formulas[formula];
  if (f.op == prover::Operator::atom) out[f.index] = true;
  for (const auto part : f.parts) name_atoms(model, part, out);
  for (const auto& slot : f.slots)
    for (const auto& candidate : slot) name_atoms(model, candidate.formula, out);
  for (const auto& signal : f.signals) name_atoms(model, signal.formula, out);
}

}  // namespace

Observing::Observing(const Policy& policy, const Population& population, const Proof& proof, ObserveOptions options)
    : policy_(policy), population_(population), proof_(proof), options_(options), prover_(proof.technical.model) {}

bool Observing::guarded(const AccountForms& account) const {
  const auto& needed = policy_.guarantees().people_needed;
  const auto found = needed.find(class_of(account).name);
  return found != needed.end() && found->second >= 2;
}

const AccountKind& Observing::kind_of(const AccountForms& account) const {
  return *std::ranges::find(population_.accounts, account.name.substr(0, account.name.find('~')), &AccountKind::name);
}

const prover::Account& Observing::in_model(const AccountForms& account) const {
  return *std::ranges::find(model().accounts, account.name, &prover::Account::name);
}

std::optional<Index> Observing::node(std::string_view name) const {
  const auto found = std::ranges::lower_bound(model().nodes, name, {}, &prover::Node::name);
  if (found == model().nodes.end() || found->name != name) return std::nullopt;
  return static_cast<Index>(found - model().nodes.begin());
}

Index Observing::control_of(std::string_view account) const { return *node(concat("control@", account)); }

prover::Order Observing::part_of(Index target) const {
  std::vector<bool> needed(model().nodes.size());
  for (std::vector<Index> left{target}; !left.empty();) {
    const auto node = left.back();
    left.pop_back();
    if (needed[node]) continue;
    needed[node] = true;
    left.insert(left.end(), order().rests_on[node].begin(), order().rests_on[node].end());
  }
  prover::Order out;
  for (const auto& group : order().groups)
    if (needed[group.nodes.front()]) out.groups.push_back(group);  // whoever needs one of a circle needs all of it
  return out;
}

std::vector<bool> Observing::truths(const prover::Order& part, std::vector<bool> atoms) const {
  prover::Work work;
  return prover::evaluate(model(), part, std::move(atoms), false, work);
}

prover::AtomSet Observing::smallest(const prover::Order& part, Index target, std::vector<bool> atoms) const {
  std::vector<Index> hardest_first;
  for (Index i = 0; i < atoms.size(); ++i)
    if (atoms[i]) hardest_first.push_back(i);
  std::ranges::stable_sort(hardest_first, std::greater<>(), [&](Index i) { return model().atoms[i].level; });
  prover::AtomSet out(atoms.size());
  for (const auto i : hardest_first) {
    atoms[i] = false;
    atoms[i] = !truths(part, atoms)[target];
    if (atoms[i]) out.add(i);
  }
  return out;
}

std::vector<bool> Observing::atoms_in(const prover::Order& part) const {
  std::vector<bool> out(model().atoms.size());
  for (const auto& group : part.groups)
    for (const auto node : group.nodes) name_atoms(model(), model().nodes[node].formula, out);
  return out;
}

std::vector<Capability> Observing::capabilities_of(const prover::AtomSet& set) const {
  std::vector<std::string> names;
  set.each([&](std::size_t atom) { names.push_back(model().atoms[atom].name); });
  return capabilities(compiled(), names);
}

std::string Observing::called(const prover::AtomSet& set) const {
  std::set<std::string> names;
  set.each([&](std::size_t atom) { names.insert(compiled().called[atom]); });
  std::string out;
  for (const auto& name : names) out += concat(out.empty() ? "" : ", ", name);
  return out;
}

bool is_one_of(std::string_view person, const PeopleKind& kind) {
  if (kind.count == 1) return person == kind.name;
  const auto before = concat(kind.name, "-");
  return person.size() > before.size() && person.starts_with(before) &&
         person.find_first_not_of("0123456789", before.size()) == person.npos;
}

bool is_person(const prover::Atom& atom) { return atom.name.starts_with("person:"); }

std::string_view thing_of(const prover::Atom& atom) {
  return std::string_view(atom.name).substr(0, atom.name.find('@'));
}

bool belongs_to(const prover::Atom& atom, std::string_view account) {
  const auto at = atom.name.find('@');
  return at != atom.name.npos && std::string_view(atom.name).substr(at + 1) == account;
}

Json to_json(const std::vector<Capability>& list) {
  Json out = Json::array();
  for (const auto& c : list) out.push(Json::object({{"atom", c.atom}, {"level", c.level}, {"words", c.words}}));
  return out;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view more) {
  return concat(number, " ", number == 1 ? one : more);
}

}  // namespace sallyport::proof
