#include <algorithm>

#include "app/projection.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/cases/assess.h"
#include "core/cases/statement.h"
#include "core/model/salted_digest.h"
#include "crypto/hash.h"
#include "shell/api/call.h"

namespace sallyport {
namespace {

constexpr std::size_t page_max = 200;           // summaries in one answer
constexpr std::size_t login_length_max = 256;
constexpr std::string_view case_alphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford's base32, sorts by value

Json strings(const auto& ids) {
  Json list = Json::array();
  for (const auto& id : ids) list.push(id.text());
  return list;
}

Json role_names(const StaffMember& member) {
  Json list = Json::array();
  for (const auto role : member.roles) list.push(std::string(to_string(role)));
  return list;
}

// "c-" and 18 characters: 48 bits of time, so that lists are in order, and 42 random bits.
Result<CaseId> new_case_id(Entropy& entropy, Instant now) {
  SP_TRY(const auto random, entropy.bytes(8));
  std::string text = "c-";
  for (int shift = 45; shift >= 0; shift -= 5)
    text.push_back(case_alphabet[static_cast<std::size_t>(now.milliseconds >> shift) & 31]);
  for (const auto byte : random) text.push_back(case_alphabet[byte & 31]);
  return *CaseId::parse(text);
}

// Eight characters to read out, in two groups: 39 bits, dead after half an hour or one use.
Result<std::string> new_join_code(Entropy& entropy) {
  constexpr std::string_view alphabet = "abcdefghjkmnpqrstuvwxyz2345679";
  std::string code;
  while (code.size() < 9) {
    SP_TRY(const auto bytes, entropy.bytes(16));
    for (const auto byte : bytes) {
      if (code.size() == 4) code.push_back('-');
      if (code.size() < 9 && byte < 240) code.push_back(alphabet[byte % alphabet.size()]);
    }
  }
  return code;
}

Result<std::string> text_at(const Json& body, std::string_view key, std::size_t most, bool may_be_empty) {
  SP_TRY(auto text, body.string_at(key));
  if (text.size() > most)
    return fault(FaultKind::invalid, concat("`", key, "` is longer than ", most, " bytes"), "shorten it");
  if (text.empty() && !may_be_empty) return fault(FaultKind::invalid, concat("`", key, "` is empty"), "say it");
  return text;
}

// The answer to a command on a case: the case, or why not.
CaseCallback answer_with_case(const Call& call, int status = 200) {
  return [call, status](CaseAnswer answer) {
    if (!answer) return call.fail(answer.error());
    if (!*answer) return call.refuse((*answer).error());
    call.answer(status, case_for_staff(call.parts, ***answer));
  };
}

// An agent sees their own cases; everyone else on the staff sees all.
bool may_see(const StaffMember& member, const CaseState& state) {
  return state.opened.requested_by == member.id || member.has(StaffRole::approver) || member.has(StaffRole::reviewer) ||
         member.has(StaffRole::operator_);
}

std::shared_ptr<const CaseState> visible_case(const Call& call) {
  const auto unseen = [&] { call.fail({FaultKind::not_found, "there is no such case", "check the case id"}); };
  const auto id = call.case_id();
  if (!id) {
    unseen();
    return nullptr;
  }
  auto state = call.parts.adjudicator.find(*id);
  if (!state) {
    call.fail(state.error());
    return nullptr;
  }
  if (may_see(call.staff(), **state)) return *state;
  unseen();
  return nullptr;
}

// The command's case, when there is one; else answers.
bool known_case(const Call& call) {
  const auto id = call.case_id();
  if (id && call.parts.adjudicator.find(*id)) return true;
  call.fail({FaultKind::not_found, "there is no such case", "check the case id"});
  return false;
}

}  // namespace

namespace routes {

void health(const Call& call) { call.answer(200, Json::object({{"status", "ok"}})); }

void ledger_opened(const Call& call) {
  const auto organization = call.parts.adjudicator.organization();
  const auto& o = organization->opened;
  Json origins = Json::array();
  for (const auto& origin : o.origins) origins.push(origin);
  call.answer(200, Json::object({{"origin", o.origin},
                                 {"environment", std::string(to_string(o.environment))},
                                 {"rp_id", o.rp_id},
                                 {"origins", std::move(origins)},
                                 {"executor_key", to_base64url(o.executor_key)},
                                 {"verifier_key", call.parts.verifier_key},
                                 {"genesis", to_hex(call.parts.genesis)}}));
}

void sign_in_challenge(const Call& call) {
  if (auto ok = call.body.only_keys({"staff"}); !ok) return call.fail(ok.error());
  const auto text = call.body.string_at("staff");
  const auto id = text ? StaffId::parse(*text) : std::nullopt;
  if (!id) return call.fail({FaultKind::invalid, "`staff` must be a staff id", ""});
  const auto challenge = call.parts.staff.challenge(*id);
  if (!challenge) return call.fail(challenge.error());
  call.answer(200, Json::object({{"nonce", challenge->nonce},
                                 {"statement", challenge->statement},
                                 {"challenge", to_base64url(challenge->challenge)},
                                 {"credential_id", to_base64url(challenge->credential_id)},
                                 {"rp_id", call.parts.adjudicator.organization()->opened.rp_id}}));
}

void sign_in(const Call& call) {
  if (auto ok = call.body.only_keys({"staff", "nonce", "assertion"}); !ok) return call.fail(ok.error());
  const auto text = call.body.string_at("staff");
  const auto nonce = call.body.string_at("nonce");
  const auto id = text ? StaffId::parse(*text) : std::nullopt;
  if (!id) return call.fail({FaultKind::invalid, "`staff` must be a staff id", ""});
  if (!nonce) return call.fail(nonce.error());
  const auto assertion = assertion_of(call.body);
  if (!assertion) return call.fail(assertion.error());
  call.parts.staff.sign_in(*id, *nonce, *assertion, [call](Result<Ruling<SignedIn>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    const auto& in = **result;
    call.answer(
        201, Json::object(
                 {{"token", in.token}, {"expires_at", to_rfc3339(in.expires_at)}, {"roles", role_names(in.member)}}));
  });
}

void sign_out(const Call& call) {
  call.parts.staff.sign_out(call.token, [call](Result<Ruling<void>> result) {
    if (!result) return call.fail(result.error());
    call.no_content();
  });
}

void me(const Call& call) {
  const auto& m = call.staff();
  call.answer(200, Json::object({{"staff", m.id.text()},
                                 {"roles", role_names(m)},
                                 {"seats", strings(m.seats)},
                                 {"organization", m.organization.text()},
                                 {"team", m.team.text()},
                                 {"ends_at", to_rfc3339(m.ends_at)},
                                 {"expires_at", to_rfc3339(call.session->expires_at)}}));
}

void open_case(const Call& call) {
  if (auto ok = call.body.only_keys({"account", "action", "channel", "ticket", "reason"}); !ok)
    return call.fail(ok.error());
  const auto login = text_at(call.body, "account", login_length_max, false);
  const auto action_text = call.body.string_at("action");
  const auto channel = text_at(call.body, "channel", channel_length_max, false);
  const auto ticket = text_at(call.body, "ticket", ticket_length_max, true);
  const auto reason = text_at(call.body, "reason", reason_length_max, false);
  for (const auto* field : {&login, &action_text, &channel, &ticket, &reason})
    if (!*field) return call.fail(field->error());
  const auto action = action_from_text(*action_text);
  if (!action)
    return call.fail(
        {FaultKind::invalid, concat("`", *action_text, "` is not an action"), "such as password_reset or unlock"});

  // The directory is asked where waiting does no harm.
  const bool taken = call.parts.background.run(
      [call, login = *login, action = *action, channel = *channel, ticket = *ticket, reason = *reason] {
        const auto account = call.parts.executor.find_account(login);
        if (!account) return call.fail(account.error());
        const auto id = new_case_id(call.parts.entropy, call.parts.adjudicator.now());
        const auto code = new_join_code(call.parts.entropy);
        const auto salt = call.parts.entropy.bytes(16);
        if (!id) return call.fail(id.error());
        if (!code) return call.fail(code.error());
        if (!salt) return call.fail(salt.error());
        const PrivateMaterial material{account->login, account->display_name, account->mail, reason, to_hex(*salt)};
        auto sealed = call.parts.rows.seal(private_row(*id), record_to_json(material));
        if (!sealed) return call.fail(sealed.error());
        OpenCase command;
        command.action = action;
        command.account = account->facts;
        command.requested_by = call.staff().id;
        command.channel = channel;
        command.ticket = ticket;
        command.reason = reason_digest(material.salt, material.reason);
        command.holder = holder_digest(material.salt, material.login, material.name);
        command.join_code = ClaimantDesk::join_code_digest(*code);
        call.parts.adjudicator.open_case(*id, std::move(command),
                                         {{private_row(*id), *std::move(sealed)}, {salt_row(*id), material.salt}},
                                         [call, code = *code](CaseAnswer answer) {
                                           if (!answer) return call.fail(answer.error());
                                           if (!*answer) return call.refuse((*answer).error());
                                           Json json = case_for_staff(call.parts, ***answer);
                                           json.set("join_code", code);
                                           call.answer(201, json);
                                         });
      });
  if (!taken)
    call.fail({FaultKind::unavailable, "too many requests are waiting for the directory", "try again in a moment"});
}

void list_cases(const Call& call) {
  const auto query = [&](const char* key, std::string fallback) {
    const auto found = call.request.query.find(key);
    return found == call.request.query.end() ? fallback : found->second;
  };
  const auto state = query("state", "open");
  const auto after = query("after", "");
  if (state != "open" && state != "closed" && state != "all")
    return call.fail({FaultKind::invalid, "`state` must be open, closed or all", ""});
  if (!after.empty() && !CaseId::parse(after)) return call.fail({FaultKind::invalid, "`after` must be a case id", ""});
  const auto& m = call.staff();
  std::size_t limit = page_max;
  if (call.request.query.contains("limit")) {
    const auto asked = number_in_query(call, "limit");
    if (!asked) return call.fail(asked.error());
    if (*asked < 1 || *asked > page_max)
      return call.fail({FaultKind::invalid, concat("`limit` must be from 1 to ", page_max), "such as 50"});
    limit = *asked;
  }
  const bool only_own = !m.has(StaffRole::approver) && !m.has(StaffRole::reviewer) && !m.has(StaffRole::operator_);
  const auto prefix = only_own ? concat("agent/", m.id.text(), "/") : std::string(state == "open" ? "open/" : "case/");
  // One row more than is shown tells whether there is a next page; filtering may shorten a page.
  const auto rows = call.parts.reader.list_view(prefix, after.empty() ? "" : after + "!", limit + 1);
  if (!rows) return call.fail(rows.error());
  Json list = Json::array();
  Json next;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto id = (*rows)[i].key.substr(prefix.size());
    if (i == limit) break;
    if (rows->size() > limit && i + 1 == limit) next = id;
    const auto row = call.parts.reader.read_view(concat("case/", id));
    if (!row) return call.fail(row.error());
    auto summary = *row ? parse_json(**row)
                        : Result<Json>(fault(FaultKind::corrupt, "a case has no summary", "run `sallyport rebuild`"));
    if (!summary) return call.fail(summary.error());
    const bool closed = summary->find("result") != nullptr && !summary->find("result")->is_null();
    if (state == "all" || closed == (state == "closed")) list.push(*std::move(summary));
  }
  call.answer(200, Json::object({{"cases", std::move(list)}, {"next", std::move(next)}}));
}

void show_case(const Call& call) {
  if (const auto state = visible_case(call)) call.answer(200, case_for_staff(call.parts, *state));
}

void cancel_case(const Call& call) {
  if (auto ok = call.body.only_keys({"detail"}); !ok) return call.fail(ok.error());
  const auto detail = call.body.find("detail") != nullptr ? text_at(call.body, "detail", reason_length_max, true)
                                                          : Result<std::string>("");
  if (!detail) return call.fail(detail.error());
  if (!known_case(call)) return;
  call.parts.adjudicator.submit(*call.case_id(), CancelCase{call.staff().id, *detail}, call.staff().id.text(), {},
                                answer_with_case(call));
}

void object_to_case(const Call& call) {
  if (auto ok = call.body.only_keys({"through"}); !ok) return call.fail(ok.error());
  const auto through = text_at(call.body, "through", channel_length_max, false);
  if (!through) return call.fail(through.error());
  if (!known_case(call)) return;
  // Anybody may pass it on, and not everybody may see the case.
  call.parts.adjudicator.submit(
      *call.case_id(), Object{call.staff().id, *through}, call.staff().id.text(), {}, [call](CaseAnswer answer) {
        if (!answer) return call.fail(answer.error());
        if (!*answer) return call.refuse((*answer).error());
        const auto& state = ***answer;
        if (may_see(call.staff(), state)) return call.answer(200, case_for_staff(call.parts, state));
        call.answer(200, Json::object({{"case", state.id.text()},
                                       {"phase", to_string(phase_of(state))},
                                       {"objections", Json(std::uint64_t{state.objections})}}));
      });
}

void execute_case(const Call& call) {
  if (auto ok = call.body.only_keys({"action"}); !ok) return call.fail(ok.error());
  const auto text = call.body.string_at("action");
  if (!text) return call.fail(text.error());
  const auto action = action_from_text(*text);
  if (!action)
    return call.fail(
        {FaultKind::invalid, concat("`", *text, "` is not an action"), "such as password_reset or unlock"});
  if (!known_case(call)) return;
  call.parts.adjudicator.submit(*call.case_id(), RequestExecution{call.staff().id, *action}, call.staff().id.text(), {},
                                [call](CaseAnswer answer) {
                                  if (!answer) return call.fail(answer.error());
                                  if (!*answer) return call.refuse((*answer).error());
                                  if ((**answer)->permit) call.api.dispatch((**answer)->id);
                                  call.answer(200, case_for_staff(call.parts, ***answer));
                                });
}

void case_statement(const Call& call) {
  const auto state = visible_case(call);
  if (!state) return;
  if (!state->identity || state->closed)
    return call.refuse({state->closed ? DenialCode::case_closed : DenialCode::identity_not_verified,
                        state->closed ? "the case is closed" : "the claimant has not been verified yet",
                        "see what is missing with `sallyport case show`", Json::object()});
  const auto statement = approval_statement(*state);
  Json json = Json::object({{"statement", statement},
                            {"challenge", to_base64url(challenge_of(approval_domain, statement))},
                            {"rp_id", call.parts.adjudicator.organization()->opened.rp_id},
                            {"credential_id", to_base64url(call.staff().passkey.credential_id)}});
  const auto material = call.parts.claimants.private_material(state->id);
  if (!material) return call.fail(material.error());
  json.set("holder", Json::object({{"login", material->login}, {"name", material->name}}));
  json.set("reason", material->reason);
  json.set("salt", material->salt);
  call.answer(200, json);
}

void approve_case(const Call& call) {
  if (auto ok = call.body.only_keys({"assertion"}); !ok) return call.fail(ok.error());
  const auto assertion = assertion_of(call.body);
  if (!assertion) return call.fail(assertion.error());
  if (!known_case(call)) return;
  call.parts.adjudicator.approve(*call.case_id(), Approve{call.staff().id, *assertion, 0, {}}, call.staff().person,
                                 answer_with_case(call));
}

namespace {

// "cases": [ids], each once, between one and so many as a list may have.
Result<std::vector<CaseId>> cases_of(const Json& body) {
  SP_TRY(const auto* list, body.array_at("cases"));
  std::vector<CaseId> out;
  for (const auto& item : *list) {
    const auto id = item.is_string() ? CaseId::parse(item.as_string()) : std::nullopt;
    if (!id) return fault(FaultKind::invalid, "`cases` must be a list of case ids", "such as [\"c-4f6k\"]");
    if (std::ranges::find(out, *id) != out.end())
      return fault(FaultKind::invalid, concat("case `", id->text(), "` is on the list twice"), "name it once");
    out.push_back(*id);
  }
  if (out.empty() || out.size() > list_cases_max)
    return fault(FaultKind::invalid, concat("`cases` names ", out.size(), " cases; a list has 1 to ", list_cases_max),
                 "sign for fewer at a time");
  return out;
}

// In their order; answers when one is not there.
std::optional<std::vector<std::shared_ptr<const CaseState>>> known_cases(const Call& call,
                                                                         const std::vector<CaseId>& ids) {
  std::vector<std::shared_ptr<const CaseState>> out;
  for (const auto& id : ids) {
    auto state = call.parts.adjudicator.find(id);
    if (!state) {
      call.fail({FaultKind::not_found, concat("there is no case `", id.text(), "`"), "check the case id"});
      return std::nullopt;
    }
    out.push_back(*std::move(state));
  }
  return out;
}

ListCallback answer_with_cases(const Call& call) {
  return [call](ListAnswer answer) {
    if (!answer) return call.fail(answer.error());
    if (!*answer) return call.refuse((*answer).error());
    Json list = Json::array();
    for (const auto& state : **answer) list.push(case_for_staff(call.parts, *state));
    call.answer(200, Json::object({{"cases", std::move(list)}}));
  };
}

Result<ReviewVerdict> verdict_of(const Json& body) {
  SP_TRY(const auto text, body.string_at("verdict"));
  for (const auto verdict : EnumValues<ReviewVerdict>::all)
    if (to_string(verdict) == text) return verdict;
  return fault(FaultKind::invalid, "`verdict` must be proper or doubtful", "");
}

}  // namespace

void approve_list(const Call& call) {
  if (auto ok = call.body.only_keys({"cases", "assertion"}); !ok) return call.fail(ok.error());
  const auto ids = cases_of(call.body);
  if (!ids) return call.fail(ids.error());
  const auto assertion = assertion_of(call.body);
  if (!assertion) return call.fail(assertion.error());
  const auto states = known_cases(call, *ids);
  if (!states) return;
  // The list is made of the cases as they are now: one that has changed since it was signed is not on it.
  std::vector<std::string> statements;
  for (const auto& state : *states)
    statements.push_back(state->identity ? approval_statement(*state) : std::string("{}"));
  const auto places = list_of(statements);
  Adjudicator::CaseCommands commands;
  for (std::size_t i = 0; i < places.size(); ++i)
    commands.emplace_back((*ids)[i], Approve{call.staff().id, *assertion, 0, {}, places[i]});
  call.parts.adjudicator.approve_list(std::move(commands), call.staff().person, answer_with_cases(call));
}

void list_reviews(const Call& call) {
  const auto found = call.request.query.find("after");
  auto after = found == call.request.query.end() ? std::string() : found->second;
  const auto cut = after.find('~');
  if (!after.empty() && (cut == after.npos || !instant_from_rfc3339(after.substr(0, cut)) ||
                         !CaseId::parse(std::string_view(after).substr(cut + 1))))
    return call.fail({FaultKind::invalid, "`after` must be the `next` of the page before", ""});
  if (!after.empty()) after = concat(after.substr(0, cut), "/", after.substr(cut + 1), "!");
  const auto rows = call.parts.reader.list_view(std::string(review_prefix), after, page_max + 1);
  if (!rows) return call.fail(rows.error());
  const auto now = call.parts.adjudicator.now();
  Json list = Json::array();
  for (std::size_t i = 0; i < rows->size() && i < page_max; ++i) {
    const auto rest = std::string_view((*rows)[i].key).substr(review_prefix.size());
    const auto slash = rest.find('/');
    const auto due = instant_from_rfc3339(rest.substr(0, slash));
    const auto id = slash == rest.npos ? std::nullopt : CaseId::parse(rest.substr(slash + 1));
    if (!due || !id) return call.fail({FaultKind::corrupt, "a view row is damaged", "run `sallyport rebuild`"});
    const auto state = call.parts.adjudicator.find(*id);
    if (!state) return call.fail(state.error());
    const auto& o = (*state)->opened;
    const auto& involved = (*state)->involved;
    list.push(Json::object({{"case", id->text()},
                            {"action", std::string(to_string(o.action))},
                            {"class", o.account_class.text()},
                            {"due", to_rfc3339(*due)},
                            {"overdue", *due < now},
                            {"in_list", !o.requirement.review || o.requirement.review->batch},
                            {"objections", Json(std::uint64_t{(*state)->objections})},
                            {"yours", std::ranges::find(involved, call.staff().person) == involved.end()}}));
  }
  Json next;
  if (rows->size() > page_max) {
    auto last = (*rows)[page_max - 1].key.substr(review_prefix.size());
    last[last.find('/')] = '~';
    next = last;
  }
  call.answer(200, Json::object({{"reviews", std::move(list)}, {"next", std::move(next)}}));
}

void review_statements(const Call& call) {
  if (auto ok = call.body.only_keys({"cases", "verdict", "ticket"}); !ok) return call.fail(ok.error());
  const auto ids = cases_of(call.body);
  if (!ids) return call.fail(ids.error());
  const auto verdict = verdict_of(call.body);
  if (!verdict) return call.fail(verdict.error());
  const auto ticket = text_at(call.body, "ticket", ticket_length_max, true);
  if (!ticket) return call.fail(ticket.error());
  const auto states = known_cases(call, *ids);
  if (!states) return;
  Json list = Json::array();
  for (const auto& state : *states) {
    if (!state->closed)
      return call.refuse({DenialCode::review_not_open, concat("case `", state->id.text(), "` is still open"),
                          "review it when it is done", Json::object()});
    list.push(Json::object({{"case", case_for_staff(call.parts, *state)},
                            {"statement", review_statement(*state, *verdict, *ticket)},
                            {"deed", deed_text(*state)}}));
  }
  call.answer(200, Json::object({{"statements", std::move(list)},
                                 {"rp_id", call.parts.adjudicator.organization()->opened.rp_id},
                                 {"credential_id", to_base64url(call.staff().passkey.credential_id)}}));
}

void review_cases(const Call& call) {
  if (auto ok = call.body.only_keys({"cases", "verdict", "ticket", "assertion"}); !ok) return call.fail(ok.error());
  const auto ids = cases_of(call.body);
  if (!ids) return call.fail(ids.error());
  const auto verdict = verdict_of(call.body);
  if (!verdict) return call.fail(verdict.error());
  const auto ticket = text_at(call.body, "ticket", ticket_length_max, true);
  if (!ticket) return call.fail(ticket.error());
  const auto assertion = assertion_of(call.body);
  if (!assertion) return call.fail(assertion.error());
  const auto states = known_cases(call, *ids);
  if (!states) return;
  std::vector<std::string> statements;
  for (const auto& state : *states)
    statements.push_back(state->closed ? review_statement(*state, *verdict, *ticket) : std::string("{}"));
  const auto places = list_of(statements);
  Adjudicator::CaseCommands commands;
  for (std::size_t i = 0; i < places.size(); ++i)
    commands.emplace_back((*ids)[i], ReviewCase{call.staff().id, *verdict, *ticket, *assertion,
                                                ids->size() > 1 ? std::optional(places[i]) : std::nullopt});
  call.parts.adjudicator.submit_list(std::move(commands), call.staff().id.text(), answer_with_cases(call));
}

void deny_case(const Call& call) {
  if (auto ok = call.body.only_keys({"detail"}); !ok) return call.fail(ok.error());
  const auto detail = text_at(call.body, "detail", reason_length_max, false);
  if (!detail) return call.fail(detail.error());
  if (!known_case(call)) return;
  call.parts.adjudicator.submit(*call.case_id(), DenyCase{call.staff().id, *detail}, call.staff().id.text(), {},
                                answer_with_case(call));
}

void case_timeline(const Call& call) {
  const auto state = visible_case(call);
  if (!state) return;
  const auto entries = call.parts.reader.read_stream(case_stream(state->id), 0);
  if (!entries) return call.fail(entries.error());
  Json list = Json::array();
  for (const auto& stored : *entries) {
    auto entry = parse_json(stored.bytes);
    if (!entry) return call.fail({FaultKind::corrupt, "an entry is damaged", ""});
    Json item = Json::object({{"index", Json(stored.index)}, {"version", Json(stored.version)}});
    for (const auto* key : {"at", "kind", "body"})
      if (const auto* value = entry->find(key)) item.set(key, *value);
    list.push(std::move(item));
  }
  call.answer(200, Json::object({{"entries", std::move(list)}}));
}

void list_staff(const Call& call) {
  const auto organization = call.parts.adjudicator.organization();
  Json list = Json::array();
  for (const auto& [id, member] : organization->staff) list.push(record_to_json(member));
  call.answer(200, Json::object({{"staff", std::move(list)}, {"changes", Json(organization->changes)}}));
}

void show_policy(const Call& call) {
  const auto organization = call.parts.adjudicator.organization();
  if (!organization->policy)
    return call.fail({FaultKind::not_found, "no policy is in force",
                      "propose one with `sallyport policy propose`, and have two operators approve it"});
  const auto& p = *organization->policy;
  call.answer(200, Json::object({{"name", p.name()}, {"digest", to_hex(p.digest())}, {"text", p.text()}}));
}

void explain_policy(const Call& call) {
  if (auto ok = call.body.only_keys({"account", "action"}); !ok) return call.fail(ok.error());
  const auto login = text_at(call.body, "account", login_length_max, false);
  const auto text = call.body.string_at("action");
  if (!login) return call.fail(login.error());
  if (!text) return call.fail(text.error());
  const auto action = action_from_text(*text);
  if (!action)
    return call.fail(
        {FaultKind::invalid, concat("`", *text, "` is not an action"), "such as password_reset or unlock"});
  const bool taken = call.parts.background.run([call, login = *login, action = *action] {
    const auto account = call.parts.executor.find_account(login);
    if (!account) return call.fail(account.error());
    const auto organization = call.parts.adjudicator.organization();
    if (!organization->policy)
      return call.fail({FaultKind::not_found, "no policy is in force",
                        "propose one with `sallyport policy propose`, and have two operators approve it"});
    RequestFacts request;
    request.agent_organization = call.staff().organization;
    request.agent_team = call.staff().team;
    const auto bound = call.parts.reader.read_view(factor_row(account->facts.directory, account->facts.account));
    if (!bound) return call.fail(bound.error());
    if (*bound) request.recovery_factor_changed_at = instant_from_rfc3339(**bound);
    const auto required =
        organization->policy->required({account->facts, action, request, "", 0, call.parts.adjudicator.now()});
    if (!required) return call.refuse(required.error());
    Json reasons = Json::array();
    for (const auto& reason : required->reasons) reasons.push(reason);
    Json missing = Json::array();
    for (const auto& m :
         judge_identity(*organization->policy, required->requirement, {}, call.parts.adjudicator.now()).missing)
      missing.push(record_to_json(m));
    for (const auto& m : judge_approvals(required->requirement, account->facts, {}).missing)
      missing.push(record_to_json(m));
    call.answer(200, Json::object({{"policy", to_hex(organization->policy->digest())},
                                   {"class", required->account_class.text()},
                                   {"tier", required->action_tier.text()},
                                   {"requirement", record_to_json(required->requirement)},
                                   {"reasons", std::move(reasons)},
                                   {"missing", std::move(missing)}}));
  });
  if (!taken)
    call.fail({FaultKind::unavailable, "too many requests are waiting for the directory", "try again in a moment"});
}

void invite(const Call& call) {
  if (auto ok = call.body.only_keys({"account"}); !ok) return call.fail(ok.error());
  const auto login = text_at(call.body, "account", login_length_max, false);
  if (!login) return call.fail(login.error());
  const bool taken = call.parts.background.run([call, login = *login] {
    const auto account = call.parts.executor.find_account(login);
    if (!account) return call.fail(account.error());
    call.parts.claimants.invite(*account, call.staff().id, [call](Result<Ruling<Instant>> result) {
      if (!result) return call.fail(result.error());
      if (!*result) return call.refuse((*result).error());
      call.answer(202, Json::object({{"expires_at", to_rfc3339(**result)}}));
    });
  });
  if (!taken)
    call.fail({FaultKind::unavailable, "too many requests are waiting for the directory", "try again in a moment"});
}

}  // namespace routes
}  // namespace sallyport
