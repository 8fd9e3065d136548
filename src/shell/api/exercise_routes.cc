// Live exercises. Operators alone are told of one that is sealed; what was opened stands in the ledger.
#include <charconv>

#include "base/limits.h"
#include "base/text.h"
#include "shell/api/call.h"

namespace sallyport {
namespace {

constexpr std::size_t login_length_max = 256;

Result<std::uint64_t> exercise_at(const Call& call) {
  const auto& text = call.path.front();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size()) return number;
  return fault(FaultKind::not_found, "there is no such exercise", "see `sallyport drill exercises`");
}

Result<Instant> instant_at(const Json& json, std::string_view key) {
  SP_TRY(const auto text, json.string_at(key));
  const auto at = instant_from_rfc3339(text);
  if (!at) return fault(FaultKind::invalid, concat("`", key, "` must be a time"), "write 2026-01-31T09:00:00.000Z");
  return *at;
}

struct Asked {
  std::string login;
  ExercisePlan plan;  // without account and salt
};

Result<Asked> asked_in(const Json& json) {
  SP_CHECK(json.only_keys({"account", "action", "from", "until", "pretext", "team"}));
  Asked out;
  SP_TRY(out.login, json.string_at("account"));
  if (out.login.empty() || out.login.size() > login_length_max)
    return fault(FaultKind::invalid, "`account` must be a login", "as the agent would be told it");
  if (json.find("action") != nullptr) {
    SP_TRY(const auto text, json.string_at("action"));
    out.plan.action = action_from_text(text);
    if (!out.plan.action)
      return fault(FaultKind::invalid, concat("`", text, "` is not an action"), "such as password_reset or unlock");
  }
  if (json.find("team") != nullptr) {
    SP_TRY(const auto text, json.string_at("team"));
    out.plan.team = TeamId::parse(text);
    if (!out.plan.team) return fault(FaultKind::invalid, "`team` must be an id", "as in the organization file");
  }
  SP_TRY(out.plan.from, instant_at(json, "from"));
  SP_TRY(out.plan.until, instant_at(json, "until"));
  SP_TRY(out.plan.pretext, json.string_at("pretext"));
  return out;
}

// What is to be signed. `change` is not signed yet.
void answer_statement(const Call& call, const OrganizationState& organization, const OrganizationChange& change,
                      Json answer) {
  const auto statement = change_statement(organization, change);
  answer.set("number", Json(organization.changes + 1))
      .set("statement", statement)
      .set("challenge", to_base64url(challenge_of(change_domain, statement)))
      .set("credential_id", to_base64url(call.staff().passkey.credential_id))
      .set("rp_id", organization.opened.rp_id);
  call.answer(200, answer);
}

ChangeSignature unsigned_yet(const Call& call, const OrganizationState& organization) {
  return {organization.changes + 1, call.staff().id, {}};
}

void state_start(const Call& call) {
  const auto* json = call.body.find("start");
  auto asked = asked_in(*json);
  if (!asked) return call.fail(asked.error());
  const bool taken = call.parts.background.run([call, asked = *std::move(asked)] {
    const auto account = call.parts.executor.find_account(asked.login);
    if (!account) return call.fail(account.error());
    auto plan = asked.plan;
    plan.directory = account->facts.directory;
    plan.account = account->facts.account;
    const auto drawn = call.parts.exercises.draw_up(std::move(plan));
    if (!drawn) return call.fail(drawn.error());
    if (!*drawn) return call.refuse((*drawn).error());
    const auto organization = call.parts.adjudicator.organization();
    answer_statement(call, *organization,
                     ExerciseSealed{commitment_of(**drawn), (*drawn)->until, unsigned_yet(call, *organization)},
                     Json::object({{"plan", record_to_json(**drawn)}}));
  });
  if (!taken)
    call.fail({FaultKind::unavailable, "too many requests are waiting for the directory", "try again in a moment"});
}

void state_open(const Call& call) {
  const auto number = call.body.int_at("open");
  if (!number) return call.fail(number.error());
  const auto plan = call.parts.exercises.plan_of(static_cast<std::uint64_t>(*number));
  if (!plan) return call.fail(plan.error());
  if (!*plan) return call.refuse((*plan).error());
  const auto organization = call.parts.adjudicator.organization();
  answer_statement(call, *organization,
                   ExerciseOpened{static_cast<std::uint64_t>(*number), **plan, {}, unsigned_yet(call, *organization)},
                   Json::object());
}

// What a signed request carries beside the rest.
Result<ChangeSignature> signature_in(const Call& call) {
  SP_TRY(const auto number, call.body.int_at("number"));
  if (number < 1) return fault(FaultKind::invalid, "`number` must be that of the statement");
  SP_TRY(auto assertion, assertion_of(call.body));
  return ChangeSignature{static_cast<std::uint64_t>(number), call.staff().id, std::move(assertion)};
}

Json as_json(std::uint64_t number, const SealedExercise& exercise) {
  const auto* opened = exercise.opened ? &*exercise.opened : nullptr;
  Json json = Json::object({{"number", Json(number)},
                            {"by", exercise.by.text()},
                            {"commitment", to_hex(exercise.commitment)},
                            {"sealed_at", to_rfc3339(exercise.sealed_at)},
                            {"ends_at", to_rfc3339(exercise.ends_at)},
                            {"opened_at", opened == nullptr ? Json() : Json(to_rfc3339(opened->at))},
                            {"opened_by", opened == nullptr || !opened->by ? Json() : Json(opened->by->text())}});
  if (opened == nullptr) return json;
  Json cases = Json::array();
  for (const auto& id : opened->cases) cases.push(id.text());
  json.set("plan", record_to_json(opened->plan));
  json.set("cases", std::move(cases));
  return json;
}

void answer_score(const Call& call, std::uint64_t number, Whom whom) {
  const auto score = call.parts.exercises.score(number);
  if (!score) return call.fail(score.error());
  if (!*score) return call.refuse((*score).error());
  const auto organization = call.parts.adjudicator.organization();
  auto json = as_json(number, organization->exercises.find(number)->second);  // score() found it
  json.set("score", to_json(**score, whom));
  call.answer(200, json);
}

}  // namespace

