// "No easier than", without invented probabilities: an order on sets of atoms by their levels alone.
//
// F is no harder than R when each atom of F has a partner of its own in R whose level is at least as high: levels
// sorted from the highest down, F is no longer than R, and no level of F is above the one at its place in R. Adding
// atoms to R keeps that so, which is why it is enough to look at minimal sets.
#pragma once

#include <vector>

#include "core/prover/antichain.h"
#include "core/prover/model.h"

namespace sallyport::prover {

using Hardness = std::vector<int>;  // levels, highest first

[[nodiscard]] Hardness hardness_of(const AtomSet& set, const std::vector<Atom>& atoms);
[[nodiscard]] bool no_harder(const Hardness& f, const Hardness& r);

// For Keep: true for sets that are at least as hard as some way through the front door. Only the front doors of the
// very account that is asked about will do; a weaker one of somebody else would hide dangerous sets.
[[nodiscard]] std::function<bool(const AtomSet&)> safe_beside(const Antichain& front, const std::vector<Atom>& atoms);

struct Comparison {
  Antichain weaker;        // than every front door: the account is easier to take by its recovery
  Antichain incomparable;  // neither easier nor as hard: a person must judge
};
// Both empty when there is no front door to compare with.
[[nodiscard]] Comparison compare(const Antichain& front, const Antichain& recovery_only,
                                 const std::vector<Atom>& atoms);

}  // namespace sallyport::prover
