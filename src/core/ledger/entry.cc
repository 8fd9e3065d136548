#include "core/ledger/entry.h"

#include "base/text.h"

namespace sallyport {
namespace {

// Each event type and its name in the ledger. Names are for ever: a new meaning gets a new name.
template <typename Event>
struct Kind;
#define SALLYPORT_KIND(type, text)                 \
  template <>                                      \
  struct Kind<type> {                              \
    static constexpr std::string_view name = text; \
  }
SALLYPORT_KIND(LedgerOpened, "ledger_opened");
SALLYPORT_KIND(StaffEnrolled, "staff_enrolled");
SALLYPORT_KIND(StaffRemoved, "staff_removed");
SALLYPORT_KIND(ProofPart, "proof_part");
SALLYPORT_KIND(PolicyProposed, "policy_proposed");
SALLYPORT_KIND(ChangeApproved, "change_approved");
SALLYPORT_KIND(RemovalProposed, "removal_proposed");
SALLYPORT_KIND(ChangeRejected, "change_rejected");
SALLYPORT_KIND(ChangeWithdrawn, "change_withdrawn");
SALLYPORT_KIND(ExerciseSealed, "exercise_sealed");
SALLYPORT_KIND(ExerciseOpened, "exercise_opened");
SALLYPORT_KIND(CaseOpened, "case_opened");
SALLYPORT_KIND(ClaimantJoined, "claimant_joined");
SALLYPORT_KIND(SignalRequested, "signal_requested");
SALLYPORT_KIND(EvidenceRecorded, "evidence_recorded");
SALLYPORT_KIND(IdentityVerified, "identity_verified");
SALLYPORT_KIND(SecretSealed, "secret_sealed");
SALLYPORT_KIND(ApprovalRecorded, "approval_recorded");
SALLYPORT_KIND(ActionPermitted, "action_permitted");
SALLYPORT_KIND(IntentRecorded, "intent_recorded");
SALLYPORT_KIND(OutcomeRecorded, "outcome_recorded");
SALLYPORT_KIND(RefusalRecorded, "refusal_recorded");
SALLYPORT_KIND(HolderObjected, "holder_objected");
SALLYPORT_KIND(CaseClosed, "case_closed");
SALLYPORT_KIND(NoticeSent, "notice_sent");
SALLYPORT_KIND(CaseReviewed, "case_reviewed");
SALLYPORT_KIND(EnrolmentInvited, "enrolment_invited");
SALLYPORT_KIND(SignalEnrolled, "signal_enrolled");
SALLYPORT_KIND(TokenIssued, "token_issued");
SALLYPORT_KIND(TokenRevoked, "token_revoked");
#undef SALLYPORT_KIND

// Tries each alternative of one group; false: the kind is not of this group.
template <typename Group, std::size_t I = 0>
Result<bool> decode_in(std::string_view kind, const Json& body, LedgerEvent& out) {
  if constexpr (I == std::variant_size_v<Group>) {
    return false;
  } else {
    using Event = std::variant_alternative_t<I, Group>;
    if (Kind<Event>::name != kind) return decode_in<Group, I + 1>(kind, body, out);
    auto event = record_from_json<Event>(body);
    if (!event) return with_context(kind, std::move(event).error());
    out = Group(std::move(*event));
    return true;
  }
}

constexpr std::string_view case_prefix = "case/";
constexpr std::size_t entry_bytes_usual = 1024;  // an opened case; most are shorter

}  // namespace

std::string case_stream(const CaseId& id) { return concat(case_prefix, id.text()); }

std::optional<CaseId> case_of_stream(std::string_view stream) {
  if (!stream.starts_with(case_prefix)) return std::nullopt;
  return CaseId::parse(stream.substr(case_prefix.size()));
}

std::string account_stream(const DirectoryId& directory, const AccountId& account) {
  return concat("account/", directory.text(), "/", account.text());
}

std::string staff_stream(const StaffId& id) { return concat("staff/", id.text()); }

std::string_view kind_of(const LedgerEvent& event) noexcept {
  return std::visit(
      [](const auto& group) {
        return std::visit([](const auto& e) { return Kind<std::remove_cvref_t<decltype(e)>>::name; }, group);
      },
      event);
}

// Canonical JSON by hand: the keys stand in their order.
std::string encode_entry(const LedgerEntry& entry) {
  std::string out;
  out.reserve(entry_bytes_usual);
  out += R"({"at":")";
  out += to_rfc3339(entry.at);
  out += R"(","body":)";
  std::visit([&](const auto& group) { std::visit([&](const auto& e) { append_record(out, e); }, group); }, entry.event);
  out += R"(,"kind":")";
  out += kind_of(entry.event);
  out += R"(","stream":)";
  append_json_string(out, entry.stream);
  out += R"(,"v":1,"version":)";
  out += std::to_string(static_cast<std::int64_t>(entry.version));
  out += '}';
  return out;
}

Result<LedgerEntry> decode_entry(std::string_view bytes) {
  SP_TRY(const Json json, parse_json(bytes));
  SP_CHECK(json.only_keys({"v", "stream", "version", "at", "kind", "body"}));
  SP_TRY(const auto v, json.int_at("v"));
  if (v != 1)
    return fault(FaultKind::invalid, concat("entry format ", v, " is not known"), "use a newer version of Sallyport");
  LedgerEntry out;
  SP_TRY(out.stream, json.string_at("stream"));
  SP_TRY(const auto version, json.int_at("version"));
  if (version < 0) return fault(FaultKind::invalid, "`version` is negative");
  out.version = static_cast<std::uint64_t>(version);
  SP_TRY(const auto at, json.string_at("at"));
  const auto instant = instant_from_rfc3339(at);
  if (!instant) return fault(FaultKind::invalid, "`at` must be a time like 2026-01-31T09:00:00.000Z");
  out.at = *instant;
  SP_TRY(const auto kind, json.string_at("kind"));
  SP_TRY(const auto* body, json.object_at("body"));
  SP_TRY(auto found, (decode_in<CaseEvent>(kind, *body, out.event)));
  if (!found) {
    SP_TRY(found, (decode_in<OrganizationEvent>(kind, *body, out.event)));
  }
  if (!found) {
    SP_TRY(found, (decode_in<EnrolmentEvent>(kind, *body, out.event)));
  }
  if (!found)
    return fault(FaultKind::invalid, concat("the kind `", kind, "` is not known"), "use a newer version of Sallyport");
  return out;
}

}  // namespace sallyport
