#include <cstdio>

#include "base/text.h"
#include "cli/claimant.h"
#include "cli/demo_story.h"
#include "cli/signing.h"
#include "crypto/totp.h"

namespace sallyport::cli {
namespace {

constexpr std::chrono::seconds closed_within{60};
constexpr std::size_t new_password_bytes = 18;  // 24 characters; made up here, never shown

Answer<std::string> phase_of_case(Api& claimant) {
  SP_TRY(const auto view, claimant_case(claimant));
  SP_TRY(auto phase, view.string_at("phase"));
  return phase;
}

Answer<void> expect_sign_in(DemoWorld& world, Narrator& narrator, const std::string& login, const SecretBytes& password,
                            std::string_view which, bool expected) {
  SP_TRY(const auto let_in, world.directory().lets_in(login, password));
  const auto said = concat(world.directory().check_name(), " as ", login, " with the ", which,
                           " password: ", let_in ? "let in" : "refused");
  if (let_in != expected) return not_as_told(said);
  narrator.good(said);
  return {};
}

Answer<void> wait_until_done(Api& claimant) {
  const auto deadline = std::chrono::steady_clock::now() + closed_within;
  SP_TRY(auto view, claimant_case(claimant));
  while (shown(view, "phase") != "closed") {
    if (std::chrono::steady_clock::now() > deadline)
      return not_as_told(concat("the case is still ", shown(view, "phase")));
    SP_TRY(view, claimant_case(claimant, shown(view, "version")));
  }
  if (shown(view, "result") != "done")
    return not_as_told(concat("the case ended ", shown(view, "result"), ": ", shown(view, "message")));
  return {};
}

}  // namespace

std::unexpected<Problem> not_as_told(std::string what) {
  return std::unexpected(Problem(
      Fault{FaultKind::corrupt, concat("the demo did not end as it must: ", what), "this is a bug; please report it"}));
}

void Narrator::chapter(std::string_view title) {
  terminal_.line();
  terminal_.heading(concat("== ", title, " =="));
}

Answer<void> Narrator::step(std::string_view what) {
  if (slow_ && number_ > 0) {
    terminal_.note("     [Enter]");
    if (!interruptions_.wait_for_enter()) return std::unexpected(Problem(Fault{FaultKind::rejected, "interrupted"}));
  }
  if (interruptions_.wait(std::chrono::milliseconds(0)))
    return std::unexpected(Problem(Fault{FaultKind::rejected, "interrupted"}));
  terminal_.line();
  terminal_.line(concat(++number_, ". ", what), Ink::bold);
  std::fflush(stdout);  // a step takes a moment: say what is going on before it, into a pipe as well
  return {};
}

Answer<OpenCase> open_and_join(DemoWorld& world, const std::string& login, std::string_view reason) {
  SP_TRY(const auto opened, world.tom().api.post("/v1/cases", Json::object({{"account", login},
                                                                            {"action", "password_reset"},
                                                                            {"channel", "phone"},
                                                                            {"ticket", "T-1041"},
                                                                            {"reason", reason}})));
  SP_TRY(auto code, opened.string_at("join_code"));
  SP_TRY(auto api, world.nobody());
  SP_TRY(auto joined, join_case(api, SecretBytes::take(std::move(code))));
  api.use_token(SecretBytes::take(std::move(joined.token)));
  return OpenCase{std::move(joined.case_id), std::move(api)};
}

Answer<void> prove_identity(Api& claimant, const Drawer& drawer, Narrator& narrator) {
  const auto code = totp_code(drawer.totp_seed, totp_step_at(SystemClock().now()));
  SP_TRY(const auto first, give_signal(claimant, "totp", SecretBytes::copy_of(view_of(code))));
  if (shown(first, "result") != "passed") return not_as_told("the authenticator's code did not pass");
  narrator.good("authenticator app: passed");
  SP_TRY(const auto second, give_signal(claimant, "recovery_code", drawer.recovery_codes.front()));
  if (shown(second, "result") != "passed") return not_as_told("the recovery code did not pass");
  narrator.good("recovery code from the drawer: passed (and worthless from now on)");
  SP_TRY(const auto phase, phase_of_case(claimant));
  if (phase == "verifying") return not_as_told("two signals passed, and the case still verifies");
  return {};
}

Answer<void> tell_recovery(DemoWorld& world, Narrator& narrator, std::string& case_id) {
  const std::string login = "milo.hart";
  narrator.chapter("One recovery");
  SP_CHECK(narrator.step(
      "Long before: Milo Hart binds an authenticator app and prints recovery codes, with a code from his mail."));
  SP_TRY(const auto drawer, world.enrol_holder(login));
  narrator.good("enrolled; no member of staff saw the secrets");

  SP_CHECK(narrator.step("Today Milo is locked out: his password no longer helps."));
  const auto* old_password = world.directory().starting_password(login);
  if (old_password == nullptr) return not_as_told("the directory has no Milo Hart");
  SP_CHECK(expect_sign_in(world, narrator, login, *old_password, "old", false));

  SP_CHECK(narrator.step(
      "He calls the help desk. Tom, an agent, opens a case and reads him a code; the code proves nothing."));
  SP_TRY(auto open, open_and_join(world, login, "locked out after a trip, cannot work"));
  case_id = open.id;
  narrator.good(concat("case ", open.id, "; Milo joined it from his own browser"));

  SP_CHECK(narrator.step("Door one: Milo proves who he is. Tom sees `passed`, never a code."));
  SP_CHECK(prove_identity(open.claimant, drawer, narrator));

  SP_CHECK(narrator.step(
      "Milo chooses a new password. It leaves his machine sealed to the executor, which alone can open it."));
  SP_TRY(auto drawn, world.entropy().bytes(new_password_bytes));
  const auto new_password = SecretBytes::take(to_base64url(drawn));
  wipe(drawn);
  SP_CHECK(seal_password(open.claimant, open.id, new_password, world.entropy()));
  narrator.good("sealed; the server relays bytes that it cannot read");

  SP_CHECK(narrator.step("Door two: Ada, who did not touch door one, reads the statement and signs exactly that."));
  SP_TRY(const auto request, fetch_approval(world.ada().api, open.id));
  show_approval(narrator.terminal(), request);
  SP_TRY(const auto approved, approve(world.ada().api, request, world.ada().passkey));
  static_cast<void>(approved);
  narrator.good("signed with her passkey: the challenge is the digest of the statement");

  SP_CHECK(narrator.step("The executor rules on the ledger again by itself, and acts once."));
  SP_CHECK(wait_until_done(open.claimant));
  narrator.good(concat("case ", open.id, ": done"));
  SP_CHECK(expect_sign_in(world, narrator, login, new_password, "new", true));
  return expect_sign_in(world, narrator, login, *old_password, "old", false);
}

}  // namespace sallyport::cli
