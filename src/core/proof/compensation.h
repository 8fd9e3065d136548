// What makes up for people who can be talked into saying yes. In the pessimistic reading recovery is seldom as hard as
// signing in where people stand in the way; a policy then says by an acceptance what compensates for that
// (docs/policy_language.md, acceptances), and here it is held against what the policy really asks. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/proof/verdict.h"

namespace sallyport::proof {

// What every form that recovers this account asks for, sorted. All of them, where every recovery is refused.
[[nodiscard]] std::vector<Compensation> compensations_of(const AccountForms& account);
// What both lists have. REQUIRES: both are sorted.
[[nodiscard]] std::vector<Compensation> common(const std::vector<Compensation>& a, const std::vector<Compensation>& b);

// An acceptance names something that a form of one of its accounts does not ask for.
struct NotCompensated {
  const Acceptance* accepted = nullptr;  // of the policy
  std::string account;
  Compensation compensation = Compensation::approvers;
};
[[nodiscard]] std::vector<NotCompensated> not_compensated(const Policy& policy, const Compiled& compiled);
[[nodiscard]] std::string in_words(const NotCompensated& missing);

// The classes whose recovery is not proved to be as hard as signing in when people can be talked over (it is easier, or
// cannot be compared), with the accounts of which it is not. Empty where the pessimistic reading was not asked for.
[[nodiscard]] std::map<ClassName, std::set<std::string>> classes_talked_over(const Policy& policy, const Proof& proof);

}  // namespace sallyport::proof
