#include "base/instant.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/passkey_file.h"
#include "cli/policy_files.h"
#include "cli/render.h"
#include "cli/signing.h"
#include "cli/staff_commands.h"

namespace sallyport::cli {
namespace {

Json list_of(const std::vector<std::string>& values) { return Json(Json::Array(values.begin(), values.end())); }

Result<Instant> end_of(const std::string& until) {
  const auto text = until.size() == std::string_view("2027-01-31").size() ? concat(until, "T00:00:00.000Z") : until;
  if (const auto at = instant_from_rfc3339(text)) return *at;
  return fault(FaultKind::invalid, concat("`", until, "` is no date"), "write 2027-01-31, or 2027-01-31T17:00:00.000Z");
}

Answer<void> change(const GlobalOptions& global, Terminal& terminal, const Json& wanted, const std::string& key,
                    std::string_view said) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(key));
  SP_TRY(const auto answer, change_organization(api, wanted, passkey, wanted));
  terminal.document(answer);
  const auto number = shown(answer, "number");
  const auto* waiting = answer.find("waits_for_approval");
  if (waiting != nullptr && waiting->is_bool() && waiting->as_bool())
    terminal.line(concat("Signed by ", passkey.staff().text(), " as change ", number,
                         ". It takes effect once another operator approves it: sallyport change approve ", number,
                         " --key THEIR.key"),
                  Ink::yellow);
  else terminal.line(concat(said, " Signed by ", passkey.staff().text(), "; it is change ", number, "."), Ink::green);
  return {};
}

}  // namespace

Result<Json> member_of(const StaffAddOptions& options) {
  SP_TRY(const auto ends_at, end_of(options.until));
  SP_TRY(const auto text, read_file(options.registration));
  auto registration = parse_json(text);
  if (!registration)
    return with_context(concat("reading `", options.registration, "`"), std::move(registration).error());
  SP_CHECK(registration->only_keys({"attestation_object", "client_data_json"}));
  return Json::object({{"id", options.id},
                       {"person", options.person},
                       {"organization", options.organization},
                       {"team", options.team},
                       {"roles", list_of(options.roles)},
                       {"seats", list_of(options.seats)},
                       {"ends_at", to_rfc3339(ends_at)},
                       {"registration", *std::move(registration)}});
}

Answer<void> command_staff_add(const GlobalOptions& global, Terminal& terminal, const StaffAddOptions& options) {
  SP_TRY(auto member, member_of(options));
  return change(global, terminal, Json::object({{"enrol", std::move(member)}}), options.key,
                concat(options.id, " is on the staff."));
}

Answer<void> command_staff_list(const GlobalOptions& global, Terminal& terminal) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.get("/v1/staff"));
  terminal.document(answer);
  show_staff(terminal, answer);
  return {};
}

Answer<void> command_staff_remove(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                  const std::string& key) {
  return change(global, terminal, Json::object({{"remove", id}}), key, concat(id, " is no longer on the staff."));
}

Answer<void> command_policy_show(const GlobalOptions& global, Terminal& terminal) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.get("/v1/policy"));
  terminal.document(answer);
  if (terminal.json()) return {};
  terminal.note(concat("policy `", shown(answer, "name"), "`, digest ", shown(answer, "digest")));
  std::string_view text = answer.find("text") != nullptr && answer.find("text")->is_string()
                              ? std::string_view(answer.find("text")->as_string())
                              : "";
  while (!text.empty()) {
    const auto end = text.find('\n');
    terminal.line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return {};
}

int command_policy_explain(const GlobalOptions& global, Terminal& terminal, const std::string& account,
                           const std::string& action) {
  auto api = connect_staff(global);
  const auto answer = api ? api->post("/v1/policy/explain", Json::object({{"account", account}, {"action", action}}))
                          : Answer<Json>(std::unexpected(api.error()));
  if (!answer) {
    terminal.fail(answer.error());
    return denial_code_of(answer.error()).empty() ? could_not_run : answer_is_no;
  }
  terminal.document(*answer);
  show_explanation(terminal, *answer);
  return fine;
}

}  // namespace sallyport::cli
