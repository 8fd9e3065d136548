// Does a policy fit the organization that it is held against? A policy names teams, seats and organizations that
// nothing in its own text defines: `outside: help_dsk`, where the team is called `help_desk`, loads, and lets everybody
// approve. The organization file knows them all, so a name that it does not know is told as a slip, with its place in
// the policy; and so is a seat that nobody there could ever fill.
//
//   const auto problems = misfits(policy, population);
//   if (has_errors(problems)) ...                        // refuse it
//
// For drafts: what checks, proves, drills or proposes a policy asks. Whoever reads what is in force does not: a team
// that was dissolved since must not stop a site. Pure.
#pragma once

#include <span>
#include <vector>

#include "core/policy/policy.h"
#include "core/proof/grouping.h"
#include "core/proof/population.h"

namespace sallyport::proof {

// In the order of the policy's text. A warning is what may well be meant: a seat that is vacant now (its people have
// `count: 0`), and a condition that names a team or an organization which is not there. `accounts`: of a directory,
// beside those of the organization file: with them also a group that no account is in. An assumed organization fits
// every policy.
[[nodiscard]] std::vector<PolicyProblem> misfits(const Policy& policy, const Population& population,
                                                 std::span<const AccountRecord> accounts = {});

[[nodiscard]] bool has_errors(std::span<const PolicyProblem> problems);

}  // namespace sallyport::proof
