#include "cli/signing.h"

#include <algorithm>

#include "base/text.h"
#include "core/cases/statement.h"
#include "core/model/action.h"
#include "core/model/salted_digest.h"
#include "core/model/staff.h"
#include "core/organization/enrolment.h"
#include "core/organization/organization.h"
#include "crypto/hash.h"
#include "crypto/webauthn.h"

namespace sallyport::cli {
namespace {

std::unexpected<Fault> not_signed(std::string what) {
  return fault(FaultKind::rejected, concat("nothing was signed: ", what), "do not sign; tell whoever runs the server");
}

Result<void> must_equal(const Json& statement, std::string_view key, std::string_view expected) {
  SP_TRY(const auto stated, statement.string_at(key));
  if (stated != expected) return not_signed(concat("the statement's `", key, "` is not what was asked for"));
  return {};
}

struct OpenedLedger {
  std::string origin, rp_id;
  std::vector<std::string> origins;
};

Answer<OpenedLedger> opened_ledger(Api& api) {
  SP_TRY(const auto json, api.get("/v1/ledger/opened"));
  OpenedLedger out;
  SP_TRY(out.origin, json.string_at("origin"));
  SP_TRY(out.rp_id, json.string_at("rp_id"));
  SP_TRY(const auto* origins, json.array_at("origins"));
  for (const auto& origin : *origins)
    if (origin.is_string()) out.origins.push_back(origin.as_string());
  return out;
}

Json without(const Json& object, std::string_view key) {
  auto out = Json::object();
  for (const auto& [name, value] : object.as_object())
    if (name != key) out.set(name, value);
  return out;
}

// Beside the ledger, the number and the signer a statement says what is changed, and nothing else.
Result<void> check_change(const Json& asked, const Json& stated, const OpenedLedger& ledger, const Json& expected) {
  if (asked.find("enrol") != nullptr) {
    SP_CHECK(stated.only_keys({"ledger", "number", "by", "enrol"}));
    SP_TRY(const auto* asked_member, asked.object_at("enrol"));
    SP_TRY(const auto* member, stated.object_at("enrol"));
    return check_enrolment(*asked_member, *member, ledger.rp_id, ledger.origins);
  }
  if (without(without(without(stated, "ledger"), "number"), "by") != expected)
    return not_signed("the statement says something else than was asked for");
  return {};
}

}  // namespace

Result<Json> read_statement(std::string_view domain, const std::string& statement, const std::string& challenge) {
  auto json = parse_json(statement);
  if (!json || !json->is_object() || to_text(*json) != statement)
    return not_signed("the statement is not canonical JSON");
  if (to_base64url(challenge_of(domain, statement)) != challenge)
    return not_signed("the server's challenge is not that of the statement it shows");
  return json;
}

Answer<Json> sign_in(Api& api, const SoftwarePasskey& passkey) {
  SP_TRY(const auto asked, api.post("/v1/sign-in/challenge", Json::object({{"staff", passkey.staff().text()}})));
  SP_TRY(const auto nonce, asked.string_at("nonce"));
  SP_TRY(const auto statement, asked.string_at("statement"));
  SP_TRY(const auto challenge, asked.string_at("challenge"));
  SP_TRY(const auto fields, read_statement(sign_in_domain, statement, challenge));
  SP_CHECK(fields.only_keys({"ledger", "nonce", "sign_in"}));
  SP_CHECK(must_equal(fields, "sign_in", passkey.staff().text()));
  SP_CHECK(must_equal(fields, "nonce", nonce));
  return api.post("/v1/sign-in", Json::object({{"staff", passkey.staff().text()},
                                               {"nonce", nonce},
                                               {"assertion", passkey.sign(sign_in_domain, statement)}}));
}

Answer<ApprovalRequest> fetch_approval(Api& api, const std::string& case_id) {
  SP_TRY(const auto path, case_path(case_id, "/statement"));
  SP_TRY(const auto answer, api.get(path));
  ApprovalRequest out;
  out.case_id = case_id;
  SP_TRY(out.statement, answer.string_at("statement"));
  SP_TRY(const auto challenge, answer.string_at("challenge"));
  SP_TRY(out.fields, read_statement(approval_domain, out.statement, challenge));
  SP_CHECK(out.fields.only_keys({"case", "action", "directory", "account", "account_state", "holder", "requested_by",
                                 "reason", "ticket", "evidence", "identity", "policy", "expires_at"}));
  SP_CHECK(must_equal(out.fields, "case", case_id));
  SP_TRY(const auto action, out.fields.string_at("action"));
  if (!action_from_text(action))
    return std::unexpected(Problem(not_signed("the statement's action is not one we know").error()));
  SP_TRY(const auto* holder, answer.object_at("holder"));
  SP_TRY(out.login, holder->string_at("login"));
  SP_TRY(out.name, holder->string_at("name"));
  SP_TRY(out.reason, answer.string_at("reason"));
  // What is shown must be what is signed: a server that names another person is not believed.
  SP_TRY(const auto salt, answer.string_at("salt"));
  if (shown(out.fields, "holder", "") != to_hex(holder_digest(salt, out.login, out.name)) ||
      shown(out.fields, "reason", "") != to_hex(reason_digest(salt, out.reason)))
    return std::unexpected(
        Problem(not_signed("the statement is about another person or reason than the server shows").error()));
  SP_TRY(const auto policy, api.get("/v1/policy"));
  out.policy_in_force = shown(policy, "digest") == shown(out.fields, "policy", "");
  return out;
}

void show_approval(Terminal& terminal, const ApprovalRequest& request) {
  const auto& f = request.fields;
  terminal.heading(
      concat("You are asked to sign: ", shown(f, "action"), " for ", request.name, " (", request.login, ")"));
  terminal.fact("case", shown(f, "case"));
  terminal.fact("action", shown(f, "action"), Ink::bold);
  terminal.fact("account", concat(shown(f, "account"), " in directory ", shown(f, "directory")));
  terminal.fact("holder", concat(request.name, " (", request.login, ")"));
  terminal.fact("asked by", shown(f, "requested_by"));
  terminal.fact("reason", request.reason);
  terminal.fact("ticket", shown(f, "ticket"));
  if (const auto* evidence = f.find("evidence"); evidence != nullptr && evidence->is_array()) {
    bool first = true;
    for (const auto& digest : evidence->as_array()) {
      terminal.fact(first ? "evidence" : "", digest.is_string() ? digest.as_string() : to_text(digest));
      first = false;
    }
  }
  terminal.fact("policy",
                concat(shown(f, "policy"), request.policy_in_force ? " (in force)" : " (NOT the one in force)"),
                request.policy_in_force ? Ink::plain : Ink::red);
  terminal.fact("until", shown(f, "expires_at"));
  terminal.fact("challenge", to_base64url(challenge_of(approval_domain, request.statement)));
}

Answer<Json> approve(Api& api, const ApprovalRequest& request, const SoftwarePasskey& passkey) {
  SP_TRY(const auto path, case_path(request.case_id, "/approvals"));
  return api.post(path, Json::object({{"assertion", passkey.sign(approval_domain, request.statement)}}));
}

namespace {

Json texts(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const auto& text : list) out.push(text);
  return out;
}

// Computed here from the statements that were read: the server's word is not needed for what a list is.
Json sign_list(const SoftwarePasskey& passkey, std::string_view domain, const std::vector<std::string>& statements) {
  const auto place = list_of(statements).front();
  return passkey.sign(domain, list_statement(place.root, place.size));
}

}  // namespace

