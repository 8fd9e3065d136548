// Property: any text gives problems that name their place and a next step, or an organization for which a policy can
// be proved, certified and checked, or is refused for its size.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/proof/certificate.h"
#include "core/proof/fit.h"
#include "core/proof/observe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  static const auto policy = Policy::compile(
      "policy: fuzz\nlanguage: 1\nsignals:\n  totp: {rests_on: [handset]}\n  mail_code: {rests_on: [mailbox]}\n"
      "  vouch: {rests_on: [voucher]}\n"
      "tiers:\n  standard: {signals: 2, approvers: [{at_least: 1, role: lead}]}\n"
      "  guarded: {signals: 1, approvers: [{at_least: 2, outside: desk}], hold: {for: 1h}}\n"
      "classes: [{name: admins, when: \"account.admin\", floor: guarded}, {name: staff}]\n"
      "front_door: {staff: [[password, totp]], admins: [[passkey]]}\n"
      "actions: {password_reset: standard, mfa_reset: guarded}\n"
      "guarantees: [{recovery_not_weaker_than_sign_in: all}, {people_needed: {admins: 2}},\n"
      "  {never_alone: [desk, third_party]}, {no_lockout: {after_losing: [handset]}}]\n",
      "p");
  SALLYPORT_ASSERT(policy.has_value());
  const auto population = proof::read_population(text_of({data, size}), *policy);
  if (!population) {
    for (const auto& p : population.error()) SALLYPORT_ASSERT(p.line > 0 && p.column > 0 && !p.next_step.empty());
    return 0;
  }
  if (population->accounts.size() > 20 || population->people.size() > 20) return 0;  // slow, and nothing new
  for (const auto& p : proof::misfits(*policy, *population))
    SALLYPORT_ASSERT(p.line > 0 && p.column > 0 && !p.next_step.empty());
  const auto proof = proof::prove_policy(*policy, *population);
  if (!proof) {
    SALLYPORT_ASSERT(proof.error().kind == FaultKind::invalid);  // too large; never that the two decisions differ
    return 0;
  }
  (void)proof::observe(*policy, *population, *proof);
  if (!proof->holds()) return 0;
  const auto certificate = proof::certificate_of(*policy, *proof, "x");
  SALLYPORT_ASSERT(certificate.has_value());
  SALLYPORT_ASSERT(proof::check_proof(*policy, *population, "x", *certificate).has_value());
  return 0;
}
