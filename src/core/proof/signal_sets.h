// The smallest sets of signals that open door one.
#pragma once

#include <vector>

#include "core/policy/policy.h"

namespace sallyport::proof {

// Every set of signals of `enrolled` that meets what the needs say of signals and of which no part does, smaller ones
// first, of one size by their numbers. Not those beside which the alarm that is asked for can never be raised.
[[nodiscard]] std::vector<SignalSet> smallest_sets(const Policy& policy, const Needs& needs, SignalSet enrolled);

}  // namespace sallyport::proof
