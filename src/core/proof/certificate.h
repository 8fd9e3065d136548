// The certificate of a proof: for each node that an account rests on the smallest ways to make it true, as an attacker,
// at the front door and as a gang, and the guarantees that follow. core/certificate checks it with code of its own.
#pragma once

#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/proof/verdict.h"

namespace sallyport::proof {

// Everything that the policy promises of these accounts, as claims in the certificate's form; and that each is in the
// class it is meant for, which claims of the second edition do not say.
[[nodiscard]] Json claims_of(const Policy& policy, const Compiled& compiled, Edition edition = Edition::third);

// Of these nothing is proved, whatever the certificate claims.
[[nodiscard]] std::vector<ClassName> classes_without_accounts(const Policy& policy, const Compiled& compiled);

// A certificate of these claims about a model (`json` is what it was read from), but for the names of policy and
// organization. Of claims that do not hold it makes one that is refused.
[[nodiscard]] Result<Json> families_for(const Json& claims, const Json& json, const prover::Model& model,
                                        Edition edition = Edition::third);

// REQUIRES: proof.holds(). `organization` names what it was proved for: the digest of the organization file's text.
[[nodiscard]] Result<Json> certificate_of(const Policy& policy, const Proof& proof, std::string_view organization);

// Is the certificate one of this policy, for these people and accounts, and does everything that the policy promises
// follow from it? Compiles the policy anew, and asks core/certificate for the rest; nothing of the prover is used. One
// of an older schema is held against the model of its edition: ledgers keep theirs.
[[nodiscard]] Result<void> check_proof(const Policy& policy, const Population& population,
                                       std::string_view organization, const Json& certificate);

}  // namespace sallyport::proof