Answer<Json> approve_list(Api& api, const std::vector<ApprovalRequest>& requests, const SoftwarePasskey& passkey) {
  if (requests.size() > list_cases_max)
    return std::unexpected(Problem(
        Fault{FaultKind::invalid, concat("a list has at most ", list_cases_max, " cases"), "approve fewer at a time"}));
  std::vector<std::string> ids, statements;
  for (const auto& request : requests) {
    ids.push_back(request.case_id);
    statements.push_back(request.statement);
  }
  return api.post("/v1/approvals", Json::object({{"cases", texts(ids)},
                                                 {"assertion", sign_list(passkey, as_approval.listed, statements)}}));
}

Answer<ReviewRequest> fetch_review(Api& api, const std::vector<std::string>& ids, const std::string& verdict,
                                   const std::string& ticket) {
  ReviewRequest out{ids, {}, {}, verdict, ticket};
  SP_TRY(const auto answer, api.post("/v1/reviews/statements",
                                     Json::object({{"cases", texts(ids)}, {"verdict", verdict}, {"ticket", ticket}})));
  SP_TRY(const auto* list, answer.array_at("statements"));
  if (list->size() != ids.size())
    return std::unexpected(Problem(not_signed("the server answers for other cases than were asked for").error()));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& item = (*list)[i];
    SP_TRY(auto statement, item.string_at("statement"));
    const auto fields = parse_json(statement);
    if (!fields || !fields->is_object() || to_text(*fields) != statement)
      return std::unexpected(Problem(not_signed("the statement is not canonical JSON").error()));
    SP_CHECK(fields->only_keys({"case", "deed", "result", "objections", "verdict", "ticket"}));
    SP_CHECK(must_equal(*fields, "case", ids[i]));
    SP_CHECK(must_equal(*fields, "verdict", verdict));
    SP_CHECK(must_equal(*fields, "ticket", ticket));
    SP_CHECK(must_equal(*fields, "result", "done"));
    // What is shown is read from the very text whose digest is signed.
    SP_TRY(const auto deed_text, item.string_at("deed"));
    SP_CHECK(must_equal(*fields, "deed", to_hex(sha256(view_of(deed_text)))));
    SP_TRY(const auto deed, parse_json(deed_text));
    SP_CHECK(deed.only_keys({"approved", "approvers", "class", "execution", "marker"}));
    SP_TRY(const auto approved_text, deed.string_at("approved"));
    SP_TRY(auto approved, parse_json(approved_text));
    SP_CHECK(must_equal(approved, "case", ids[i]));
    SP_TRY(const auto objections, fields->int_at("objections"));
    for (const auto* key : {"approvers", "class", "execution"})
      if (const auto* value = deed.find(key)) approved.set(key, *value);
    approved.set("objections", objections);
    out.statements.push_back(std::move(statement));
    out.deeds.push_back(std::move(approved));
  }
  return out;
}

