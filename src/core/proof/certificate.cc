#include "core/proof/certificate.h"

#include <algorithm>
#include <map>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/text.h"
#include "core/certificate/check.h"
#include "core/proof/compensation.h"
#include "core/prover/order.h"
#include "core/prover/solve.h"

namespace sallyport::proof {
namespace {

// The families of every node that these accounts rest on.
Json families(const prover::Model& model, const prover::Order& order, prover::Reading reading,
              std::vector<prover::Index> targets, const std::vector<std::int64_t>& places, prover::Work& work) {
  const bool recovery_off = reading.recovery_off;
  prover::Solver solver(model, order, std::move(reading), work);
  solver.solve(targets);
  std::vector<bool> needed(model.nodes.size());
  for (auto left = std::move(targets); !left.empty();) {
    const auto node = left.back();
    left.pop_back();
    if (needed[node] || (recovery_off && model.nodes[node].recovery)) continue;
    needed[node] = true;
    left.insert(left.end(), order.rests_on[node].begin(), order.rests_on[node].end());
  }
  auto out = Json::object();
  for (prover::Index n = 0; n < model.nodes.size(); ++n) {
    if (!needed[n]) continue;
    Json sets = Json::array();
    for (const auto& set : solver.of_node(n)) {
      Json one = Json::array();
      set.each([&](std::size_t element) { one.push(places[element]); });
      sets.push(std::move(one));
    }
    out.set(model.nodes[n].name, std::move(sets));
  }
  return out;
}

// Where each of these, which the model keeps by name, stands in the JSON.
std::vector<std::int64_t> places_of(const auto& named, const Json& items) {
  std::map<std::string, std::int64_t> by_name;
  for (std::size_t i = 0; i < items.as_array().size(); ++i)
    by_name[items.as_array()[i].find("id")->as_string()] = static_cast<std::int64_t>(i);
  std::vector<std::int64_t> out;
  for (const auto& one : named) out.push_back(by_name.at(one.name));
  return out;
}

}  // namespace

namespace {

// The ways that the policy accepts for this class, as lists of what atoms are called (`note`, in the model).
Json accepted_of(const Policy& policy, const ClassName& account_class) {
  Json out = Json::array();
  for (const auto& accepted : policy.acceptances()) {
    if (accepted.account_class != account_class || !accepted.is_of_a_way()) continue;
    Json way = Json::array();
    for (const auto& part : accepted.way) way.push(part);
    out.push(std::move(way));
  }
  return out;
}

}  // namespace

Json claims_of(const Policy& policy, const Compiled& compiled, Edition edition) {
  const auto& g = policy.guarantees();
  Json out = Json::array();
  for (const auto& account : compiled.accounts) {
    const auto& name = policy.classes()[account.account_class].name;
    const auto claim = [&](std::string_view guarantee, std::string_view about) {
      auto json = Json::object({{"guarantee", guarantee}, {"account", account.name}});
      if (!about.empty()) json.set("about", about);
      return json;
    };
    if (account.meant_for && edition != Edition::second) out.push(claim("class", account.meant_for->text()));
    if (g.dominance_for_all || std::ranges::find(g.dominance, name) != g.dominance.end())
      out.push(claim("recovery_not_weaker_than_sign_in", "").set("accepted", accepted_of(policy, name)));
    if (const auto people = g.people_needed.find(name); people != g.people_needed.end())
      out.push(claim("people_needed", "").set("at_least", people->second));
    const auto& governed = g.people_needed_with_governance;
    if (const auto people = governed.find(name); people != governed.end() && edition != Edition::second)
      out.push(claim("people_needed_with_governance", "").set("at_least", people->second));
    for (const auto& group : g.never_alone) out.push(claim("never_alone", group));
    if (account.asks.empty()) continue;  // whose every recovery is refused is locked out on purpose
    for (const auto& lost : g.after_losing) out.push(claim("no_lockout", lost));
  }
  return out;
}

std::vector<ClassName> classes_without_accounts(const Policy& policy, const Compiled& compiled) {
  std::vector<ClassName> out;
  for (std::size_t i = 0; i < policy.classes().size(); ++i)
    if (std::ranges::find(compiled.accounts, i, &AccountForms::account_class) == compiled.accounts.end())
      out.push_back(policy.classes()[i].name);
  return out;
}

Result<void> check_proof(const Policy& policy, const Population& population, std::string_view organization,
                         const Json& certificate) {
  SP_TRY(const auto schema, certificate.string_at("schema"));
  const auto edition = schema == certificate_schema_before ? Edition::second : Edition::third;
  SP_TRY(const auto compiled, compile(policy, population, Reading::technical, {.edition = edition}));
  for (std::size_t i = 0; i < population.accounts.size(); ++i) {
    const auto& kind = population.accounts[i];
    const auto& found = policy.classes()[compiled.accounts[i].account_class].name;
    if (kind.meant_for && *kind.meant_for != found)
      return fault(FaultKind::rejected,
                   concat(kind.name, " is meant for the class ", kind.meant_for->text(), ", and the policy finds ",
                          found.text()),
                   "mend the policy, or the organization file");
  }
  if (const auto missing = not_compensated(policy, compiled); !missing.empty())
    return fault(FaultKind::rejected, in_words(missing.front()), "mend the policy, and prove it again");
  for (const auto& name : classes_without_accounts(policy, compiled))
    return fault(FaultKind::rejected,
                 concat("no account of the organization is in the class ", name.text(), ", so nothing is proved of it"),
                 "put one under `accounts`, or take the class out of the policy");
  SP_TRY(const auto about, certificate.string_at("policy"));
  if (about != to_hex(policy.digest()))
    return fault(FaultKind::rejected, "the certificate is about another policy", "prove this one");
  SP_TRY(const auto whom, certificate.string_at("organization"));
  if (whom != organization)
    return fault(FaultKind::rejected, "the certificate is for another organization", "prove the policy for this one");
  if (policy.guarantees().lines.empty())
    return fault(FaultKind::rejected, "the policy promises nothing, so nothing follows", "give it `guarantees`");
  if (edition == Edition::second && !policy.guarantees().people_needed_with_governance.empty())
    return fault(FaultKind::rejected, "a certificate of this kind cannot say anything of those who govern",
                 "prove the policy again");
  const auto* claims = certificate.find("claims");
  if (claims == nullptr || *claims != claims_of(policy, compiled, edition))
    return fault(FaultKind::rejected, "the certificate does not claim just what the policy promises",
                 "prove the policy again");
  return check_certificate(compiled.json, certificate);
}

Result<Json> families_for(const Json& claims, const Json& json, const prover::Model& model, Edition edition) {
  const auto order = prover::order_of(model);
  const auto atoms = places_of(model.atoms, *json.find("atoms"));
  const auto persons = places_of(model.persons, *json.find("persons"));
  prover::Work work;
  AccountProver prover(model);
  std::vector<prover::Index> compared;
  auto attacker = Json::object();
  auto gang = Json::object();
  auto governance = Json::object();
  for (const auto& claim : claims.as_array()) {
    const auto& account =
        *std::ranges::find(model.accounts, claim.find("account")->as_string(), &prover::Account::name);
    const auto& guarantee = claim.find("guarantee")->as_string();
    if (guarantee == "recovery_not_weaker_than_sign_in") {
      compared.push_back(account.target);
      attacker.set(account.name, families(model, order, attacker_beside(model, prover.front(account)), {account.target},
                                          atoms, work));
    } else if (guarantee == "people_needed") {
      const auto least = static_cast<std::size_t>(claim.find("at_least")->as_int());
      gang.set(account.name, families(model, order, gang_below(model, least), {account.target}, persons, work));
    } else if (guarantee == "people_needed_with_governance") {
      const auto least = static_cast<std::size_t>(claim.find("at_least")->as_int());
      const auto anyhow = std::ranges::find(model.nodes, concat("anyhow@", account.name), &prover::Node::name);
      const auto node = static_cast<prover::Index>(anyhow - model.nodes.begin());
      governance.set(account.name, families(model, order, gang_below(model, least), {node}, persons, work));
    }
  }
  auto front = families(model, order, prover::at_front_door(model), std::move(compared), atoms, work);
  if (work.exhausted() || prover.exhausted())
    return fault(FaultKind::invalid, "the model has more ways than can be listed", "prove it in parts");
  auto out = Json::object({{"schema", edition == Edition::second ? certificate_schema_before : certificate_schema},
                           {"model", model_digest(json)},
                           {"front", std::move(front)},
                           {"attacker", std::move(attacker)},
                           {"gang", std::move(gang)},
                           {"claims", claims}});
  if (edition != Edition::second) out.set("governance", std::move(governance));
  return out;
}

Result<Json> certificate_of(const Policy& policy, const Proof& proof, std::string_view organization) {
  SALLYPORT_ASSERT(proof.holds());
  const auto& compiled = proof.technical;
  SP_TRY(auto out, families_for(claims_of(policy, compiled), compiled.json, compiled.model));
  out.set("policy", to_hex(policy.digest()));
  out.set("organization", organization);
  return out;
}

}  // namespace sallyport::proof
