// What loads and does nothing: a class that no account is of, a rule or a reason for points that never holds. Each is
// a slip that no error would show: the text says one thing, and the policy does without it.
#pragma once

#include <vector>

#include "core/policy/policy.h"

namespace sallyport {

inline constexpr std::uint64_t kinds_looked_at_max = 1 << 21;

// Warnings, in the order of the text. None are given when there are too many kinds of request to look at them all:
// what was not seen may be there. Asks the policy about every kind with everything known.
[[nodiscard]] std::vector<PolicyProblem> without_effect(const Policy& policy);

// A warning for each signal that no case can be given in this version. No slip: a policy may be written, tested and
// proved ahead of what the gateway can verify.
[[nodiscard]] std::vector<PolicyProblem> signals_not_taken(const Policy& policy);

}  // namespace sallyport
