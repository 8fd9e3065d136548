// Does a policy keep what its `guarantees` promise? Each guarantee, held for each account it is about, is a finding:
// it holds, or it is broken and somebody is shown walking through, or it cannot be compared and a person must judge.
//
//   SP_TRY(const auto proof, prove_policy(policy, population));
//   if (!proof.holds()) for (const auto& finding : proof.findings) ...
//
// What the words of a guarantee mean is in docs/prover.md, "Guarantees". Pure and deterministic.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/proof/account_prover.h"
#include "core/proof/compile.h"
#include "core/proof/story.h"

namespace sallyport::proof {

enum class Standing : std::uint8_t { holds, broken, incomparable };
[[nodiscard]] std::string_view to_string(Standing standing) noexcept;

struct Finding {
  std::string
      guarantee;  // its key in the policy; `class`: an account is not in the class it is meant for; `acceptances`
  std::size_t line = 0;   // of it
  Lines lines;            // of what it rests on, where no story tells them
  std::string account;    // a kind
  std::string about;      // the team, the thing lost; empty when the guarantee has no parts
  Standing standing = Standing::holds;
  std::string why;        // a sentence
  std::vector<Story> stories;  // at most stories_max
  std::size_t more = 0;        // ways beyond these
};
inline constexpr std::size_t stories_max = 5;

struct Proof {
  std::vector<Finding> findings;  // broken ones first; then as in the policy
  std::vector<std::string> notes;
  Compiled technical;
  std::size_t largest_family = 0;  // ways that one node of the model has and that are not as hard as signing in
  Json pessimistic;  // account -> "proved", "violated", ...: the same dominance when people can be duped
  [[nodiscard]] bool holds() const;
};

struct ProofOptions {
  bool pessimistic = true;  // the second reading too
  std::string only = {};  // judge this account alone: the others are there because people speak by them; empty: all
  bool ways_back = true;    // `no_lockout` too
};

// A fault when the model is too large to be solved: never half an answer.
[[nodiscard]] Result<Proof> prove_policy(const Policy& policy, const Population& population,
                                         const ProofOptions& options = {});

[[nodiscard]] Json to_json(const Finding& finding);

// What the prover says of each account, whatever is promised: for a comparison of two policies.
struct AccountStanding {
  std::string account;
  Dominance dominance = Dominance::proved;
  std::optional<std::size_t> people;  // how many can take it together, at the least; absent: nobody can
  std::optional<std::size_t> ways;  // for the holder, sharing nothing; absent: one needs nothing of their own
};
[[nodiscard]] Result<std::vector<AccountStanding>> standings(const Policy& policy, const Population& population);

// The accounts with a way that is strictly weaker than signing in, and nothing else: such a way has no more parts than
// the shortest way through the front door, so longer sets need not be looked at. By account, in the population's order.
[[nodiscard]] Result<std::vector<bool>> weaker_than_sign_in(const Policy& policy, const Population& population);

}  // namespace sallyport::proof
