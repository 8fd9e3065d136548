// Is a node true for these atoms? One answer for one set, without enumerating any: what a given group of people can
// do, and a second opinion on every set that the engine finds.
#pragma once

#include <vector>

#include "core/prover/model.h"
#include "core/prover/order.h"
#include "core/prover/work.h"

namespace sallyport::prover {

// For each node whether it is true in the least fixpoint, given the atoms that are had (free ones always are).
[[nodiscard]] std::vector<bool> evaluate(const Model& model, const Order& order, std::vector<bool> atoms,
                                         bool recovery_off, Work& work);

// The atoms that `persons` own, and those of the ambient level.
[[nodiscard]] std::vector<bool> atoms_of(const Model& model, const std::vector<bool>& persons);

}  // namespace sallyport::prover
