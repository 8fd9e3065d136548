#include <algorithm>

#include "app/registration.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "shell/api/call.h"

namespace sallyport {
namespace {

Result<StaffMember> member_from(const Json& json, const OrganizationState& organization) {
  if (json.find("passkey") != nullptr) return record_from_json<StaffMember>(json);
  SP_TRY(const auto* registration, json.object_at("registration"));
  SP_TRY(const auto id_text, json.string_at("id"));
  const auto id = StaffId::parse(id_text);
  if (!id) return fault(FaultKind::invalid, "`id` must be an id (1 to 64 of a-z 0-9 - _ .)");
  const auto& o = organization.opened;
  SP_TRY(const auto passkey, passkey_from_registration(*registration, *id, {o.environment, o.rp_id, o.origins}));
  Json complete = Json::object();
  for (const auto& [key, value] : json.as_object())
    if (key != "registration") complete.set(key, value);
  complete.set("passkey", record_to_json(passkey));
  return record_from_json<StaffMember>(complete);
}

using Change = Result<Ruling<OrganizationChange>>;

// A policy is proved here, so this may take seconds.
Change proposal_from(const Call& call, const ChangeSignature& signature) {
  SP_TRY(const auto* json, call.body.object_at("propose"));
  SP_CHECK(json->only_keys({"policy", "organization"}));
  ProposePolicy change;
  SP_TRY(change.text, json->string_at("policy"));
  if (json->find("organization") != nullptr) {
    SP_TRY(change.organization, json->string_at("organization"));
  }
  change.signature = signature;
  SP_TRY(auto proved, call.parts.prover.prove(change.text, change.organization));
  if (!proved) return Ruling<OrganizationChange>(std::unexpected(std::move(proved).error()));
  change.certificate = std::move(proved->certificate);
  change.checked = std::move(proved->checked);
  return Ruling<OrganizationChange>(std::move(change));
}

Result<std::uint64_t> number_at(const Json& json, std::string_view key) {
  SP_TRY(const auto number, json.int_at(key));
  if (number < 1) return fault(FaultKind::invalid, concat("`", key, "` must be the number of an open change"));
  return static_cast<std::uint64_t>(number);
}

Change change_from(const Call& call, const ChangeSignature& signature, const OrganizationState& organization) {
  const auto& body = call.body;
  SP_CHECK(body.only_keys({"enrol", "remove", "propose", "approve", "reject", "withdraw", "number", "assertion"}));
  int given = 0;
  for (const auto* key : {"enrol", "remove", "propose", "approve", "reject", "withdraw"})
    given += body.find(key) != nullptr ? 1 : 0;
  if (given != 1)
    return fault(FaultKind::invalid,
                 "exactly one of `enrol`, `remove`, `propose`, `approve`, `reject` and `withdraw` must be given");
  const auto is = [](OrganizationChange change) { return Ruling<OrganizationChange>(std::move(change)); };
  if (body.find("enrol") != nullptr) {
    SP_TRY(const auto* json, body.object_at("enrol"));
    SP_TRY(auto member, member_from(*json, organization));
    return is(StaffEnrolled{std::move(member), signature});
  }
  if (body.find("remove") != nullptr) {
    SP_TRY(const auto text, body.string_at("remove"));
    const auto id = StaffId::parse(text);
    if (!id) return fault(FaultKind::invalid, "`remove` must be a staff id");
    return is(StaffRemoved{*id, signature});
  }
  if (body.find("approve") != nullptr) {
    SP_TRY(const auto number, number_at(body, "approve"));
    return is(ChangeApproved{number, signature});
  }
  if (body.find("reject") != nullptr) {
    SP_TRY(const auto* json, body.object_at("reject"));
    SP_CHECK(json->only_keys({"change", "reason"}));
    SP_TRY(const auto number, number_at(*json, "change"));
    SP_TRY(auto reason, json->string_at("reason"));
    return is(ChangeRejected{number, std::move(reason), signature});
  }
  if (body.find("withdraw") != nullptr) {
    SP_TRY(const auto number, number_at(body, "withdraw"));
    return is(ChangeWithdrawn{number, signature});
  }
  return proposal_from(call, signature);
}

Json staff_ids(const std::vector<StaffId>& ids) {
  Json list = Json::array();
  for (const auto& id : ids) list.push(id.text());
  return list;
}

Json as_json(const OrganizationState& state, std::uint64_t number, const OpenChange& change, Instant now) {
  auto json = Json::object({{"number", Json(number)},
                            {"kind", kind_of_change(change.what)},
                            {"by", change.by.text()},
                            {"until", to_rfc3339(change.until)},
                            {"approved_by", staff_ids(approvals_that_count(state, change, now))},
                            {"approvals_needed", Json(approvals_needed(change))},
                            {"statement", change.statement}});
  if (const auto* member = std::get_if<StaffMember>(&change.what)) json.set("member", record_to_json(*member));
  if (const auto* removal = std::get_if<Removal>(&change.what)) json.set("staff", removal->staff.text());
  if (const auto* proposed = std::get_if<PolicyInProposal>(&change.what))
    json.set("policy", Json::object({{"name", proposed->policy->name()},
                                     {"digest", to_hex(proposed->policy->digest())},
                                     {"organization", organization_digest(proposed->proof->organization)},
                                     {"certificate", to_hex(sha256(view_of(proposed->proof->certificate)))}}));
  return json;
}

Json as_json(std::uint64_t number, const EndedChange& ended) {
  return Json::object({{"number", Json(number)},
                       {"kind", ended.kind},
                       {"about", ended.about},
                       {"by", ended.asked_by.text()},
                       {"end", to_string(ended.end)},
                       {"ended_by", ended.by.text()},
                       {"reason", ended.reason},
                       {"at", to_rfc3339(ended.at)}});
}

// What may be proving a policy does not hold up the server.
void in_background(const Call& call, void (*work)(const Call&)) {
  if (call.body.find("propose") == nullptr) return work(call);
  if (!call.parts.background.run([call, work] { work(call); }))
    call.fail({FaultKind::unavailable, "too many requests are waiting", "try again in a moment"});
}

void state_change(const Call& call) {
  const auto organization = call.parts.adjudicator.organization();
  const ChangeSignature unsigned_yet{organization->changes + 1, call.staff().id, {}};
  const auto change = change_from(call, unsigned_yet, *organization);
  if (!change) return call.fail(change.error());
  if (!*change) return call.refuse((*change).error());
  const auto statement = change_statement(*organization, **change);
  Json json = Json::object({{"number", Json(unsigned_yet.number)},
                            {"statement", statement},
                            {"challenge", to_base64url(challenge_of(change_domain, statement))},
                            {"credential_id", to_base64url(call.staff().passkey.credential_id)},
                            {"rp_id", organization->opened.rp_id}});
  if (const auto* enrolled = std::get_if<StaffEnrolled>(&**change)) json.set("enrol", record_to_json(enrolled->member));
  call.answer(200, json);
}

void take_change(const Call& call) {
  const auto number = call.body.int_at("number");
  if (!number) return call.fail(number.error());
  if (*number < 0) return call.fail({FaultKind::invalid, "`number` must be that of the statement", ""});
  const auto assertion = assertion_of(call.body);
  if (!assertion) return call.fail(assertion.error());
  const auto organization = call.parts.adjudicator.organization();
  const auto signed_number = static_cast<std::uint64_t>(*number);
  auto change = change_from(call, {signed_number, call.staff().id, *assertion}, *organization);
  if (!change) return call.fail(change.error());
  if (!*change) return call.refuse((*change).error());
  call.parts.adjudicator.change(**std::move(change), [call, signed_number](Result<Ruling<void>> result) {
    if (!result) return call.fail(result.error());
    if (!*result) return call.refuse((*result).error());
    const auto after = call.parts.adjudicator.organization();
    call.answer(201, Json::object({{"changes", Json(after->changes)},
                                   {"number", Json(signed_number)},
                                   {"waits_for_approval", after->open.contains(signed_number)}}));
  });
}

}  // namespace

namespace routes {

void change_statement_of(const Call& call) { in_background(call, state_change); }
void make_change(const Call& call) { in_background(call, take_change); }

void list_changes(const Call& call) {
  const auto organization = call.parts.adjudicator.organization();
  const auto now = call.parts.adjudicator.now();
  Json list = Json::array();
  for (const auto& [number, change] : organization->open)
    if (change.until > now) list.push(as_json(*organization, number, change, now));
  Json ended = Json::array();
  for (const auto& [number, change] : organization->ended) ended.push(as_json(number, change));
  call.answer(200, Json::object({{"changes", std::move(list)}, {"ended", std::move(ended)}}));
}

void show_change(const Call& call) {
  const auto organization = call.parts.adjudicator.organization();
  const auto now = call.parts.adjudicator.now();
  for (const auto& [number, change] : organization->open) {
    if (std::to_string(number) != call.path.front() || change.until <= now) continue;
    auto json = as_json(*organization, number, change, now);
    if (const auto* proposed = std::get_if<PolicyInProposal>(&change.what)) {
      json.set("text", proposed->policy->text());
      json.set("organization", proposed->proof->organization);
    }
    return call.answer(200, json);
  }
  for (const auto& [number, ended] : organization->ended)
    if (std::to_string(number) == call.path.front())
      return call.fail({FaultKind::not_found, how_it_ended(number, ended), "see `sallyport change list`"});
  call.fail({FaultKind::not_found, "no such change waits for approval", "see `sallyport change list`"});
}

}  // namespace routes
}  // namespace sallyport
