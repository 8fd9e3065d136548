#include "shell/api/call.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "core/cases/assess.h"
#include "shell/http/problem.h"

namespace sallyport {
namespace {

int status_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::invalid: return 400;
    case FaultKind::not_found: return 404;
    case FaultKind::conflict: return 409;
    case FaultKind::rejected: return 502;
    case FaultKind::unavailable:
    case FaultKind::corrupt:
    case FaultKind::unknown: return 503;
  }
  return 500;
}

int status_of(DenialCode code) {
  switch (code) {
    case DenialCode::signal_tries_exhausted:
    case DenialCode::too_many_cases:
    case DenialCode::attempts_exhausted:
    case DenialCode::approver_over_budget:
    case DenialCode::limit_reached: return 429;
    case DenialCode::case_expired:
    case DenialCode::code_expired:
    case DenialCode::join_code_expired:
    case DenialCode::approval_expired: return 410;
    case DenialCode::case_closed:
    case DenialCode::case_already_acted:
    case DenialCode::already_joined:
    case DenialCode::already_approved:
    case DenialCode::execution_in_progress:
    case DenialCode::outcome_unknown:
    case DenialCode::identity_already_verified:
    case DenialCode::organization_moved_on:
    case DenialCode::change_not_open:
    case DenialCode::exercise_not_sealed:
    case DenialCode::exercise_differs:
    case DenialCode::exercise_not_over:
    case DenialCode::case_is_exercise:
    case DenialCode::case_is_no_exercise:
    case DenialCode::operators_too_few:
    case DenialCode::staff_not_in_proof:
    case DenialCode::policy_unproved:
    case DenialCode::policy_was_in_force:
    case DenialCode::staff_exists:
    case DenialCode::policy_changed:
    case DenialCode::account_changed:
    case DenialCode::requester_has_left:
    case DenialCode::hold_not_over:
    case DenialCode::alarm_missing:
    case DenialCode::review_not_open:
    case DenialCode::approvals_missing:
    case DenialCode::identity_not_verified:
    case DenialCode::secret_not_sealed: return 409;
    case DenialCode::clock_behind_ledger:
    case DenialCode::clock_not_believed: return 503;
    case DenialCode::action_not_in_policy:
    case DenialCode::list_not_allowed:
    case DenialCode::notice_not_in_policy:
    case DenialCode::reviewer_was_involved:
    case DenialCode::refused_by_rule:
    case DenialCode::acceptance_ended:
    case DenialCode::approver_in_cooldown:
    case DenialCode::staff_in_cooldown:
    case DenialCode::account_inactive:
    case DenialCode::action_differs_from_case:
    case DenialCode::join_code_wrong:
    case DenialCode::signal_not_in_policy:
    case DenialCode::signal_not_enrolled:
    case DenialCode::signal_not_requested:
    case DenialCode::code_wrong:
    case DenialCode::code_replayed:
    case DenialCode::secret_not_needed:
    case DenialCode::role_missing:
    case DenialCode::not_your_case:
    case DenialCode::not_your_change:
    case DenialCode::appointment_ended:
    case DenialCode::requester_may_not_approve:
    case DenialCode::requester_may_not_reject:
    case DenialCode::reason_missing:
    case DenialCode::holder_may_not_approve:
    case DenialCode::attester_not_allowed:
    case DenialCode::attester_may_not_approve:
    case DenialCode::subject_may_not_decide:
    case DenialCode::approver_has_no_seat:
    case DenialCode::staff_unknown:
    case DenialCode::credential_unknown:
    case DenialCode::software_key_in_production:
    case DenialCode::signature_invalid:
    case DenialCode::statement_differs: return 403;
  }
  return 403;
}

Json nullable(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json last_outcome_of(const CaseState& state) {
  if (!state.last_outcome) return {};
  const auto& o = *state.last_outcome;
  return Json::object({{"outcome", std::string(to_string(o.outcome))}, {"refusal", o.refusal}, {"detail", o.detail}});
}

Json evidence_list(const CaseState& state, const IdentityJudgement* judged) {
  Json list = Json::array();
  for (const auto& e : state.evidence) {
    Json item = Json::object({{"number", Json(e.number)},
                              {"signal", e.signal.text()},
                              {"result", std::string(to_string(e.result))},
                              {"at", to_rfc3339(e.at)}});
    if (judged != nullptr && e.number <= judged->verdicts.size()) {
      const auto& verdict = judged->verdicts[e.number - 1];
      item.set("counts", verdict.counts);
      item.set("why", verdict.why);
    }
    list.push(std::move(item));
  }
  return list;
}

std::string claimant_message(const CaseState& state) {
  if (state.last_outcome && state.last_outcome->refusal == "password_rejected" && !state.closed)
    return concat("the directory refused the new password: ", state.last_outcome->detail, "; choose another");
  if (!state.closed) return "";
  switch (state.closed->result) {
    case CaseResult::done: return "done";
    case CaseResult::failed:
      return concat("it could not be done", state.closed->detail.empty() ? "" : ": ", state.closed->detail);
    case CaseResult::cancelled: return "the case was cancelled";
    case CaseResult::expired: return "the case took too long and has expired";
    case CaseResult::denied: return "the request was denied";
    case CaseResult::exercise: return "this was an exercise, and nothing was changed";
  }
  return "";
}

}  // namespace

HttpResponse as_problem(const Fault& fault) {
  // What is wrong inside the server is for its log; the caller learns what they can act on.
  const bool inside = fault.kind == FaultKind::corrupt;
  return problem(status_of(fault.kind), concat("fault:", to_string(fault.kind)), to_string(fault.kind),
                 inside ? "the server's data are damaged" : fault.what, inside ? "tell the operators" : fault.next_step,
                 Json::object());
}

