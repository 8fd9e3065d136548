#include "base/limits.h"
#include "base/text.h"
#include "cli/changes.h"
#include "cli/files.h"
#include "cli/passkey_file.h"
#include "cli/policy_files.h"
#include "cli/staff_commands.h"
#include "core/policy/compare.h"
#include "core/policy/explain.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t examples_shown_max = 5;

std::string gist_of(const Json& change) {
  const auto* policy = change.find("policy");
  if (policy != nullptr) return concat("put the policy `", shown(*policy, "name"), "` in force");
  if (change.find("staff") != nullptr) return concat("remove ", shown(change, "staff"), ", an operator");
  const auto* member = change.find("member");
  return member == nullptr ? "-"
                           : concat("appoint ", shown(*member, "id"), ": ", shown(*member, "roles"), ", until ",
                                    shown(*member, "ends_at"));
}

// `former`: the same person's appointment as it is now; null: they have none.
void show_member(Terminal& terminal, const Json& member, const Json* former) {
  terminal.fact("appoints", concat(shown(member, "id"), " (person ", shown(member, "person"), ")"), Ink::bold);
  const auto fact = [&](std::string_view label, std::string_view key) {
    const auto is = shown(member, key);
    const auto was = former == nullptr ? is : shown(*former, key);
    terminal.fact(label, was == is ? is : concat(is, "   (was ", was, ")"), was == is ? Ink::plain : Ink::red);
  };
  fact("team", "team");
  fact("organization", "organization");
  fact("roles", "roles");
  fact("seats", "seats");
  fact("until", "ends_at");
  if (former == nullptr) terminal.fact("", "they are not on the staff today");
  const auto* passkey = member.find("passkey");
  if (passkey == nullptr) return;
  const auto* known = former == nullptr ? nullptr : former->find("passkey");
  const bool other = known != nullptr && *known != *passkey;
  terminal.fact("passkey",
                concat(shown(*passkey, "credential_id"), ", attestation ", shown(*passkey, "attestation"),
                       other ? "   ANOTHER than they have now" : ""),
                other ? Ink::red : Ink::plain);
}

// The appointment that a change would take the place of, for whoever may see the staff.
Json former_of(Api& api, const ChangeRequest& request) {
  const auto* member = request.shown.find("member");
  if (member == nullptr) return {};
  const auto answer = api.get("/v1/staff");
  const auto* staff = answer ? answer->find("staff") : nullptr;
  if (staff == nullptr || !staff->is_array()) return {};
  for (const auto& other : staff->as_array())
    if (shown(other, "id") == shown(*member, "id")) return other;
  return {};
}

void show_text(Terminal& terminal, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    terminal.line(concat("    ", text.substr(0, end)), Ink::dim);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
}

void show_policy_in_proposal(Terminal& terminal, const ChangeRequest& request, const Json& in_force) {
  const auto& policy = *request.shown.find("policy");
  terminal.fact("policy", concat(shown(policy, "name"), " (", shown(policy, "digest"), ")"), Ink::bold);
  terminal.fact("proved for", shown(policy, "organization") == "assumed"
                                  ? std::string("the assumed organization, in which it is easiest to get through")
                                  : concat("the organization file ", shown(policy, "organization")));
  terminal.fact("proof",
                concat("made here again: every guarantee holds; its certificate is the one proposed (",
                       request.certificate_bytes, " bytes)"),
                Ink::green);
  terminal.fact("policy text", "");
  show_text(terminal, shown(request.shown, "text", ""));
  if (const auto people = shown(request.shown, "organization", ""); !people.empty()) {
    terminal.fact("proved for", "these people and accounts, and no others:");
    show_text(terminal, people);
  }
  const auto after = Policy::compile(shown(request.shown, "text", ""), "policy", PolicyReading::in_force);
  const auto before = Policy::compile(shown(in_force, "text", ""), "policy", PolicyReading::in_force);
  if (after)
    for (const auto& accepted : after->acceptances()) terminal.fact("accepts", in_words(accepted), Ink::red);
  if (!after || !before) return terminal.fact("compared", "the server says that no policy is in force yet");
  const auto found = compare(*before, *after);
  const auto easier = found.changed(Direction::easier) + found.changed(Direction::both);
  terminal.fact("compared",
                concat("of ", found.kinds, " kinds of request, ", easier, " ask for less than today and ",
                       found.changed(Direction::harder), " for more only"),
                easier == 0 ? Ink::plain : Ink::red);
  std::size_t told = 0;
  for (const auto& c : found.changes) {
    if (c.direction == Direction::harder || told == examples_shown_max) continue;
    ++told;
    terminal.line(concat("    ", to_string(c.direction), ": ", to_string(c.action), " for class ", c.account_class,
                         ": was ", c.was, "; is ", c.is),
                  Ink::red);
  }
}

