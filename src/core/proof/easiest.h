// The easiest forms of a request: of all contexts that a caller can choose (which agent, which channel, on which day,
// after how long a wait), those in which the policy asks for least. Whoever wants to do harm picks one of them; what
// holds for these holds for all, because every other context asks for at least as much.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/policy/kinds.h"
#include "core/policy/policy.h"

namespace sallyport::proof {

struct Ask {
  Action action = Action::unlock;
  Needs needs;
  std::uint32_t tier = 0;                // of the action
  std::vector<std::uint32_t> classes;    // whose floors are joined
  std::vector<std::uint32_t> rules;      // that fired
  std::vector<std::string> context;      // "request.channel: phone", ...: an example
  TrialFacts facts;                      // the whole example
};

// Does `b` ask for at least as much as `a` in every field?
[[nodiscard]] bool at_most(const Needs& a, const Needs& b) noexcept;

// Attributes of the account that do not change with time: an account's own, whoever asks and when.
[[nodiscard]] bool belongs_to_account(Attribute attribute) noexcept;

// What is asked of this account for this action, minimal in at_most(); empty: always refused. `axes` are those of
// KindsOfRequest that the caller may choose from. A fault when there are more than `contexts_max` contexts.
inline constexpr std::uint64_t contexts_max = 1 << 22;
[[nodiscard]] Result<std::vector<Ask>> easiest(const Policy& policy, DecisionSpace& space, Action action,
                                               const TrialFacts& account, const std::vector<Axis>& axes);

}  // namespace sallyport::proof
