#include "cli/changes.h"

#include "base/text.h"
#include "cli/signing.h"
#include "core/organization/policy_proposal.h"
#include "crypto/hash.h"

namespace sallyport::cli {
namespace {

std::string digest_of(std::string_view text) { return to_hex(sha256(view_of(text))); }

std::unexpected<Problem> not_signed(std::string what) {
  return std::unexpected(Problem(
      Fault{FaultKind::rejected, concat("nothing was signed: ", what), "do not sign; tell whoever runs the server"}));
}

// How a statement names the change that it answers to.
Json what_was_asked(const ChangeRequest& request) {
  return Json::object({{"change", Json(request.number)}, {"statement", digest_of(request.statement)}});
}

// What the statement of a proposal has to say, once the policy is proved here.
Answer<Json> stated_proposal(const PolicyTexts& texts, std::size_t* certificate_bytes = nullptr) {
  SP_TRY(const auto proved, prove_for_proposal(texts.policy, texts.organization));
  if (!proved)
    return std::unexpected(Problem(Fault{
        FaultKind::rejected, concat("the policy is not proved: ", proved.error().detail), proved.error().next_step}));
  if (certificate_bytes != nullptr) *certificate_bytes = proved->certificate.size();
  return Json::object({{"policy", digest_of(texts.policy)},
                       {"organization", organization_digest(texts.organization)},
                       {"certificate", digest_of(proved->certificate)}});
}

}  // namespace

Answer<Json> propose_policy(Api& api, const PolicyTexts& texts, const SoftwarePasskey& passkey) {
  SP_TRY(auto stated, stated_proposal(texts));
  auto sent = Json::object({{"policy", texts.policy}});
  if (!texts.organization.empty()) sent.set("organization", texts.organization);
  return change_organization(api, Json::object({{"propose", std::move(sent)}}), passkey,
                             Json::object({{"propose", std::move(stated)}}));
}

Answer<ChangeRequest> fetch_change(Api& api, std::uint64_t number, Looking looking) {
  ChangeRequest out;
  out.number = number;
  SP_TRY(out.shown, api.get(concat("/v1/changes/", number)));
  SP_TRY(out.statement, out.shown.string_at("statement"));
  SP_TRY(const auto kind, out.shown.string_at("kind"));
  const auto statement = parse_json(out.statement);
  if (!statement || !statement->is_object() || to_text(*statement) != out.statement)
    return not_signed("the proposer's statement is not canonical JSON");
  if (shown(*statement, "number", "") != std::to_string(number) ||
      shown(*statement, "by", "") != shown(out.shown, "by", "-"))
    return not_signed("the proposer's statement is about another change");
  if (kind == "appointment") {
    const auto* member = out.shown.find("member");
    const auto* enrolled = statement->find("enrol");
    if (member == nullptr || enrolled == nullptr || *member != *enrolled)
      return not_signed("the server shows another person than the proposer appointed");
    return out;
  }
  if (kind == "removal") {
    if (shown(*statement, "remove", "") != shown(out.shown, "staff", "-"))
      return not_signed("the server shows another person than the proposer wants removed");
    return out;
  }
  if (kind != "policy") return not_signed(concat("`", kind, "` is no kind of change that we know"));
  out.is_policy = true;
  const auto* proposed = statement->find("propose");
  const auto* policy = out.shown.find("policy");
  if (proposed == nullptr || policy == nullptr || shown(*proposed, "policy", "") != shown(*policy, "digest", "-"))
    return not_signed("the server shows another policy than the proposer signed");
  if (looking == Looking::at_the_request) return out;
  PolicyTexts texts;
  SP_TRY(texts.policy, out.shown.string_at("text"));
  SP_TRY(texts.organization, out.shown.string_at("organization"));
  SP_TRY(const auto stated, stated_proposal(texts, &out.certificate_bytes));
  if (*proposed != stated)
    return not_signed("the server shows another policy, or another proof, than the proposer signed");
  return out;
}

Answer<Json> approve_change(Api& api, const ChangeRequest& request, const SoftwarePasskey& passkey) {
  return change_organization(api, Json::object({{"approve", Json(request.number)}}), passkey,
                             Json::object({{"approve", what_was_asked(request)}}));
}

Answer<Json> reject_change(Api& api, const ChangeRequest& request, const std::string& reason,
                           const SoftwarePasskey& passkey) {
  const auto wanted = Json::object({{"change", Json(request.number)}, {"reason", reason}});
  return change_organization(api, Json::object({{"reject", wanted}}), passkey,
                             Json::object({{"reject", what_was_asked(request).set("reason", reason)}}));
}

Answer<Json> withdraw_change(Api& api, const ChangeRequest& request, const SoftwarePasskey& passkey) {
  return change_organization(api, Json::object({{"withdraw", Json(request.number)}}), passkey,
                             Json::object({{"withdraw", what_was_asked(request)}}));
}

}  // namespace sallyport::cli
