#include <algorithm>

#include "base/text.h"
#include "cli/claimant.h"
#include "cli/demo_story.h"
#include "cli/signing.h"
#include "core/policy/policy.h"

namespace sallyport::cli {
namespace {

using Codes = std::initializer_list<std::string_view>;

// An attack must end in one of these refusals; anything else ends the demo.
Answer<void> must_be_refused(Narrator& narrator, const Answer<Json>& tried, Codes codes) {
  if (tried) return not_as_told("the attack succeeded");
  const auto code = denial_code_of(tried.error());
  if (std::ranges::find(codes, code) == codes.end())
    return not_as_told(concat("refused, but not by the rule: ", tried.error().type, ", ", tried.error().detail));
  narrator.good(concat("refused, ", code, ": ", tried.error().detail));
  return {};
}

Answer<Json> execute(DemoWorld& world, const std::string& id, std::string_view action) {
  return world.tom().api.post(concat("/v1/cases/", id, "/execute"), Json::object({{"action", action}}));
}

Answer<void> agent_approves_own_case(DemoWorld& world, Narrator& narrator) {
  SP_CHECK(narrator.step("Attack: the agent who opened the case approves it himself."));
  narrator.say("Tom is an approver too, with the right seat. Zoë Crane is verified; Tom wants to be quick.");
  SP_TRY(const auto drawer, world.enrol_holder("zoe.crane"));
  SP_TRY(auto open, open_and_join(world, "zoe.crane", "forgot the password"));
  SP_CHECK(prove_identity(open.claimant, drawer, narrator));
  const auto request = fetch_approval(world.tom().api, open.id);
  SP_CHECK(must_be_refused(narrator,
                           request ? approve(world.tom().api, *request, world.tom().passkey)
                                   : Answer<Json>(std::unexpected(request.error())),
                           {"requester_may_not_approve"}));
  SP_TRY(const auto closed, world.tom().api.post(concat("/v1/cases/", open.id, "/cancel"),
                                                 Json::object({{"detail", "the demo goes on"}})));
  if (shown(closed, "result") != "cancelled") return not_as_told("the case could not be cancelled");
  return {};
}

Answer<void> second_action_on_first_case(DemoWorld& world, Narrator& narrator, const std::string& finished_case) {
  SP_CHECK(narrator.step("Attack: the agent asks for a second action on the strength of the first case."));
  narrator.say(
      "Milo's case was a password_reset, and is done. Tom asks it for an mfa_reset, and then for the same again.");
  SP_CHECK(must_be_refused(narrator, execute(world, finished_case, "mfa_reset"),
                           {"action_differs_from_case", "case_already_acted", "case_closed"}));
  return must_be_refused(narrator, execute(world, finished_case, "password_reset"),
                         {"case_already_acted", "case_closed"});
}

// Every guess is answered and counted, until there are no tries left.
Answer<void> guess(Narrator& narrator, Api& claimant, std::string_view signal,
                   std::initializer_list<std::string_view> guesses) {
  for (const auto typed : guesses) {
    const auto answer = give_signal(claimant, signal, SecretBytes::copy_of(view_of(typed)));
    if (!answer)
      return must_be_refused(narrator, answer,
                             {"signal_tries_exhausted", "code_wrong", "limit_reached", "case_closed"});
    if (shown(*answer, "result") != "failed") return not_as_told("a guess passed");
  }
  return not_as_told(concat("nobody stopped the guessing of ", signal));
}

Answer<void> birthday_policy_does_not_load(DemoWorld& world, Narrator& narrator) {
  narrator.say("Would a policy let a birthday count? It would not load, here or on the server:");
  auto text = world.policy_text();
  const auto signals = text.find("\nsignals:");
  const auto line_end = signals == text.npos ? text.npos : text.find('\n', signals + 1);
  if (line_end == text.npos) return not_as_told("the policy has no list of signals");
  text.insert(line_end + 1, "  birthday: {rests_on: [memory]}\n");
  const auto compiled = Policy::compile(text, "policy.yaml", PolicyReading::in_force);
  if (compiled) return not_as_told("a policy that counts a birthday loads");
  narrator.good(compiled.error().what);
  const auto proposed = change_organization(
      world.root().api, Json::object({{"propose", Json::object({{"policy", text}})}}), world.root().passkey);
  if (proposed) return not_as_told("the server took a policy that counts a birthday");
  narrator.good(concat("the server, asked by an operator: ", proposed.error().detail));
  return {};
}

Answer<void> caller_with_personal_knowledge(DemoWorld& world, Narrator& narrator) {
  const std::string login = "ines.marlow";
  SP_CHECK(narrator.step("Attack: a caller with only personal knowledge."));
  SP_TRY(const auto drawer, world.enrol_holder(login));
  static_cast<void>(drawer);  // the real Inês has it at home
  narrator.say(
      "He knows Inês Marlow's birthday and employee number and sounds like her. Tom believes him and opens a case.");
  SP_TRY(auto open, open_and_join(world, login, "says she lost her phone"));
  narrator.say("He types what he knows and guesses the rest:");
  SP_CHECK(guess(
      narrator, open.claimant, "totp",
      {"170491", "001022", "199104", "102200", "123456", "000000", "111111", "654321", "999999", "112233", "170419"}));
  SP_CHECK(guess(narrator, open.claimant, "recovery_code",
                 {"marlow-1022", "ines-1704-1991", "1022-1704-1991-0000-0000-0000", "0000-0000-0000-0000-0000-0000",
                  "1704-1991-1704-1991-1704-1991", "1111-1111-1111-1111-1111-1111", "2222-2222-2222-2222-2222-2222",
                  "3333-3333-3333-3333-3333-3333", "4444-4444-4444-4444-4444-4444", "5555-5555-5555-5555-5555-5555",
                  "6666-6666-6666-6666-6666-6666"}));
  SP_CHECK(must_be_refused(narrator, execute(world, open.id, "password_reset"), {"identity_not_verified"}));
  SP_TRY(const auto after, world.tom().api.get(concat("/v1/cases/", open.id)));
  const auto phase = shown(after, "phase");
  if (phase != "verifying" && shown(after, "result") != "failed" && shown(after, "result") != "denied")
    return not_as_told(concat("the case is ", phase, " after nothing but guesses"));
  const auto* password = world.directory().starting_password(login);
  if (password == nullptr) return not_as_told("the directory has no Inês Marlow");
  SP_TRY(const auto unchanged, world.directory().lets_in(login, *password));
  if (!unchanged) return not_as_told("the real Inês Marlow can no longer sign in");
  narrator.good("nothing was permitted; the real Inês still signs in with her password");
  return birthday_policy_does_not_load(world, narrator);
}

}  // namespace

Answer<void> tell_attacks(DemoWorld& world, Narrator& narrator, const std::string& finished_case) {
  narrator.chapter("Three attacks");
  SP_CHECK(agent_approves_own_case(world, narrator));
  SP_CHECK(second_action_on_first_case(world, narrator, finished_case));
  return caller_with_personal_knowledge(world, narrator);
}

}  // namespace sallyport::cli
