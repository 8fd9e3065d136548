// One request on its way through a route: who asks, what was sent, and how to answer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/model/denial.h"
#include "core/model/staff.h"
#include "shell/api/api.h"
#include "shell/http/message.h"

namespace sallyport {

struct Call {
  ApiParts& parts;
  Api& api;
  HttpRequest request;
  std::shared_ptr<HttpReply> reply;  // shared, so that a callback may be copied; used once
  std::optional<StaffDesk::Session> session;
  std::optional<CaseId> claimant_case;
  std::string token;
  Json body;                     // of a POST; an object
  std::vector<std::string> path;  // the segments that the route's {..} matched

  void answer(int status, const Json& json) const;
  void answer_text(std::string text) const;
  void no_content() const;
  void fail(const Fault& fault) const;
  void refuse(const Denial& denial) const;

  [[nodiscard]] const StaffMember& staff() const { return session->member; }
  [[nodiscard]] std::optional<CaseId> case_id() const { return CaseId::parse(path.front()); }
};

// Fault and denial as RFC 9457 problems, with the status that fits.
[[nodiscard]] HttpResponse as_problem(const Fault& fault);
[[nodiscard]] HttpResponse as_problem(const Denial& denial);
[[nodiscard]] HttpResponse auth_problem(int status, std::string_view reason, std::string_view detail,
                                        std::string_view next_step);

[[nodiscard]] Result<SignedAssertion> assertion_of(const Json& body);
[[nodiscard]] Result<std::uint64_t> number_in_query(const Call& call, const std::string& key);

// A case for staff, and for its claimant (who learns nothing of rules, approvers or directories).
[[nodiscard]] Json case_for_staff(const ApiParts& parts, const CaseState& state);
[[nodiscard]] Json case_for_claimant(const ApiParts& parts, const CaseState& state);

// The routes' handlers, by who they serve.
namespace routes {
void health(const Call& call);
void ledger_opened(const Call& call);
void sign_in_challenge(const Call& call);
void sign_in(const Call& call);
void sign_out(const Call& call);
void me(const Call& call);
void open_case(const Call& call);
void list_cases(const Call& call);
void show_case(const Call& call);
void cancel_case(const Call& call);
void object_to_case(const Call& call);
void execute_case(const Call& call);
void case_statement(const Call& call);
void approve_case(const Call& call);
void approve_list(const Call& call);
void list_reviews(const Call& call);
void review_statements(const Call& call);
void review_cases(const Call& call);
void deny_case(const Call& call);
void case_timeline(const Call& call);
void list_staff(const Call& call);
void change_statement_of(const Call& call);
void make_change(const Call& call);
void list_changes(const Call& call);
void show_change(const Call& call);
void show_policy(const Call& call);
void explain_policy(const Call& call);
void invite(const Call& call);
void exercise_statement(const Call& call);
void start_exercise(const Call& call);
void list_exercises(const Call& call);
void open_exercise(const Call& call);
void exercise_score(const Call& call);
void ledger_checkpoint(const Call& call);
void ledger_entries(const Call& call);
void ledger_proof(const Call& call);
void ledger_consistency(const Call& call);
void log_checkpoint(const Call& call);
void log_hash_tile(const Call& call);
void log_entries_tile(const Call& call);
void claimant_join(const Call& call);
void claimant_case(const Call& call);
void claimant_request_mail_code(const Call& call);
void claimant_give(const Call& call);
void claimant_executor_key(const Call& call);
void claimant_seal(const Call& call);
void claimant_enrol(const Call& call);
}  // namespace routes

}  // namespace sallyport
