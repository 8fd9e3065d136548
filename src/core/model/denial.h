// A refusal is an answer: a name from this closed list, the facts, and what to do next. It is
// recorded and shown; it is neither a fault (the world failing) nor a bug.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/record.h"

namespace sallyport {

enum class DenialCode : std::uint8_t {
  // the request does not fit the policy or the account
  action_not_in_policy,
  refused_by_rule,
  acceptance_ended,
  account_inactive,
  too_many_cases,
  policy_changed,
  account_changed,
  // the case is not in a state for it
  case_closed,
  case_expired,
  case_already_acted,
  action_differs_from_case,
  execution_in_progress,
  outcome_unknown,
  attempts_exhausted,
  // the claimant
  join_code_wrong,
  join_code_expired,
  already_joined,
  signal_not_in_policy,
  signal_not_enrolled,
  signal_not_requested,
  signal_tries_exhausted,
  code_wrong,
  code_replayed,
  code_expired,
  identity_already_verified,
  identity_not_verified,
  secret_not_sealed,
  secret_not_needed,
  // people
  role_missing,
  not_your_case,
  not_your_change,
  appointment_ended,
  requester_may_not_approve,
  requester_may_not_reject,
  holder_may_not_approve,
  attester_not_allowed,
  attester_may_not_approve,
  requester_has_left,
  subject_may_not_decide,
  approver_has_no_seat,
  approver_over_budget,
  approver_in_cooldown,
  staff_in_cooldown,
  already_approved,
  approvals_missing,
  approval_expired,
  hold_not_over,
  alarm_missing,
  list_not_allowed,
  notice_not_in_policy,
  // afterwards
  review_not_open,
  reviewer_was_involved,
  // signatures
  staff_unknown,
  credential_unknown,
  software_key_in_production,
  signature_invalid,
  statement_differs,
  // the organization
  staff_exists,
  organization_moved_on,
  change_not_open,
  reason_missing,
  operators_too_few,
  staff_not_in_proof,
  policy_unproved,
  policy_was_in_force,
  clock_behind_ledger,
  limit_reached,
  // exercises
  exercise_not_sealed,
  exercise_differs,
  exercise_not_over,
  case_is_exercise,
  case_is_no_exercise,
  clock_not_believed,
};

[[nodiscard]] std::string_view to_string(DenialCode code) noexcept;
template <>
struct EnumValues<DenialCode> {
  static const std::array<DenialCode, 73> all;
};

struct Denial {
  DenialCode code = DenialCode::limit_reached;
  std::string detail;     // one lower-case sentence with the facts, no secret, no full stop
  std::string next_step;  // what the person can do
  Json facts = Json::object();
};

template <typename T>
using Ruling = std::expected<T, Denial>;

[[nodiscard]] inline std::unexpected<Denial> deny(DenialCode code, std::string detail, std::string next_step,
                                                  Json facts = Json::object()) {
  return std::unexpected(Denial{code, std::move(detail), std::move(next_step), std::move(facts)});
}

}  // namespace sallyport