void show_heading(Terminal& terminal, const ChangeRequest& request) {
  const auto& c = request.shown;
  terminal.heading(concat("Change ", shown(c, "number"), ": ", gist_of(c)));
  terminal.fact("asked by", shown(c, "by"));
  terminal.fact("open until", shown(c, "until"));
  const auto by = shown(c, "approved_by", "");
  terminal.fact("approved by", concat(by.empty() ? "nobody yet" : by, "; it takes ", shown(c, "approvals_needed")));
}

void show_request(Terminal& terminal, const ChangeRequest& request, const Json& in_force, const Json& former) {
  const auto& c = request.shown;
  show_heading(terminal, request);
  if (request.is_policy) show_policy_in_proposal(terminal, request, in_force);
  else if (const auto* member = c.find("member"))
    show_member(terminal, *member, former.is_object() ? &former : nullptr);
}

// Enough to say no to: what it is about, and not what it comes to.
void show_what_was_asked(Terminal& terminal, const ChangeRequest& request, const Json& former) {
  show_heading(terminal, request);
  if (const auto* policy = request.shown.find("policy"))
    terminal.fact("policy", concat(shown(*policy, "name"), " (", shown(*policy, "digest"), "), not proved here: `",
                                   "sallyport change show ", request.number, "` does"));
  if (const auto* member = request.shown.find("member"))
    show_member(terminal, *member, former.is_object() ? &former : nullptr);
}

// Nothing when no policy is in force.
Answer<Json> policy_in_force(Api& api) {
  auto answer = api.get("/v1/policy");
  if (answer || answer.error().status != 404) return answer;
  return Json::object();
}

void show_ended(Terminal& terminal, const Json& answer) {
  const auto* ended = answer.find("ended");
  if (ended == nullptr || !ended->is_array() || ended->as_array().empty()) return;
  terminal.heading("Ended lately");
  std::vector<std::vector<std::string>> rows{{"number", "asked by", "what", "was", "by", "at", "why"}};
  for (const auto& c : ended->as_array())
    rows.push_back({shown(c, "number"), shown(c, "by"), concat(shown(c, "kind"), " ", shown(c, "about")),
                    shown(c, "end"), shown(c, "ended_by"), shown(c, "at"), shown(c, "reason", "")});
  terminal.table(rows);
}

}  // namespace

Answer<int> command_policy_propose(const GlobalOptions& global, Terminal& terminal,
                                   const PolicyProposeOptions& options) {
  // What is wrong with the files is told whole, before anybody is asked.
  const auto compiled = load_policy(terminal, options.policy);
  if (!compiled) return could_not_run;
  std::string organization;
  if (!options.organization.empty()) {
    const auto population = load_organization(terminal, options.organization, *compiled);
    if (!population || !fits(terminal, options.policy, *compiled, proof::misfits(*compiled, *population)))
      return could_not_run;
    SP_TRY(organization, read_file(options.organization, policy_text_bytes_max));
  }
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  SP_TRY(const auto answer, propose_policy(api, {compiled->text(), std::move(organization)}, passkey));
  terminal.document(answer);
  const auto number = shown(answer, "number");
  terminal.line(
      concat("The policy `", compiled->name(), "` (", to_hex(compiled->digest()), ") is proved and proposed."),
      Ink::green);
  terminal.line(concat("It is in force once two operators, you not among them, have approved change ", number,
                       ": sallyport change approve ", number, " --key THEIR.key"));
  return fine;
}