HttpResponse as_problem(const Denial& denial) {
  return problem(status_of(denial.code), concat("denial:", to_string(denial.code)), to_string(denial.code),
                 denial.detail, denial.next_step, denial.facts);
}

HttpResponse auth_problem(int status, std::string_view reason, std::string_view detail, std::string_view next_step) {
  return problem(status, concat("auth:", reason), reason, detail, next_step, Json::object());
}

void Call::answer(int status, const Json& json) const {
  HttpResponse response;
  response.status = status;
  response.body = to_text(json);
  (*reply)(std::move(response));
}

void Call::answer_text(std::string text) const {
  HttpResponse response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  (*reply)(std::move(response));
}

void Call::no_content() const {
  HttpResponse response;
  response.status = 204;
  response.content_type.clear();
  (*reply)(std::move(response));
}

void Call::fail(const Fault& fault) const { (*reply)(as_problem(fault)); }
void Call::refuse(const Denial& denial) const { (*reply)(as_problem(denial)); }

Result<SignedAssertion> assertion_of(const Json& body) {
  SP_TRY(const auto* json, body.object_at("assertion"));
  return record_from_json<SignedAssertion>(*json);
}

Result<std::uint64_t> number_in_query(const Call& call, const std::string& key) {
  const auto found = call.request.query.find(key);
  std::uint64_t value = 0;
  if (found != call.request.query.end()) {
    const auto& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;
  }
  return fault(FaultKind::invalid, concat("`", key, "` must be a whole number"), concat("write ?", key, "=0"));
}

namespace {

// Null: nobody has to review it, or it has done nothing yet.
Json review_of(const CaseState& state, Instant now) {
  if (!state.review_due && !state.review) return {};
  Json out = Json::object({{"due", state.review_due ? Json(to_rfc3339(*state.review_due)) : Json()},
                           {"overdue", state.review_due && !state.review && *state.review_due < now},
                           {"verdict", Json()},
                           {"by", Json()}});
  if (!state.review) return out;
  out.set("verdict", std::string(to_string(state.review->verdict)));
  out.set("by", state.review->by.text());
  return out;
}

}  // namespace

Json case_for_staff(const ApiParts& parts, const CaseState& state) {
  const auto& o = state.opened;
  const auto organization = parts.adjudicator.organization();
  const auto now = std::max(parts.adjudicator.now(), state.last_at);
  const auto assessment = assess(state, *organization, now);
  Json missing = Json::array();
  if (assessment && !state.closed)
    for (const auto& m : assessment->missing) missing.push(record_to_json(m));
  Json approvals = Json::array();
  for (const auto& a : state.approvals) approvals.push(a.by.text());
  Json account = Json::object({{"directory", o.account.directory.text()}, {"account", o.account.account.text()}});
  if (const auto material = parts.claimants.private_material(state.id)) {
    account.set("login", material->login);
    account.set("name", material->name);
  }
  Json json = Json::object({{"case", state.id.text()},
                            {"phase", std::string(to_string(phase_of(state)))},
                            {"action", std::string(to_string(o.action))},
                            {"class", o.account_class.text()},
                            {"tier", assessment ? Json(assessment->required.action_tier.text()) : Json()},
                            {"account", std::move(account)},
                            {"requested_by", o.requested_by.text()},
                            {"channel", o.channel},
                            {"ticket", o.ticket},
                            {"opened_at", to_rfc3339(state.opened_at)},
                            {"expires_at", to_rfc3339(o.expires_at)},
                            {"requirement", record_to_json(o.requirement)},
                            {"missing", std::move(missing)},
                            {"evidence", evidence_list(state, assessment ? &assessment->identity : nullptr)},
                            {"approvals", std::move(approvals)},
                            {"outcome", last_outcome_of(state)},
                            {"detail", state.closed ? state.closed->detail : std::string()},
                            {"version", Json(state.version)}});
  const auto hold_until = assessment && !state.closed ? assessment->hold_until : std::nullopt;
  json.set("hold_until", hold_until && now < *hold_until ? Json(to_rfc3339(*hold_until)) : Json());
  Json notices = Json::array();
  for (const auto& notice : state.notices)
    notices.push(Json::object({{"way", notice.way.text()}, {"at", to_rfc3339(notice.at)}}));
  json.set("notices", std::move(notices));
  json.set("objections", Json(std::uint64_t{state.objections}));
  json.set("review", review_of(state, now));
  json.set("result", state.closed ? Json(std::string(to_string(state.closed->result))) : Json());
  return json;
}

Json case_for_claimant(const ApiParts& parts, const CaseState& state) {
  const auto organization = parts.adjudicator.organization();
  const auto assessment = assess(state, *organization, std::max(parts.adjudicator.now(), state.last_at));
  Json missing = Json::array();
  if (assessment && !state.closed)
    for (const auto& m : assessment->missing)
      missing.push(m.who == "claimant" ? record_to_json(m)
                                       : Json::object({{"what", "the help desk's part"}, {"who", m.who}}));
  const bool needs_password = needs_sealed_secret(state.opened.action) && !state.secret && !state.closed &&
                              assessment && assessment->identity_stands && !state.intent;
  return Json::object({{"case", state.id.text()},
                       {"action", std::string(to_string(state.opened.action))},
                       {"phase", std::string(to_string(phase_of(state)))},
                       {"missing", std::move(missing)},
                       {"needs_password", needs_password},
                       {"result", state.closed ? Json(std::string(to_string(state.closed->result))) : Json()},
                       {"message", nullable(claimant_message(state))},
                       {"version", Json(state.version)}});
}

}  // namespace sallyport
