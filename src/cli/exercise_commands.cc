#include "cli/exercise_commands.h"

#include <chrono>

#include "base/text.h"
#include "cli/passkey_file.h"
#include "cli/signing.h"
#include "core/organization/organization.h"

namespace sallyport::cli {
namespace {

Instant now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Instant{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

std::unexpected<Problem> not_signed(std::string_view what) {
  return std::unexpected(Problem(
      Fault{FaultKind::rejected, concat("nothing was signed: ", what), "do not sign; tell whoever runs the server"}));
}

// Signs what the server states, if it is `expected` beside ledger, number and signer.
Answer<Json> sign_statement(Api& api, const Json& answer, const SoftwarePasskey& passkey, const Json& expected) {
  SP_TRY(const auto opened, api.get("/v1/ledger/opened"));
  SP_TRY(const auto number, answer.int_at("number"));
  SP_TRY(const auto statement, answer.string_at("statement"));
  SP_TRY(const auto challenge, answer.string_at("challenge"));
  SP_TRY(const auto stated, read_statement(change_domain, statement, challenge));
  auto whole = expected;
  whole.set("ledger", shown(opened, "origin")).set("number", Json(number)).set("by", passkey.staff().text());
  if (stated != whole) return not_signed("the statement says something else than was asked for");
  return Json::object({{"number", Json(number)}, {"assertion", passkey.sign(change_domain, statement)}});
}

Answer<Json> asked_for(const ExerciseStartOptions& options) {
  const auto length = duration_from_text(options.length);
  if (!length)
    return std::unexpected(Problem(
        Fault{FaultKind::invalid, concat("`", options.length, "` is no length of time"), "write --for 4h, or 90m"}));
  const auto from = options.from.empty() ? std::optional(now()) : instant_from_rfc3339(options.from);
  if (!from)
    return std::unexpected(Problem(
        Fault{FaultKind::invalid, concat("`", options.from, "` is no time"), "write --from 2026-03-02T09:00:00.000Z"}));
  Json out = Json::object({{"account", options.account},
                           {"from", to_rfc3339(*from)},
                           {"until", to_rfc3339(*from + *length)},
                           {"pretext", options.pretext}});
  if (!options.action.empty()) out.set("action", options.action);
  if (!options.team.empty()) out.set("team", options.team);
  return out;
}

// The plan as the server drew it up, beside what was asked for. Which account a login is, is the server's word.
Answer<ExercisePlan> plan_in(const Json& answer, const Json& asked) {
  SP_TRY(const auto* json, answer.object_at("plan"));
  for (const auto* key : {"from", "until", "pretext", "action", "team"})
    if (shown(*json, key, "") != shown(asked, key, ""))
      return not_signed(concat("the plan's `", key, "` is not what was asked for"));
  SP_TRY(auto plan, record_from_json<ExercisePlan>(*json));
  return plan;
}

std::string refusals_of(const Json& json, std::string_view key) {
  const auto* refusals = json.find(key);
  if (refusals == nullptr || !refusals->is_object() || refusals->as_object().empty()) return "none";
  std::string out;
  for (const auto& [code, count] : refusals->as_object())
    out += concat(out.empty() ? "" : ", ", code, count == Json(1) ? "" : concat(" (", to_text(count), ")"));
  return out;
}

std::string after(const Json& json, std::string_view key) {
  const auto* seconds_after = json.find(key);
  if (seconds_after == nullptr || !seconds_after->is_int()) return "-";
  return to_string(seconds(seconds_after->as_int()));
}

void show_tallies(Terminal& terminal, const Json& score, std::string_view list, std::string_view who) {
  const auto* tallies = score.find(list);
  if (tallies == nullptr || !tallies->is_array() || tallies->as_array().empty()) return;
  std::vector<std::vector<std::string>> rows{
      {std::string(who), "opened", "verified", "attested", "approved", "flagged", "after", "refused"}};
  for (const auto& t : tallies->as_array())
    rows.push_back({shown(t, who, "(left)"), shown(t, "opened"), shown(t, "verified"), shown(t, "attested"),
                    shown(t, "approved"), shown(t, "flagged"), after(t, "flagged_after_s"),
                    refusals_of(t, "refusals")});
  terminal.line();
  terminal.table(rows);
}

std::string_view in_words(std::string_view far) {
  if (far == "door_one") return "The pretender was not verified.";
  if (far == "door_two") return "The pretender was verified, and not let through.";
  return "The pretender was let through.";
}

void show_score(Terminal& terminal, const Json& answer) {
  const auto* score = answer.find("score");
  const auto* plan = answer.find("plan");
  if (score == nullptr || plan == nullptr) return;
  terminal.heading(concat("Exercise ", shown(answer, "number"), ": ", shown(*plan, "pretext")));
  const auto* cases = score->find("cases");
  if (cases == nullptr || !cases->is_array() || cases->as_array().empty())
    return terminal.line("Nobody opened a case: there is nothing to score.");
  const auto far = shown(*score, "far");
  terminal.line(in_words(far), far == "door_one" ? Ink::green : far == "door_two" ? Ink::yellow : Ink::red);
  for (const auto& c : cases->as_array()) {
    terminal.fact("case", concat(shown(c, "case"), ", team ", shown(c, "team", "(left)"), ", ", shown(c, "far")));
    terminal.fact("steps",
                  concat("joined ", after(c, "joined_after_s"), ", verified ", after(c, "verified_after_s"),
                         ", approved ", after(c, "approved_after_s"), ", permitted ", after(c, "permitted_after_s")));
    const auto* flagged = c.find("flagged");
    const bool noticed = flagged != nullptr && flagged->is_object();
    terminal.fact("flagged",
                  noticed ? concat(shown(*flagged, "how"), " by ", shown(*flagged, "team", "the holder"), " after ",
                                   after(*flagged, "after_s"))
                          : std::string("by nobody"),
                  noticed ? Ink::green : Ink::red);
  }
  terminal.fact("pretender", concat("refused: ", refusals_of(*score, "claimant_refusals")));
  show_tallies(terminal, *score, "teams", "team");
  show_tallies(terminal, *score, "persons", "staff");
}

}  // namespace

Answer<void> command_drill_start(const GlobalOptions& global, Terminal& terminal, const ExerciseStartOptions& options) {
  SP_TRY(const auto asked, asked_for(options));
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  SP_TRY(const auto drawn, api.post("/v1/exercises/statement", Json::object({{"start", asked}})));
  SP_TRY(const auto plan, plan_in(drawn, asked));
  const auto expected = Json::object({{"seal_exercise", Json::object({{"commitment", to_hex(commitment_of(plan))},
                                                                      {"ends_at", to_rfc3339(plan.until)}})}});
  SP_TRY(auto request, sign_statement(api, drawn, passkey, expected));
  request.set("plan", record_to_json(plan));
  SP_TRY(const auto answer, api.post("/v1/exercises", request));
  terminal.document(answer);
  const auto number = shown(answer, "number");
  terminal.line(concat("Exercise ", number, " is sealed: ", options.account, " (", plan.account.text(), "), from ",
                       to_rfc3339(plan.from), " until ", to_rfc3339(plan.until), "."),
                Ink::green);
  terminal.line(concat("If somebody really needs the account meanwhile: sallyport drill open ", number,
                       " --key YOUR.key, and a new case is real."));
  return {};
}

Answer<void> command_drill_open(const GlobalOptions& global, Terminal& terminal, const ExerciseOpenOptions& options) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  SP_TRY(const auto known, api.get("/v1/exercises"));
  SP_TRY(const auto* list, known.array_at("exercises"));
  std::string commitment;
  for (const auto& e : *list)
    if (shown(e, "number") == std::to_string(options.number)) commitment = shown(e, "commitment");
  SP_TRY(const auto stated, api.post("/v1/exercises/statement", Json::object({{"open", Json(options.number)}})));
  const auto expected =
      Json::object({{"open_exercise", Json::object({{"exercise", Json(options.number)}, {"commitment", commitment}})}});
  SP_TRY(const auto request, sign_statement(api, stated, passkey, expected));
  SP_TRY(const auto answer, api.post(concat("/v1/exercises/", options.number, "/open"), request));
  terminal.document(answer);
  show_score(terminal, answer);
  return {};
}

Answer<void> command_drill_exercises(const GlobalOptions& global, Terminal& terminal) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.get("/v1/exercises"));
  terminal.document(answer);
  SP_TRY(const auto* list, answer.array_at("exercises"));
  if (list->empty()) terminal.line("No exercise was ever sealed.");
  std::vector<std::vector<std::string>> rows{
      {"number", "by", "sealed at", "ends at", "opened at", "opened by", "cases"}};
  for (const auto& e : *list) {
    const bool opened = shown(e, "opened_at", "") != "";
    const auto* cases = e.find("cases");
    rows.push_back({shown(e, "number"), shown(e, "by"), shown(e, "sealed_at"), shown(e, "ends_at"),
                    opened ? shown(e, "opened_at") : "sealed", opened ? shown(e, "opened_by", "itself") : "-",
                    cases != nullptr && cases->is_array() ? std::to_string(cases->as_array().size()) : "-"});
  }
  if (rows.size() > 1) terminal.table(rows);
  return {};
}

Answer<void> command_drill_score(const GlobalOptions& global, Terminal& terminal, std::uint64_t number,
                                 bool by_person) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.get(concat("/v1/exercises/", number, "/score", by_person ? "?by=person" : "")));
  terminal.document(answer);
  show_score(terminal, answer);
  return {};
}

}  // namespace sallyport::cli
