// How a case stands at a moment: what it requires, what counts, what is missing and who can supply
// it; and whether its action may happen. The one place where that question is answered: decide(),
// the executor and the auditor all ask here.
#pragma once

#include <optional>
#include <vector>

#include "core/cases/state.h"
#include "core/organization/organization.h"
#include "core/policy/attester.h"
#include "core/policy/judge.h"

namespace sallyport {

struct Assessment {
  Required required;
  IdentityJudgement identity;    // of the verification that stands, or of the evidence so far
  bool identity_stands = false;  // door one is shut and has not lapsed
  ApprovalJudgement approvals;
  std::vector<StaffId> approvers;  // whose approval counts now
  bool alarm_raised = true;        // or none is asked for
  std::optional<Instant> hold_until;  // of the verification that stands
  std::vector<Missing> missing;    // empty: the action may happen
};

// What the policy is asked about a case, as things were when it was opened. A view of `opened` and `account`.
[[nodiscard]] PolicyQuestion question_of(const CaseOpened& opened, const AccountFacts& account, Instant opened_at);

// Denied when the policy refuses the account or action, or is not the one the case was opened under.
[[nodiscard]] Ruling<Assessment> assess(const CaseState& state, const OrganizationState& organization, Instant now);

// The permit for the next attempt, or the first thing that stands against it.
[[nodiscard]] Ruling<ActionPermitted> permit(const CaseState& state, const OrganizationState& organization,
                                             Instant now);

// Is whoever opened the case an agent still? Nobody finishes what somebody began who was dismissed.
[[nodiscard]] Ruling<void> requester_serves(const CaseOpened& opened, const OrganizationState& organization,
                                            Instant now);

// The requirement as recorded against what the policy gives. A ledger of before is silent on lists, and then took none.
[[nodiscard]] bool is_as_given(Requirement recorded, const Requirement& given);

// Is the account what the case says it was decided upon? The executor asks with what it reads in the
// directory itself: the facts in the ledger were written by the process that faces the network, and what
// a case needs follows from them. Whether a failed sign-in has locked the account meanwhile is no matter,
// as long as the policy asks the same.
[[nodiscard]] Ruling<void> is_as_recorded(const CaseOpened& opened, Instant opened_at, AccountFacts seen,
                                          const OrganizationState& organization);

// May this person approve this case at all, whatever they sign? (R13)
[[nodiscard]] Ruling<void> may_approve(const CaseState& state, const StaffMember& member,
                                       const Requirement& requirement, Instant now);
// May this person say who the claimant is, by this signal? Each signal that rests on somebody's word has its own
// person, who is neither the agent nor the holder of the case. REQUIRES: `member` has the role for it.
[[nodiscard]] Ruling<void> may_attest(const CaseState& state, const StaffMember& member, const SignalName& signal,
                                      Attester who);
// Against the policy's budget and cooldown, as things were when they approved.
[[nodiscard]] Ruling<void> within_limits(const Limits& limits, const ApproverFacts& approver);

// Does this outcome begin its holder's cooldown as an approver? What is not known to have failed may have happened.
[[nodiscard]] bool begins_cooldown(const CaseState& before, const OutcomeRecorded& outcome) noexcept;

}  // namespace sallyport