void show_review(Terminal& terminal, const ReviewRequest& request) {
  for (const auto& deed : request.deeds) {
    terminal.heading(concat("Done: ", shown(deed, "action"), " in case ", shown(deed, "case")));
    terminal.fact("account", concat(shown(deed, "account"), " in directory ", shown(deed, "directory")));
    terminal.fact("class", shown(deed, "class"));
    terminal.fact("opened by", shown(deed, "requested_by"));
    std::string approvers;
    if (const auto* list = deed.find("approvers"); list != nullptr && list->is_array())
      for (const auto& by : list->as_array())
        approvers += concat(approvers.empty() ? "" : ", ", by.is_string() ? by.as_string() : "?");
    terminal.fact("approved by", approvers.empty() ? "nobody: none was asked for" : approvers);
    terminal.fact("ticket", shown(deed, "ticket"));
    terminal.fact("execution", shown(deed, "execution"));
    const auto objections = shown(deed, "objections");
    terminal.fact("objections", objections, objections == "0" ? Ink::plain : Ink::red);
  }
  terminal.heading(concat(
      "You are asked to sign: ", request.verdict, ", of ",
      request.ids.size() == 1 ? std::string("this case") : concat("these ", request.ids.size(), " cases as one list")));
}

Answer<Json> sign_review(Api& api, const ReviewRequest& request, const SoftwarePasskey& passkey) {
  auto assertion = request.statements.size() == 1 ? passkey.sign(as_review.alone, request.statements.front())
                                                  : sign_list(passkey, as_review.listed, request.statements);
  return api.post("/v1/reviews", Json::object({{"cases", texts(request.ids)},
                                               {"verdict", request.verdict},
                                               {"ticket", request.ticket},
                                               {"assertion", std::move(assertion)}}));
}

Result<void> check_enrolment(const Json& asked, const Json& stated, const std::string& rp_id,
                             const std::vector<std::string>& origins) {
  if (!asked.is_object() || !stated.is_object() || without(asked, "registration") != without(stated, "passkey"))
    return not_signed("the statement appoints somebody else, or to something else, than was asked for");
  SP_TRY(const auto* registration, asked.object_at("registration"));
  SP_TRY(const auto object_text, registration->string_at("attestation_object"));
  SP_TRY(const auto client_text, registration->string_at("client_data_json"));
  SP_TRY(const auto id, asked.string_at("id"));
  const auto object = from_base64url(object_text);
  const auto client = from_base64url(client_text);
  if (!object || !client) return fault(FaultKind::invalid, "the registration is not base64url");
  auto verified = verify_registration(*object, *client, {rp_id, origins, challenge_of(registration_domain, id)});
  if (!verified) return with_context("the registration", std::move(verified).error());
  SP_TRY(const auto* passkey_json, stated.object_at("passkey"));
  SP_TRY(const auto passkey, record_from_json<Passkey>(*passkey_json));
  if (passkey.credential_id != verified->credential_id || !std::ranges::equal(passkey.aaguid, verified->aaguid) ||
      !std::ranges::equal(passkey.public_key, verified->key.coordinates()))
    return not_signed("the statement names another passkey than the one registered");
  return {};
}

Answer<Json> change_organization(Api& api, const Json& change, const SoftwarePasskey& passkey, const Json& expected) {
  SP_TRY(const auto ledger, opened_ledger(api));
  SP_TRY(const auto answer, api.post("/v1/changes/statement", change));
  SP_TRY(const auto number, answer.int_at("number"));
  SP_TRY(const auto statement, answer.string_at("statement"));
  SP_TRY(const auto challenge, answer.string_at("challenge"));
  SP_TRY(const auto stated, read_statement(change_domain, statement, challenge));
  SP_CHECK(must_equal(stated, "ledger", ledger.origin));
  SP_CHECK(must_equal(stated, "by", passkey.staff().text()));
  SP_TRY(const auto stated_number, stated.int_at("number"));
  if (stated_number != number)
    return std::unexpected(Problem(not_signed("the statement has another number than the server says").error()));
  SP_CHECK(check_change(change, stated, ledger, expected));
  auto signed_change = change;
  if (const auto* member = stated.find("enrol")) signed_change.set("enrol", *member);
  signed_change.set("number", number);
  signed_change.set("assertion", passkey.sign(change_domain, statement));
  return api.post("/v1/changes", signed_change);
}

}  // namespace sallyport::cli
