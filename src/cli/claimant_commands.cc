#include "cli/claimant_commands.h"

#include "base/text.h"
#include "cli/claimant.h"
#include "cli/render.h"
#include "shell/wiring/system.h"

namespace sallyport::cli {
namespace {

std::unexpected<Problem> wrong_code(const Json& answer) {
  Problem out;
  out.type = "urn:sallyport:denial:code_wrong";
  out.title = "code_wrong";
  out.detail = "the code does not match";
  out.next_step = concat("tries left for this signal: ", shown(answer, "tries_left"));
  return std::unexpected(std::move(out));
}

}  // namespace

Answer<void> command_signal_join(const GlobalOptions& global, Terminal& terminal, const std::string& code_file) {
  SP_TRY(const auto context, context_of(global));
  SP_TRY(auto api, connect(global));
  SP_TRY(const auto code, terminal.read_secret("the code the agent reads to you: ", code_file));
  SP_TRY(auto joined, join_case(api, code));
  const auto kept = keep_claimant_session(global, context, joined.case_id, joined.token);
  wipe(joined.token);
  SP_CHECK(kept);
  terminal.document(Json::object({{"case", joined.case_id}}));
  terminal.line(concat("Joined case ", joined.case_id, ". What it needs: sallyport signal status"), Ink::green);
  return {};
}

Answer<void> command_signal_request(const GlobalOptions& global, Terminal& terminal, const std::string& signal) {
  if (signal != "mail_code")
    return std::unexpected(
        Problem(Fault{FaultKind::invalid, "only mail_code is sent on request", "sallyport signal request mail_code"}));
  SP_TRY(auto session, connect_claimant(global));
  SP_TRY(const auto answer, request_mail_code(session.api));
  terminal.document(answer);
  terminal.line(
      concat("A code is on its way to the address on file; it is good until ", shown(answer, "expires_at"), "."));
  return {};
}

Answer<void> command_signal_give(const GlobalOptions& global, Terminal& terminal, const std::string& signal,
                                 const std::string& code_file) {
  SP_TRY(auto session, connect_claimant(global));
  SP_TRY(const auto code, terminal.read_secret(concat(signal, ": "), code_file));
  SP_TRY(const auto answer, give_signal(session.api, signal, code));
  if (shown(answer, "result") != "passed") return wrong_code(answer);
  terminal.document(answer);
  terminal.line(concat(signal, ": passed"), Ink::green);
  if (const auto next = shown(answer, "replacement"); next != "-") {
    terminal.line("The recovery code you used is worthless now. In its place, keep this one:");
    terminal.line(concat("  ", next), Ink::bold);
  }
  return {};
}

Answer<void> command_signal_password(const GlobalOptions& global, Terminal& terminal) {
  SP_TRY(auto session, connect_claimant(global));
  SP_TRY(const auto password, terminal.read_new_password());
  SystemEntropy entropy;
  SP_CHECK(seal_password(session.api, session.case_id, password, entropy));
  terminal.document(Json::object({{"case", session.case_id}, {"sealed", true}}));
  terminal.line("The new password is sealed to the executor's key; neither the server nor the help desk can read it.",
                Ink::green);
  return {};
}

Answer<void> command_signal_status(const GlobalOptions& global, Terminal& terminal, bool wait) {
  SP_TRY(auto session, connect_claimant(global));
  SP_TRY(auto answer, claimant_case(session.api));
  while (wait && shown(answer, "phase") != "closed") {
    show_claimant_case(terminal, answer);
    const auto before = shown(answer, "version");
    while (shown(answer, "version") == before) {
      SP_TRY(answer, claimant_case(session.api, before));
    }
  }
  terminal.document(answer);
  show_claimant_case(terminal, answer);
  return {};
}

Answer<void> command_signal_enrol(const GlobalOptions& global, Terminal& terminal, const std::string& code_file) {
  SP_TRY(auto api, connect(global));
  SP_TRY(const auto code, terminal.read_secret("the code from the mail: ", code_file));
  SP_TRY(const auto answer, enrol_claimant(api, code));
  terminal.document(answer);
  terminal.heading("Shown this once. Put the first into an authenticator app, print the rest.");
  if (const auto* totp = answer.find("totp"); totp != nullptr) {
    terminal.fact("totp secret", shown(*totp, "secret"));
    terminal.fact("as a link", shown(*totp, "uri"));
  }
  if (const auto* codes = answer.find("recovery_codes"); codes != nullptr && codes->is_array())
    for (const auto& item : codes->as_array()) terminal.fact("code", item.is_string() ? item.as_string() : "-");
  return {};
}

Answer<void> command_signal_invite(const GlobalOptions& global, Terminal& terminal, const std::string& login) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.post("/v1/enrolments", Json::object({{"account", login}})));
  terminal.document(answer);
  terminal.line(concat("A one-time code goes to the address on file of ", login, "; it is good until ",
                       shown(answer, "expires_at"), "."));
  return {};
}

}  // namespace sallyport::cli
