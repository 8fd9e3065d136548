#include "base/text.h"
#include "cli/files.h"
#include "cli/passkey_file.h"
#include "cli/signing.h"
#include "cli/staff_commands.h"
#include "shell/wiring/system.h"

namespace sallyport::cli {
namespace {

constexpr std::string_view first_try_rp_id = "localhost";
constexpr std::string_view first_try_origin = "https://localhost:8443";

// A passkey is bound to one site. The first operator's is made before there is a server to ask.
Answer<void> complete(const GlobalOptions& global, PasskeyCreateOptions& options) {
  if (!options.rp_id.empty() && !options.origin.empty()) return {};
  SP_TRY(const auto context, context_of(global));
  if (context.server.empty()) {
    if (options.rp_id.empty()) options.rp_id = first_try_rp_id;
    if (options.origin.empty()) options.origin = first_try_origin;
    return {};
  }
  SP_TRY(auto api, connect(global));
  SP_TRY(const auto opened, api.get("/v1/ledger/opened"));
  if (options.rp_id.empty()) {
    SP_TRY(options.rp_id, opened.string_at("rp_id"));
  }
  SP_TRY(const auto* origins, opened.array_at("origins"));
  if (options.origin.empty() && !origins->empty() && origins->front().is_string())
    options.origin = origins->front().as_string();
  return {};
}

}  // namespace

Answer<void> command_sign_in(const GlobalOptions& global, Terminal& terminal, const SignInOptions& options) {
  SP_TRY(auto context, context_of(global));
  SP_TRY(auto api, connect(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  if (!options.staff.empty() && passkey.staff().text() != options.staff)
    return std::unexpected(
        Problem(Fault{FaultKind::invalid, concat("this is the passkey of `", passkey.staff().text(), "`"),
                      "give the key file of the one who signs in"}));
  SP_TRY(auto answer, sign_in(api, passkey));
  SP_TRY(auto token, answer.string_at("token"));
  context.staff = passkey.staff().text();
  const auto kept = keep_staff_session(global, context, token);
  wipe(token);
  SP_CHECK(kept);
  answer.set("token", "(kept)");  // it stands in the token file, and nowhere else
  terminal.document(answer);
  terminal.line(concat("Signed in as ", context.staff, " until ", shown(answer, "expires_at"), "."), Ink::green);
  return {};
}

Answer<void> command_sign_out(const GlobalOptions& global, Terminal& terminal) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.post("/v1/sign-out"));
  SP_CHECK(forget_staff_session(global));
  terminal.document(answer.is_null() ? Json::object() : answer);
  terminal.line("Signed out.");
  return {};
}

Answer<void> command_me(const GlobalOptions& global, Terminal& terminal) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto me, api.get("/v1/me"));
  terminal.document(me);
  terminal.heading(shown(me, "staff"));
  terminal.fact("roles", shown(me, "roles"));
  terminal.fact("seats", shown(me, "seats"));
  terminal.fact("team", concat(shown(me, "organization"), "/", shown(me, "team")));
  terminal.fact("appointed", concat("until ", shown(me, "ends_at")));
  terminal.fact("session", concat("until ", shown(me, "expires_at")));
  return {};
}

Answer<void> command_passkey_create(const GlobalOptions& global, Terminal& terminal,
                                    const PasskeyCreateOptions& given) {
  auto options = given;
  SP_CHECK(complete(global, options));
  const auto staff = StaffId::parse(options.staff);
  if (!staff)
    return std::unexpected(Problem(Fault{FaultKind::invalid, "--staff is no id", "use a-z, 0-9, - _ . (at most 64)"}));
  SystemEntropy entropy;
  SP_TRY(const auto passkey, SoftwarePasskey::create(entropy, *staff, options.rp_id, options.origin));
  SP_CHECK(passkey.save(options.out));
  const auto registration_file = concat(options.out, ".registration.json");
  SP_CHECK(write_public_file(registration_file, concat(to_text(passkey.registration()), "\n"), IfExists::replace));
  terminal.document(Json::object({{"key", options.out},
                                  {"registration", registration_file},
                                  {"rp_id", options.rp_id},
                                  {"origin", options.origin}}));
  terminal.line(concat("A software passkey for ", options.staff, " at ", options.rp_id, ", for demo servers only:"));
  terminal.fact("key", concat(options.out, " (secret, mode 0600)"));
  terminal.fact("for", concat("sallyport staff add --registration ", registration_file));
  return {};
}

}  // namespace sallyport::cli
