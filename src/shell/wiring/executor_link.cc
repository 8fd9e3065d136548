#include "shell/wiring/executor_link.h"

#include <future>

#include "base/text.h"

namespace sallyport {
namespace {

Json account_to_json(const AccountRecord& account) {
  return Json::object({{"facts", record_to_json(account.facts)},
                       {"login", account.login},
                       {"name", account.display_name},
                       {"mail", account.mail}});
}

Result<AccountRecord> account_from_json(const Json& json) {
  SP_CHECK(json.only_keys({"facts", "login", "name", "mail"}));
  AccountRecord account;
  SP_TRY(const auto* facts, json.object_at("facts"));
  SP_TRY(account.facts, record_from_json<AccountFacts>(*facts));
  SP_TRY(account.login, json.string_at("login"));
  SP_TRY(account.display_name, json.string_at("name"));
  SP_TRY(account.mail, json.string_at("mail"));
  return account;
}

Result<CaseId> case_at(const Json& request) {
  SP_TRY(const auto text, request.string_at("case"));
  const auto id = CaseId::parse(text);
  if (!id) return fault(FaultKind::invalid, "`case` must be a case id");
  return *id;
}

// Rules on the command and waits until it is durable. A denial is an answer the executor must not
// act upon, so it travels as a fault.
Result<Json> submit_and_wait(Adjudicator& adjudicator, const CaseId& id, CaseCommand command) {
  auto promise = std::make_shared<std::promise<CaseAnswer>>();
  auto future = promise->get_future();
  adjudicator.submit(id, std::move(command), "executor", {},
                     [promise](CaseAnswer answer) { promise->set_value(std::move(answer)); });
  auto answer = future.get();
  if (!answer) return std::unexpected(std::move(answer).error());
  if (!*answer)
    return fault(FaultKind::rejected, concat(to_string((*answer).error().code), ": ", (*answer).error().detail),
                 (*answer).error().next_step);
  return Json::object({{"version", Json((**answer)->version)}});
}

}  // namespace

Result<Json> answer_executor_request(const Json& request, ActionExecutor& executor, Directory& directory,
                                     const WatchedClock& clock) {
  SP_TRY(const auto op, request.string_at("op"));
  if (op == "find_account") {
    SP_CHECK(request.only_keys({"op", "login"}));
    SP_TRY(const auto login, request.string_at("login"));
    SP_TRY(const auto account, directory.find_by_login(login, clock.now()));
    return account_to_json(account);
  }
  if (op == "execute") {
    SP_CHECK(request.only_keys({"op", "case"}));
    SP_TRY(const auto id, case_at(request));
    SP_TRY(const auto ruling, executor.execute(id));
    if (!ruling)
      return fault(FaultKind::rejected, concat(to_string(ruling.error().code), ": ", ruling.error().detail),
                   ruling.error().next_step);
    return Json::object({{"outcome", std::string(to_string(*ruling))}});
  }
  return fault(FaultKind::invalid, concat("the executor does not know `", op, "`"));
}

Result<Json> answer_recorder_request(const Json& request, Adjudicator& adjudicator) {
  SP_TRY(const auto op, request.string_at("op"));
  SP_TRY(const auto id, case_at(request));
  if (op == "record_intent") {
    SP_CHECK(request.only_keys({"op", "case", "intent"}));
    SP_TRY(const auto* json, request.object_at("intent"));
    SP_TRY(auto intent, record_from_json<IntentRecorded>(*json));
    return submit_and_wait(adjudicator, id, RecordIntent{std::move(intent)});
  }
  if (op == "record_outcome") {
    SP_CHECK(request.only_keys({"op", "case", "outcome"}));
    SP_TRY(const auto* json, request.object_at("outcome"));
    SP_TRY(auto outcome, record_from_json<OutcomeRecorded>(*json));
    return submit_and_wait(adjudicator, id, RecordOutcome{std::move(outcome)});
  }
  return fault(FaultKind::invalid, concat("the recorder does not know `", op, "`"));
}

Result<AccountRecord> ExecutorClient::find_account(std::string_view login) {
  SP_TRY(const auto answer, client_->call(Json::object({{"op", "find_account"}, {"login", std::string(login)}})));
  return account_from_json(answer);
}

Result<void> ExecutorClient::execute(const CaseId& id) {
  SP_TRY(const auto answer, client_->call(Json::object({{"op", "execute"}, {"case", id.text()}})));
  return answer.only_keys({"outcome"});
}

Result<void> RecorderClient::record_intent(const CaseId& id, const IntentRecorded& intent) {
  SP_TRY(
      const auto answer,
      client_->call(Json::object({{"op", "record_intent"}, {"case", id.text()}, {"intent", record_to_json(intent)}})));
  return answer.only_keys({"version"});
}

Result<void> RecorderClient::record_outcome(const CaseId& id, const OutcomeRecorded& outcome) {
  SP_TRY(const auto answer,
         client_->call(
             Json::object({{"op", "record_outcome"}, {"case", id.text()}, {"outcome", record_to_json(outcome)}})));
  return answer.only_keys({"version"});
}

}  // namespace sallyport
