// Rules that could be left out without changing a decision: whenever such a rule holds, floors and other rules ask for
// as much anyway, or refuse. Somebody reads it, and believes that it does something.
//
// What is told is so: every request that the conditions in question tell apart is looked at, also those of which what
// the rule reads is not known. What is not told may be so all the same: of a rule whose condition asks has(), or
// compares the points with another number, nothing is said, and neither of one with which other conditions tell more
// requests apart than are looked at. Three things are tried, the simplest first: floors alone; floors and one other
// rule; floors and all other rules.
#pragma once

#include <cstdint>
#include <vector>

#include "core/policy/policy.h"

namespace sallyport {

inline constexpr std::uint64_t covered_kinds_max = 1 << 15;  // of requests, for one question
inline constexpr std::uint64_t covered_steps_max = 1 << 25;  // in all, a second or two; the rest is not looked at

// Warnings, in the order of the text, each with the rules or floors that ask for as much and their lines. All of them
// can be left out at once: of two rules that ask the same, the later is told.
[[nodiscard]] std::vector<PolicyProblem> covered_rules(const Policy& policy);

}  // namespace sallyport
