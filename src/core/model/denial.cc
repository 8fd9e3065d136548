#include "core/model/denial.h"

namespace sallyport {

std::string_view to_string(DenialCode code) noexcept {
  switch (code) {
    case DenialCode::action_not_in_policy: return "action_not_in_policy";
    case DenialCode::refused_by_rule: return "refused_by_rule";
    case DenialCode::acceptance_ended: return "acceptance_ended";
    case DenialCode::account_inactive: return "account_inactive";
    case DenialCode::too_many_cases: return "too_many_cases";
    case DenialCode::policy_changed: return "policy_changed";
    case DenialCode::account_changed: return "account_changed";
    case DenialCode::case_closed: return "case_closed";
    case DenialCode::case_expired: return "case_expired";
    case DenialCode::case_already_acted: return "case_already_acted";
    case DenialCode::action_differs_from_case: return "action_differs_from_case";
    case DenialCode::execution_in_progress: return "execution_in_progress";
    case DenialCode::outcome_unknown: return "outcome_unknown";
    case DenialCode::attempts_exhausted: return "attempts_exhausted";
    case DenialCode::join_code_wrong: return "join_code_wrong";
    case DenialCode::join_code_expired: return "join_code_expired";
    case DenialCode::already_joined: return "already_joined";
    case DenialCode::signal_not_in_policy: return "signal_not_in_policy";
    case DenialCode::signal_not_enrolled: return "signal_not_enrolled";
    case DenialCode::signal_not_requested: return "signal_not_requested";
    case DenialCode::signal_tries_exhausted: return "signal_tries_exhausted";
    case DenialCode::code_wrong: return "code_wrong";
    case DenialCode::code_replayed: return "code_replayed";
    case DenialCode::code_expired: return "code_expired";
    case DenialCode::identity_already_verified: return "identity_already_verified";
    case DenialCode::identity_not_verified: return "identity_not_verified";
    case DenialCode::secret_not_sealed: return "secret_not_sealed";
    case DenialCode::secret_not_needed: return "secret_not_needed";
    case DenialCode::role_missing: return "role_missing";
    case DenialCode::not_your_case: return "not_your_case";
    case DenialCode::not_your_change: return "not_your_change";
    case DenialCode::appointment_ended: return "appointment_ended";
    case DenialCode::requester_may_not_approve: return "requester_may_not_approve";
    case DenialCode::requester_may_not_reject: return "requester_may_not_reject";
    case DenialCode::holder_may_not_approve: return "holder_may_not_approve";
    case DenialCode::attester_not_allowed: return "attester_not_allowed";
    case DenialCode::attester_may_not_approve: return "attester_may_not_approve";
    case DenialCode::requester_has_left: return "requester_has_left";
    case DenialCode::subject_may_not_decide: return "subject_may_not_decide";
    case DenialCode::approver_has_no_seat: return "approver_has_no_seat";
    case DenialCode::approver_over_budget: return "approver_over_budget";
    case DenialCode::approver_in_cooldown: return "approver_in_cooldown";
    case DenialCode::staff_in_cooldown: return "staff_in_cooldown";
    case DenialCode::already_approved: return "already_approved";
    case DenialCode::approvals_missing: return "approvals_missing";
    case DenialCode::approval_expired: return "approval_expired";
    case DenialCode::hold_not_over: return "hold_not_over";
    case DenialCode::alarm_missing: return "alarm_missing";
    case DenialCode::list_not_allowed: return "list_not_allowed";
    case DenialCode::notice_not_in_policy: return "notice_not_in_policy";
    case DenialCode::review_not_open: return "review_not_open";
    case DenialCode::reviewer_was_involved: return "reviewer_was_involved";
    case DenialCode::staff_unknown: return "staff_unknown";
    case DenialCode::credential_unknown: return "credential_unknown";
    case DenialCode::software_key_in_production: return "software_key_in_production";
    case DenialCode::signature_invalid: return "signature_invalid";
    case DenialCode::statement_differs: return "statement_differs";
    case DenialCode::staff_exists: return "staff_exists";
    case DenialCode::organization_moved_on: return "organization_moved_on";
    case DenialCode::change_not_open: return "change_not_open";
    case DenialCode::reason_missing: return "reason_missing";
    case DenialCode::operators_too_few: return "operators_too_few";
    case DenialCode::staff_not_in_proof: return "staff_not_in_proof";
    case DenialCode::policy_unproved: return "policy_unproved";
    case DenialCode::policy_was_in_force: return "policy_was_in_force";
    case DenialCode::clock_behind_ledger: return "clock_behind_ledger";
    case DenialCode::limit_reached: return "limit_reached";
    case DenialCode::exercise_not_sealed: return "exercise_not_sealed";
    case DenialCode::exercise_differs: return "exercise_differs";
    case DenialCode::exercise_not_over: return "exercise_not_over";
    case DenialCode::case_is_exercise: return "case_is_exercise";
    case DenialCode::case_is_no_exercise: return "case_is_no_exercise";
    case DenialCode::clock_not_believed: return "clock_not_believed";
  }
  return "";
}

const std::array<DenialCode, 73> EnumValues<DenialCode>::all{
    DenialCode::action_not_in_policy,
    DenialCode::refused_by_rule,
    DenialCode::acceptance_ended,
    DenialCode::account_inactive,
    DenialCode::too_many_cases,
    DenialCode::policy_changed,
    DenialCode::account_changed,
    DenialCode::case_closed,
    DenialCode::case_expired,
    DenialCode::case_already_acted,
    DenialCode::action_differs_from_case,
    DenialCode::execution_in_progress,
    DenialCode::outcome_unknown,
    DenialCode::attempts_exhausted,
    DenialCode::join_code_wrong,
    DenialCode::join_code_expired,
    DenialCode::already_joined,
    DenialCode::signal_not_in_policy,
    DenialCode::signal_not_enrolled,
    DenialCode::signal_not_requested,
    DenialCode::signal_tries_exhausted,
    DenialCode::code_wrong,
    DenialCode::code_replayed,
    DenialCode::code_expired,
    DenialCode::identity_already_verified,
    DenialCode::identity_not_verified,
    DenialCode::secret_not_sealed,
    DenialCode::secret_not_needed,
    DenialCode::role_missing,
    DenialCode::not_your_case,
    DenialCode::not_your_change,
    DenialCode::appointment_ended,
    DenialCode::requester_may_not_approve,
    DenialCode::requester_may_not_reject,
    DenialCode::holder_may_not_approve,
    DenialCode::attester_not_allowed,
    DenialCode::attester_may_not_approve,
    DenialCode::requester_has_left,
    DenialCode::subject_may_not_decide,
    DenialCode::approver_has_no_seat,
    DenialCode::approver_over_budget,
    DenialCode::approver_in_cooldown,
    DenialCode::staff_in_cooldown,
    DenialCode::already_approved,
    DenialCode::approvals_missing,
    DenialCode::approval_expired,
    DenialCode::hold_not_over,
    DenialCode::alarm_missing,
    DenialCode::list_not_allowed,
    DenialCode::notice_not_in_policy,
    DenialCode::review_not_open,
    DenialCode::reviewer_was_involved,
    DenialCode::staff_unknown,
    DenialCode::credential_unknown,
    DenialCode::software_key_in_production,
    DenialCode::signature_invalid,
    DenialCode::statement_differs,
    DenialCode::staff_exists,
    DenialCode::organization_moved_on,
    DenialCode::change_not_open,
    DenialCode::reason_missing,
    DenialCode::operators_too_few,
    DenialCode::staff_not_in_proof,
    DenialCode::policy_unproved,
    DenialCode::policy_was_in_force,
    DenialCode::clock_behind_ledger,
    DenialCode::limit_reached,
    DenialCode::exercise_not_sealed,
    DenialCode::exercise_differs,
    DenialCode::exercise_not_over,
    DenialCode::case_is_exercise,
    DenialCode::case_is_no_exercise,
    DenialCode::clock_not_believed,
};

}  // namespace sallyport
