// Measures what a case has against what it needs, in the form that cases and auditors use: which
// evidence counts and why, which seats are filled, what is missing and who can supply it. Pure
// arithmetic over values (weigh.h); knows nothing of events, ledgers or signatures (a signature is
// checked before an approval gets here).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/model/evidence.h"
#include "core/policy/policy.h"
#include "core/policy/weigh.h"
#include "core/policy/words.h"

namespace sallyport {

struct EvidenceVerdict {
  std::uint32_t number = 0;
  bool counts = false;
  std::string why;  // "counts", "the authenticator was bound 2h ago, the policy asks 3d", ...
};

struct IdentityJudgement {
  bool satisfied = false;
  bool strong = false;                   // a strong signal is among those counted
  std::vector<std::uint32_t> counted;    // numbers of the evidence that counts, ascending
  std::vector<EvidenceVerdict> verdicts;  // one for each piece of evidence
  std::vector<Missing> missing;
};

// Which evidence counts at `now`, before door one has shut. Evidence counts when it passed, is fresh,
// its enrolment is old enough, the data behind it has stood long enough, it does not rest on the
// account itself, and no two counted pieces rest on a common thing. Of all independent sets the
// one with the most of what is required is taken; earlier evidence wins ties.
[[nodiscard]] IdentityJudgement judge_identity(const Policy& policy, const Requirement& requirement,
                                               std::span<const Evidence> evidence, Instant now);

struct ApprovalJudgement {
  bool satisfied = false;
  std::vector<Missing> missing;
};

// Every seat of every constraint is filled by another person (a matching, not a count).
[[nodiscard]] ApprovalJudgement judge_approvals(const Requirement& requirement, const AccountFacts& account,
                                                std::span<const ApproverFacts> approvers);
// Could this person fill any seat at all?
[[nodiscard]] bool fits_a_seat(const Requirement& requirement, const AccountFacts& account,
                               const ApproverFacts& approver);

}  // namespace sallyport
