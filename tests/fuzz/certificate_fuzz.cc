// Property: any bytes are refused, or they are the one certificate of this proof, or the one of the schema before,
// perhaps with its sets in another order. Nothing crashes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/certificate/check.h"
#include "core/proof/certificate.h"

namespace {

using namespace sallyport;

constexpr std::string_view policy_text =
    "policy: fuzz\nlanguage: 1\nsignals:\n  totp: {rests_on: [handset]}\n  mail_code: {rests_on: [mailbox]}\n"
    "tiers: {standard: {signals: 2, approvers: [{at_least: 1, role: lead}]}}\n"
    "classes: [{name: staff}]\nfront_door: {staff: [[password, totp]]}\n"
    "actions: {password_reset: standard, recovery_factor_change: standard}\n"
    "guarantees: [{recovery_not_weaker_than_sign_in: all}, {never_alone: [desk]}]\n";

struct World {
  Policy policy;
  proof::Population population;
  Json certificate, before;
};

const World& world() {
  static const World made = [] {
    constexpr auto second = proof::Edition::second;
    auto policy = Policy::compile(policy_text, "p");
    SALLYPORT_ASSERT(policy.has_value());
    bool few_groups = false;
    auto population = proof::assumed(*policy, few_groups);
    SALLYPORT_ASSERT(population.has_value());
    const auto proof = proof::prove_policy(*policy, *population);
    SALLYPORT_ASSERT(proof.has_value() && proof->holds());
    auto certificate = proof::certificate_of(*policy, *proof, "assumed");
    SALLYPORT_ASSERT(certificate.has_value());
    const auto compiled = proof::compile(*policy, *population, proof::Reading::technical, {.edition = second});
    SALLYPORT_ASSERT(compiled.has_value());
    auto before =
        proof::families_for(proof::claims_of(*policy, *compiled, second), compiled->json, compiled->model, second);
    SALLYPORT_ASSERT(before.has_value());
    before->set("policy", to_hex(policy->digest())).set("organization", "assumed");
    SALLYPORT_ASSERT(proof::check_proof(*policy, *population, "assumed", *before).has_value());
    return World{*std::move(policy), *std::move(population), *std::move(certificate), *std::move(before)};
  }();
  return made;
}

// Families and sets in one order.
Json sorted(const Json& json) {
  if (json.is_object()) {
    auto out = Json::object();
    for (const auto& [key, value] : json.as_object()) out.set(key, sorted(value));
    return out;
  }
  if (!json.is_array()) return json;
  Json out = Json::array();
  for (const auto& item : json.as_array()) out.push(sorted(item));
  std::ranges::sort(out.as_array(), {}, [](const Json& item) { return to_text(item); });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto given = parse_json(text_of({data, size}));
  if (!given) return 0;
  const auto& w = world();
  const auto sound = proof::check_proof(w.policy, w.population, "assumed", *given);
  if (sound) SALLYPORT_ASSERT(sorted(*given) == sorted(w.certificate) || sorted(*given) == sorted(w.before));
  else SALLYPORT_ASSERT(!sound.error().what.empty());
  return 0;
}
