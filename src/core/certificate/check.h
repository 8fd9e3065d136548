// Checks a certificate: that what it claims of a model follows from the families of sets that it lists. Shares no code
// with the prover that made it, and is meant to be read in one sitting: an auditor who trusts this file, the JSON
// reader and the compiler of policies need not trust the prover (docs/prover.md, "Certificates").
//
//   SP_CHECK(check_certificate(model, certificate));      // both as JSON
//
// What is checked, for each of the three readings (attacker, front, gang) and each node that a target rests on:
//   closure      combining the children's sets as the node's formula says gives only sets within which a listed one
//                lies; so the lists are an upper bound of the least fixpoint, whatever made them;
//   sufficiency  each listed set makes the node true, step by step from nothing, and none lies within another.
// Both together leave one list for each node, so a certificate with anything changed is refused. Then the claims:
// dominance, people needed, groups that are not enough, and ways that are left after a loss.
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
inline constexpr std::string_view certificate_schema = "sallyport-certificate/1";

// The fault says which node or claim does not hold. Anything malformed is a fault as well.
[[nodiscard]] Result<void> check_certificate(const Json& model, const Json& certificate);

// SHA-256 of the canonical text, as hex: how a certificate names its model.
[[nodiscard]] std::string model_digest(const Json& model);

}  // namespace sallyport
