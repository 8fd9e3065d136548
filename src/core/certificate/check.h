// Checks a certificate: that what it claims of a model follows from the families of sets that it lists. Shares no code
// with the prover that made it, and is meant to be read in one sitting: an auditor who trusts this file, the JSON
// reader and the compiler of policies need not trust the prover (docs/prover.md, "Certificates").
//
//   SP_CHECK(check_certificate(model, certificate));      // both as JSON
//
// A certificate lists families of sets for three questions:
//   front      every smallest way to sign in to the accounts whose recovery is compared with it;
//   attacker   for each such account: the ways that are not as hard as one of these;
//   gang       for each account that takes so many people: the gangs of fewer;
//   governance the same, where those who govern are counted: of the node `anyhow@` and the account's name.
// What is checked of each, for each node that the account rests on:
//   closure      combining the children's sets as the node's formula says gives only sets within which a listed one
//                lies, or that do not matter to the question (hard enough, large enough); so the lists are an upper
//                bound of the least fixpoint, whatever made them. What contains a set that does not matter does not
//                matter either, so leaving such sets out early loses none that matters;
//   sufficiency  each listed set matters, makes the node true, step by step from nothing, and none lies within another.
// Both together leave one list for each node, so a certificate with anything changed is refused. Then the claims:
// dominance (no way is left that is not as hard), people needed (no gang is left), groups that are not enough, ways
// that are left after a loss, and the class that the model says of the account (`note`).
//
// A set is a list of places: in the model's `atoms` (attacker, front) or in its `persons` (gang), counted from 0.
//
// The model is one that the prover has read (core/prover/read_model.h); the certificate may be anything.
//
// Pure. Sets are sorted vectors of numbers; that of a large company takes a second or two; steps are bounded.
#pragma once

#include "base/json.h"
#include "base/result.h"

namespace sallyport {

inline constexpr std::size_t certificate_bytes_max = std::size_t{32} * 1024 * 1024;
inline constexpr std::string_view certificate_schema = "sallyport-certificate/3";
// Of ledgers that are older. Such a certificate claims no class, and is about a model in which accounts have none.
inline constexpr std::string_view certificate_schema_before = "sallyport-certificate/2";

// The fault says which node or claim does not hold. Anything malformed is a fault as well.
[[nodiscard]] Result<void> check_certificate(const Json& model, const Json& certificate);

// SHA-256 of the canonical text, as hex: how a certificate names its model.
[[nodiscard]] std::string model_digest(const Json& model);

}  // namespace sallyport