Answer<void> command_change_list(const GlobalOptions& global, Terminal& terminal) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.get("/v1/changes"));
  terminal.document(answer);
  SP_TRY(const auto* changes, answer.array_at("changes"));
  if (changes->empty()) terminal.line("No change waits for approval.");
  std::vector<std::vector<std::string>> rows{{"number", "asked by", "what", "approved by", "of", "until"}};
  for (const auto& c : *changes)
    rows.push_back({shown(c, "number"), shown(c, "by"), gist_of(c), shown(c, "approved_by"),
                    shown(c, "approvals_needed"), shown(c, "until")});
  if (rows.size() > 1) terminal.table(rows);
  show_ended(terminal, answer);
  return {};
}

Answer<void> command_change_show(const GlobalOptions& global, Terminal& terminal, std::uint64_t number) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto request, fetch_change(api, number));
  SP_TRY(const auto in_force, policy_in_force(api));
  terminal.document(request.shown);
  show_request(terminal, request, in_force, former_of(api, request));
  return {};
}

Answer<void> command_change_approve(const GlobalOptions& global, Terminal& terminal,
                                    const ChangeApproveOptions& options) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  SP_TRY(const auto request, fetch_change(api, options.number));
  SP_TRY(const auto in_force, policy_in_force(api));
  show_request(terminal, request, in_force, former_of(api, request));
  if (!options.yes) {
    SP_TRY(const auto agreed, terminal.confirm("Sign exactly this?", "--yes"));
    if (!agreed)
      return std::unexpected(
          Problem(Fault{FaultKind::rejected, "nothing was signed", "what is not approved in a week ends by itself"}));
  }
  SP_TRY(const auto answer, approve_change(api, request, passkey));
  SP_TRY(const auto still_open, api.get("/v1/changes"));
  SP_TRY(const auto* changes, still_open.array_at("changes"));
  bool open = false;
  for (const auto& c : *changes) open = open || shown(c, "number") == std::to_string(options.number);
  auto document = answer;
  document.set("change", Json(options.number));
  document.set("in_effect", !open);
  terminal.document(document);
  terminal.line(concat("Signed by ", passkey.staff().text(), ". ",
                       open ? "It waits for another operator." : "The change is in effect."),
                Ink::green);
  return {};
}

Answer<void> command_change_reject(const GlobalOptions& global, Terminal& terminal,
                                   const ChangeRejectOptions& options) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.change.key));
  SP_TRY(const auto request, fetch_change(api, options.change.number, Looking::at_the_request));
  show_what_was_asked(terminal, request, former_of(api, request));
  terminal.fact("your reason", options.reason);
  if (!options.change.yes) {
    SP_TRY(const auto agreed, terminal.confirm("Reject it for good?", "--yes"));
    if (!agreed)
      return std::unexpected(
          Problem(Fault{FaultKind::rejected, "nothing was signed", "what is not approved in a week ends by itself"}));
  }
  SP_TRY(auto answer, reject_change(api, request, options.reason, passkey));
  terminal.document(answer.set("change", Json(request.number)));
  terminal.line(concat("Signed by ", passkey.staff().text(), ". Change ", request.number, " is rejected."), Ink::green);
  return {};
}

Answer<void> command_change_withdraw(const GlobalOptions& global, Terminal& terminal,
                                     const ChangeApproveOptions& options) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto passkey, SoftwarePasskey::load(options.key));
  SP_TRY(const auto request, fetch_change(api, options.number, Looking::at_the_request));
  SP_TRY(auto answer, withdraw_change(api, request, passkey));
  terminal.document(answer.set("change", Json(request.number)));
  terminal.line(concat("Signed by ", passkey.staff().text(), ". Change ", request.number, " is withdrawn."),
                Ink::green);
  return {};
}

}  // namespace sallyport::cli
