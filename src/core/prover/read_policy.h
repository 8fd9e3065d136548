// The decision policies of a model, from JSON.
#pragma once

#include <vector>

#include "core/prover/complaints.h"
#include "core/prover/model.h"

namespace sallyport::prover {

// `persons`: those of the model, for `distinct`. Formulas go into `pool`. After complaints the result is not to be
// used.
[[nodiscard]] DecisionPolicy read_policy(const Spot& at, const Names& persons, std::vector<Formula>& pool,
                                         Complaints& complaints);

}  // namespace sallyport::prover
