// Every kind of entry, as bytes that stay. tests/vectors/ledger/entries.jsonl holds one of each; a change
// of these bytes is a change of the ledger's format.
#include "core/ledger/entry.h"

#include <gtest/gtest.h>

#include <set>

#include "../tests/support/files_for_tests.h"
#include "base/text.h"

namespace sallyport {
namespace {

template <typename Id>
Id id(std::string_view text) {
  return *Id::parse(text);
}

Digest digest(std::uint8_t byte) {
  Digest d;
  d.bytes.fill(byte);
  return d;
}

const Instant at = *instant_from_rfc3339("2026-03-02T09:00:00.000Z");
const SignedAssertion assertion{Bytes{1, 2, 3}, Bytes(37, 5), bytes_of(R"({"type":"webauthn.get"})"),
                                Bytes{0x30, 0x06}};

StaffMember member() {
  StaffMember m;
  m.id = id<StaffId>("lea");
  m.person = id<PersonId>("person.lea");
  m.organization = id<OrganizationId>("north");
  m.team = id<TeamId>("help_desk");
  m.roles = {StaffRole::approver, StaffRole::operator_};
  m.seats = {id<RoleName>("desk_lead")};
  m.ends_at = at + days(90);
  m.passkey = {Bytes{1, 2, 3}, Bytes(64, 9), Bytes(16, 0), "none", true};
  return m;
}

Requirement requirement() {
  Requirement r;
  r.signals = 2;
  r.strong = 1;
  r.include = {id<SignalName>("totp")};
  r.allow = std::vector{id<SignalName>("passkey"), id<SignalName>("totp")};
  r.approvers = {{1, id<RoleName>("desk_lead"), {}, {}},
                 {2, {}, id<TeamId>("help_desk"), id<OrganizationId>("account.organization")}};
  r.hold_without_strong = minutes(30);
  r.review = Review{hours(72), false};
  r.lasts = hours(1);
  return r;
}

std::vector<LedgerEntry> one_of_each() {
  const ChangeSignature signature{1, id<StaffId>("olga"), assertion};
  AccountFacts account;
  account.directory = id<DirectoryId>("corp");
  account.account = id<AccountId>("5f2b0c1e-0000-4000-8000-000000000001");
  account.holder = id<PersonId>("person.paul");
  account.organization = id<OrganizationId>("north");
  account.state_token = "20260301120000Z#000001";
  account.active = true;
  account.employment = "employee";
  account.groups = {"Finance", "Staff \"A\""};
  account.read_at = at;
  CaseOpened opened;
  opened.action = Action::password_reset;
  opened.account = account;
  opened.requested_by = id<StaffId>("ann");
  opened.requester = id<PersonId>("person.ann");
  opened.channel = "phone";
  opened.ticket = "INC-1042";
  opened.reason = digest(1);
  opened.holder = digest(2);
  opened.join_code = digest(3);
  opened.cases_24h = 1;
  opened.request.agent_organization = id<OrganizationId>("north");
  opened.request.agent_team = id<TeamId>("help_desk");
  opened.request.recovery_factor_changed_at = at - days(9);
  opened.policy = digest(4);
  opened.account_class = id<ClassName>("workforce");
  opened.requirement = requirement();
  opened.expires_at = at + hours(4);
  Evidence evidence;
  evidence.number = 1;
  evidence.signal = id<SignalName>("totp");
  evidence.result = EvidenceResult::passed;
  evidence.at = at;
  evidence.enrolled_at = at - days(400);
  evidence.detail = "step 58814412";
  Evidence bare;
  bare.number = 2;
  bare.signal = id<SignalName>("mail_code");
  bare.at = at;
  const auto execution = id<ExecutionId>("c-1.1");
  LedgerOpened ledger{"ledger.example.org/one", Environment::demo, "example.org",
                      {"https://example.org"},  member(),          Bytes(65, 4)};
  const auto directory = id<DirectoryId>("corp");
  const auto person = id<AccountId>("paul");
  std::vector<LedgerEvent> events{
      OrganizationEvent(ledger),
      OrganizationEvent(StaffEnrolled{member(), signature}),
      OrganizationEvent(StaffRemoved{id<StaffId>("lea"), signature}),
      OrganizationEvent(ProofPart{"{\"schema\":"}),
      OrganizationEvent(
          PolicyProposed{"policy: x\n# \"quoted\" \xC3\xA9\n", "organization: x\n", digest(9), signature}),
      OrganizationEvent(ChangeApproved{4, signature}),
      CaseEvent(opened),
      CaseEvent(ClaimantJoined{digest(5)}),
      CaseEvent(SignalRequested{id<SignalName>("mail_code"), 1, at + minutes(10)}),
      CaseEvent(EvidenceRecorded{evidence}),
      CaseEvent(EvidenceRecorded{bare}),
      CaseEvent(IdentityVerified{1, at, {1, 2}, false, at + minutes(30), at + minutes(90)}),
      CaseEvent(SecretSealed{digest(6)}),
      CaseEvent(ApprovalRecorded{id<StaffId>("lea"), id<PersonId>("person.lea"), 1, assertion, 2, hours(80)}),
      CaseEvent(ActionPermitted{
          1, digest(7), {id<StaffId>("lea")}, digest(4), {"password_reset has the floor standard"}, at + hours(1)}),
      CaseEvent(IntentRecorded{execution, 1, Action::password_reset, directory, person, "state", "m0", "m1", 12,
                               at + seconds(30)}),
      CaseEvent(OutcomeRecorded{execution, Outcome::done, "none", "", "m1", "20260302090001Z", false}),
      CaseEvent(RefusalRecorded{"approve", "abe", DenialCode::requester_may_not_approve, "`abe` opened this case"}),
      CaseEvent(CaseClosed{CaseResult::done, "executor", ""}),
      EnrolmentEvent(EnrolmentInvited{directory, person, id<StaffId>("olga"), at + days(1)}),
      EnrolmentEvent(SignalEnrolled{directory, person, id<SignalName>("recovery_code"), 8}),
      EnrolmentEvent(TokenIssued{id<StaffId>("lea"), digest(8), "nonce", assertion, at + hours(8)}),
      EnrolmentEvent(TokenRevoked{id<StaffId>("lea"), digest(8)}),
      OrganizationEvent(RemovalProposed{id<StaffId>("lea"), signature}),
      OrganizationEvent(ChangeRejected{4, "one \"operator\" too many \xC3\xA9", signature}),
      OrganizationEvent(ChangeWithdrawn{4, signature}),
      CaseEvent(HolderObjected{"callback", id<StaffId>("lea")}),
      CaseEvent(NoticeSent{{1, id<NoticeName>("mail"), at, at - days(40), true}}),
      CaseEvent(CaseReviewed{id<StaffId>("lea"), id<PersonId>("person.lea"), ReviewVerdict::doubtful, "SEC-7",
                             assertion, ListPlace{digest(2), 2, 1, {digest(3)}}}),
      CaseEvent(ApprovalRecorded{id<StaffId>("lea"), id<PersonId>("person.lea"), 1, assertion, 2, hours(80),
                                 ListPlace{digest(2), 2, 1, {digest(3)}}}),
      CaseEvent(IntentRecorded{execution, 1, Action::emergency_access, directory, person, "state", "m0", "m1", 12,
                               at + seconds(30), hours(1)}),
      OrganizationEvent(ExerciseSealed{digest(10), at + days(1), signature}),
      OrganizationEvent(ExerciseOpened{7,
                                       {directory, person, Action::mfa_reset, at, at + hours(8),
                                        "a \"new\" phone \xC3\xA9", id<TeamId>("help_desk"), Bytes(32, 7)},
                                       {id<CaseId>("c-1"), id<CaseId>("c-2")},
                                       signature}),
      OrganizationEvent(ExerciseOpened{7, {directory, person, {}, at, at + hours(8), "any", {}, Bytes(32, 7)}, {}, {}}),
      CaseEvent(CaseClosed{CaseResult::exercise, "exercise", "exercise 7"}),
  };
  std::vector<LedgerEntry> out;
  for (auto& event : events) {
    const auto kind = kind_of(event);
    std::string stream = "organization";
    if (std::holds_alternative<CaseEvent>(event)) stream = case_stream(id<CaseId>("c-1"));
    if (std::holds_alternative<EnrolmentEvent>(event))
      stream = kind.starts_with("token") ? staff_stream(id<StaffId>("lea")) : account_stream(directory, person);
    out.push_back({stream, out.size(), at, std::move(event)});
  }
  return out;
}

TEST(Entry, every_kind_is_written_as_it_always_was) {
  const auto golden = lines_of(repository_file("tests/vectors/ledger/entries.jsonl"));
  const auto entries = one_of_each();
  ASSERT_EQ(golden.size(), entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(encode_entry(entries[i]), golden[i]);
}

TEST(Entry, every_kind_reads_back_and_none_is_forgotten) {
  std::set<std::string_view> kinds;
  for (const auto& entry : one_of_each()) {
    kinds.insert(kind_of(entry.event));
    const auto bytes = encode_entry(entry);
    const auto back = decode_entry(bytes);
    ASSERT_TRUE(back.has_value()) << back.error().what;
    EXPECT_EQ(back->stream, entry.stream);
    EXPECT_EQ(back->version, entry.version);
    EXPECT_EQ(back->at, entry.at);
    EXPECT_EQ(back->event.index(), entry.event.index());
    EXPECT_EQ(encode_entry(*back), bytes);
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<OrganizationEvent> + std::variant_size_v<CaseEvent> +
                              std::variant_size_v<EnrolmentEvent>);
}

std::string refusal(const Json& json) {
  const auto entry = decode_entry(to_text(json));
  return entry ? "accepted" : entry.error().what;
}

TEST(Entry, refuses_what_it_does_not_know) {
  const auto good = *parse_json(encode_entry(one_of_each()[7]));  // claimant_joined
  const auto with = [&](std::string_view key, Json value) { return Json(good).set(key, std::move(value)); };
  EXPECT_EQ(refusal(good), "accepted");
  EXPECT_EQ(refusal(with("v", 2)), "entry format 2 is not known");
  EXPECT_EQ(refusal(with("v", "1")), "`v` must be given as a whole number");
  EXPECT_EQ(refusal(with("kind", "claimant_left")), "the kind `claimant_left` is not known");
  EXPECT_EQ(refusal(with("extra", 1)), "`extra` is not known here");
  EXPECT_EQ(refusal(with("version", -1)), "`version` is negative");
  EXPECT_EQ(refusal(with("at", "2026-03-02T09:00:00Z")), "`at` must be a time like 2026-01-31T09:00:00.000Z");
  EXPECT_EQ(refusal(with("stream", 1)), "`stream` must be given as a string");
  EXPECT_EQ(refusal(with("body", Json::array())), "`body` must be given as an object");
  EXPECT_EQ(refusal(with("body", Json::object())), "claimant_joined: `token` is missing");
  EXPECT_EQ(refusal(with("body", Json::object({{"token", to_hex(digest(1))}, {"ip", "x"}}))),
            "claimant_joined: `ip` is not known here");
  EXPECT_EQ(refusal(with("body", Json::object({{"token", "xyz"}}))),
            "claimant_joined: `token` must be 64 lower-case hex digits");
  EXPECT_FALSE(decode_entry("").has_value());
  EXPECT_FALSE(decode_entry("{}").has_value());
  EXPECT_FALSE(decode_entry(encode_entry(one_of_each()[7]) + "\n{}").has_value());
}

TEST(Entry, refuses_each_missing_member) {
  for (const auto& entry : one_of_each()) {
    const auto whole = *parse_json(encode_entry(entry));
    for (const auto& [key, value] : whole.as_object()) {
      Json without = Json::object();
      for (const auto& [other, kept] : whole.as_object())
        if (other != key) without.set(other, kept);
      EXPECT_NE(refusal(without), "accepted") << key;
    }
  }
}

TEST(Entry, streams_have_names_that_read_back) {
  EXPECT_EQ(case_of_stream("case/c-1"), CaseId::parse("c-1"));
  for (const auto* stream : {"case/", "case/C", "case/a/b", "cases/c-1", "organization", "", "/case/c-1"})
    EXPECT_FALSE(case_of_stream(stream)) << stream;
  EXPECT_EQ(account_stream(id<DirectoryId>("corp"), id<AccountId>("paul")), "account/corp/paul");
  EXPECT_EQ(staff_stream(id<StaffId>("lea")), "staff/lea");
}

}  // namespace
}  // namespace sallyport