namespace routes {

void exercise_statement(const Call& call) {
  if (auto ok = call.body.only_keys({"start", "open"}); !ok) return call.fail(ok.error());
  const auto* start = call.body.find("start");
  if ((start == nullptr) == (call.body.find("open") == nullptr))
    return call.fail({FaultKind::invalid, "exactly one of `start` and `open` must be given", "see docs/api/http.md"});
  if (start == nullptr) return state_open(call);
  if (!start->is_object()) return call.fail({FaultKind::invalid, "`start` must be an object", "see docs/api/http.md"});
  state_start(call);
}

void start_exercise(const Call& call) {
  if (auto ok = call.body.only_keys({"plan", "number", "assertion"}); !ok) return call.fail(ok.error());
  auto signature = signature_in(call);
  if (!signature) return call.fail(signature.error());
  const auto json = call.body.object_at("plan");
  if (!json) return call.fail(json.error());
  auto plan = record_from_json<ExercisePlan>(**json);
  if (!plan) return call.fail(plan.error());
  const auto number = signature->number;
  call.parts.exercises.start(*std::move(plan), *std::move(signature), [call, number](Result<Ruling<void>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    const auto organization = call.parts.adjudicator.organization();
    call.answer(201, as_json(number, organization->exercises.find(number)->second));
  });
}

void list_exercises(const Call& call) {
  const auto organization = call.parts.adjudicator.organization();
  Json list = Json::array();
  for (const auto& [number, exercise] : organization->exercises) list.push(as_json(number, exercise));
  call.answer(200, Json::object({{"exercises", std::move(list)}}));
}

void open_exercise(const Call& call) {
  if (auto ok = call.body.only_keys({"number", "assertion"}); !ok) return call.fail(ok.error());
  const auto exercise = exercise_at(call);
  if (!exercise) return call.fail(exercise.error());
  auto signature = signature_in(call);
  if (!signature) return call.fail(signature.error());
  call.parts.exercises.open(*exercise, *std::move(signature), [call, number = *exercise](Result<Ruling<void>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    answer_score(call, number, Whom::teams);
  });
}

void exercise_score(const Call& call) {
  const auto exercise = exercise_at(call);
  if (!exercise) return call.fail(exercise.error());
  const auto& query = call.request.query;
  const auto by = query.find("by");
  if (by != query.end() && by->second != "team" && by->second != "person")
    return call.fail({FaultKind::invalid, "`by` must be team or person", "leave it out for teams"});
  answer_score(call, *exercise, by != query.end() && by->second == "person" ? Whom::persons : Whom::teams);
}

}  // namespace routes
}  // namespace sallyport
