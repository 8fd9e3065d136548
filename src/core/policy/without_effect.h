// What loads and does nothing: a class that no account is of, a rule or a reason for points that never holds. Each is
// a slip that no error would show: the text says one thing, and the policy does without it.
#pragma once

#include <vector>

#include "core/policy/policy.h"

namespace sallyport {

inline constexpr std::uint64_t kinds_looked_at_max = 1 << 21;

// Warnings, in the order of the text. Each condition is asked about every kind of request that it tells apart itself;
// of one that tells more apart than this nothing is said but that it was not looked at. Everything is taken as known.
[[nodiscard]] std::vector<PolicyProblem> without_effect(const Policy& policy);

// A warning for each signal that no case can be given in this version. No slip: a policy may be written, tested and
// proved ahead of what the gateway can verify.
[[nodiscard]] std::vector<PolicyProblem> signals_not_taken(const Policy& policy);

}  // namespace sallyport
