// For tests: a company of two, an account or three, a help desk with software passkeys, and a ledger
// in memory. Everything that happens goes through decide() and evolve() and is written down as the
// entries that a store would keep, so a story can be audited at its end.
//
//   SmallWorld world;
//   world.open("c-1", Action::password_reset);          // by ann, for paul's account
//   world.give("c-1", "totp");
//   world.give("c-1", "recovery_code");
//   EXPECT_EQ(world.told("c-1", world.approval("lea", "c-1")), std::nullopt);
//
// The people: olga, otis and otto operate; ann and abe are agents; lea and leo are desk leads; vera and vito approve
// for tier 0, vera inside the help desk and vito outside it; sam is on the staff of another organization.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "core/cases/decide.h"
#include "core/cases/statement.h"
#include "core/ledger/entry.h"
#include "core/ledger/readjudicate.h"
#include "core/model/marker.h"
#include "core/model/salted_digest.h"
#include "core/organization/policy_proposal.h"
#include "crypto/hash.h"
#include "crypto/software_authenticator.h"

namespace sallyport {

inline constexpr std::string_view small_policy = R"(policy: small-world
language: 1
signals:
  passkey:       {rests_on: [device], fresh: 30m, enrolled_for: 3d, strength: strong}
  totp:          {rests_on: [handset], fresh: 10m}
  mail_code:     {rests_on: [mailbox], fresh: 24h, kind: issued}
  recovery_code: {rests_on: [code_sheet]}
  callback:      {rests_on: [number, handset], fresh: 30m, unchanged_for: 30d}
tiers:
  light:    {signals: 1, review: {within: 7d, batch: true}}
  standard: {signals: 2, approvers: [{at_least: 1, role: desk_lead}]}
  guarded:  {signals: 2, approvers: [{at_least: 1, role: desk_lead}], hold: {for: 30m, unless: strong}, review: 72h}
  vault:    {signals: 2, strong: 1, approvers: [{at_least: 2, role: tier0_approver}, {at_least: 1, outside: help_desk}],
             hold: {for: 1h}, review: 24h}
classes:
  - {name: tier0, when: "'Domain Admins' in account.groups", floor: vault}
  - {name: privileged, when: "account.admin || account.executive", floor: guarded}
  - {name: contractor, when: "account.employment != 'employee'", floor: standard}
  - {name: workforce}
actions:
  unlock: light
  password_reset: standard
  mfa_reset: guarded
limits: {cases_per_account_24h: 3, tries_per_signal: 3, case_lifetime: 4h, verified_for: 1h}
front_door:
  tier0: [[password]]
  privileged: [[password]]
  contractor: [[password]]
  workforce: [[password]]
guarantees:
  - recovery_not_weaker_than_sign_in: all
)";

template <typename Id>
Id id_of(std::string_view text) {
  auto id = Id::parse(text);
  EXPECT_TRUE(id.has_value()) << text;
  return id.value_or(Id());
}

// What a policy asks for when nothing is known beside the account and the action.
[[nodiscard]] inline Ruling<Required> required_of(const Policy& policy, const AccountFacts& account, Action action) {
  return policy.required({account, action, {}, "", 0, account.read_at});
}

class SmallWorld {
 public:
  static constexpr std::string_view salt = "5a17";  // of every case
  Instant now = *instant_from_rfc3339("2026-03-02T09:00:00.000Z");
  OrganizationState organization;
  std::map<std::string, CaseState> cases;
  std::vector<std::string> ledger;

  explicit SmallWorld(std::string_view policy = small_policy) {
    LedgerOpened opened;
    opened.origin = "ledger.example.org/test";
    opened.environment = Environment::demo;
    opened.rp_id = "example.org";
    opened.origins = {"https://example.org"};
    opened.root = staff("olga", {StaffRole::operator_}, {}, "it");
    opened.executor_key = Bytes(65, 4);
    record(OrganizationEvent(opened));
    appoint("otis", {StaffRole::operator_}, {}, "it");
    appoint("otto", {StaffRole::operator_}, {}, "it");
    appoint("ann", {StaffRole::agent}, {});
    appoint("abe", {StaffRole::agent, StaffRole::approver}, {"desk_lead"});
    appoint("lea", {StaffRole::approver}, {"desk_lead"});
    appoint("leo", {StaffRole::approver}, {"desk_lead"});
    appoint("vera", {StaffRole::approver}, {"tier0_approver"});
    appoint("vito", {StaffRole::approver}, {"tier0_approver"}, "security");
    appoint("sam", {StaffRole::agent, StaffRole::approver}, {"supporter"}, "vendor_desk", "south");
    activate(policy);
  }

  // -- the organization -----------------------------------------------------------------------
  [[nodiscard]] static SoftwareAuthenticator passkey_of(std::string_view name) {
    const auto scalar = sha256(view_of(concat("the key of ", name)));
    auto made = SoftwareAuthenticator::create(SecretBytes::copy_of(view_of(scalar)), "example.org");
    EXPECT_TRUE(made.has_value());
    return *std::move(made);
  }

  [[nodiscard]] StaffMember staff(std::string_view name, std::vector<StaffRole> roles,
                                  const std::vector<std::string_view>& seats, std::string_view team = "help_desk",
                                  std::string_view of = "north") const {
    const auto authenticator = passkey_of(name);
    StaffMember m;
    m.id = id_of<StaffId>(name);
    m.person = id_of<PersonId>(concat("person.", name));
    m.organization = id_of<OrganizationId>(of);
    m.team = id_of<TeamId>(team);
    m.roles = std::move(roles);
    for (const auto seat : seats) m.seats.push_back(id_of<RoleName>(seat));
    m.ends_at = now + days(90);
    const auto& point = authenticator.public_key().coordinates();
    m.passkey = {authenticator.credential_id(), Bytes(point.begin(), point.end()),
                 Bytes(software_authenticator_aaguid.begin(), software_authenticator_aaguid.end()), "none", true};
    return m;
  }

  [[nodiscard]] SignedAssertion sign(std::string_view name, std::string_view domain, std::string_view statement) const {
    const auto authenticator = passkey_of(name);
    auto made = authenticator.make_assertion(challenge_of(domain, statement), "https://example.org", 1);
    return {authenticator.credential_id(), std::move(made.authenticator_data), std::move(made.client_data_json),
            std::move(made.signature)};
  }

  // The change with a signature by `signer`, as the next change.
  template <typename Change>
  [[nodiscard]] Change signed_by(std::string_view signer, Change change) const {
    change.signature.number = organization.changes + 1;
    change.signature.by = id_of<StaffId>(signer);
    change.signature.assertion = sign(signer, change_domain, change_statement(organization, change));
    return change;
  }

  // Asks for a change; recorded when it is allowed. The denial otherwise.
  std::optional<DenialCode> change(const OrganizationChange& change) {
    const auto ruling = decide(organization, change, now);
    if (!ruling) return ruling.error().code;
    for (const auto& event : *ruling) record(event);
    return std::nullopt;
  }
  // Approves the change that was asked for last.
  std::optional<DenialCode> agree(std::string_view by) { return agree(by, organization.open.rbegin()->first); }
  std::optional<DenialCode> agree(std::string_view by, std::uint64_t number) {
    return change(signed_by(by, ChangeApproved{number, {}}));
  }
  void appoint(const StaffMember& member) {
    EXPECT_EQ(change(signed_by("olga", StaffEnrolled{member, {}})), std::nullopt) << member.id.text();
    if (organization.policy) {
      EXPECT_EQ(agree(member.id.text() == "otis" ? "otto" : "otis"), std::nullopt) << member.id.text();
    }
  }
  void appoint(std::string_view name, std::vector<StaffRole> roles, const std::vector<std::string_view>& seats,
               std::string_view team = "help_desk", std::string_view of = "north") {
    appoint(staff(name, std::move(roles), seats, team, of));
  }
  void dismiss(std::string_view name) {
    EXPECT_EQ(change(signed_by("olga", StaffRemoved{id_of<StaffId>(name), {}})), std::nullopt) << name;
  }
  // A proposal as its author makes it: proved, for the assumed organization unless another is given. Each once.
  [[nodiscard]] static ProposePolicy proposal(std::string_view policy, std::string_view organization = "") {
    static std::map<std::pair<std::string, std::string>, ProposePolicy> known;
    auto& out = known[{std::string(policy), std::string(organization)}];
    if (!out.certificate.empty()) return out;
    out = {std::string(policy), std::string(organization), "", {}, nullptr};
    const auto proved = prove_for_proposal(out.text, out.organization);
    EXPECT_TRUE(proved.has_value() && proved->has_value()) << (proved ? proved->error().detail : proved.error().what);
    if (!proved || !*proved) return out;
    out.certificate = (*proved)->certificate;
    out.checked = (*proved)->checked;
    return out;
  }
  void activate(std::string_view policy) {
    EXPECT_EQ(change(signed_by("olga", proposal(policy))), std::nullopt);
    EXPECT_EQ(agree("otis"), std::nullopt);
    EXPECT_EQ(agree("otto"), std::nullopt);
    EXPECT_EQ(organization.policy->text(), policy);
  }

  // -- cases ----------------------------------------------------------------------------------
  [[nodiscard]] AccountFacts account(std::string_view name = "paul") const {
    AccountFacts facts;
    facts.directory = id_of<DirectoryId>("corp");
    facts.account = id_of<AccountId>(name);
    facts.holder = id_of<PersonId>(concat("person.", name));
    facts.organization = id_of<OrganizationId>("north");
    facts.state_token = concat("state-of-", name);
    facts.active = true;
    facts.employment = "employee";
    facts.read_at = now;
    return facts;
  }

  [[nodiscard]] OpenCase opening(Action action, std::string_view agent = "ann", std::string_view name = "paul") const {
    OpenCase command;
    command.action = action;
    command.account = account(name);
    command.requested_by = id_of<StaffId>(agent);
    command.channel = "phone";
    command.ticket = "INC-1042";
    command.reason = reason_digest(salt, "lost handset");
    command.holder = holder_digest(salt, name, "Paul Sample");
    command.join_code = sha256(view_of("123456"));
    for (const auto& [id, other] : cases)
      if (other.exists() && other.opened.account.account == command.account.account &&
          other.opened_at >= now - hours(24))
        ++command.cases_24h;
    return command;
  }

  [[nodiscard]] const CaseState& state(std::string_view id) {
    auto& found = cases[std::string(id)];
    if (found.id.empty()) found.id = id_of<CaseId>(id);
    return found;
  }

  // Decides, and records what follows.
  Ruling<std::vector<CaseEvent>> tell(std::string_view id, const CaseCommand& command) {
    auto ruling = decide(state(id), command, {organization, now});
    if (!ruling) return ruling;
    for (const auto& event : *ruling) record(id, event);
    return ruling;
  }
  // The name of the denial, or nothing when it was allowed.
  std::optional<DenialCode> told(std::string_view id, const CaseCommand& command) {
    const auto ruling = tell(id, command);
    if (ruling) return std::nullopt;
    EXPECT_FALSE(ruling.error().detail.empty());
    EXPECT_FALSE(ruling.error().next_step.empty());
    EXPECT_TRUE(ruling.error().facts.is_object());
    return ruling.error().code;
  }

  std::optional<DenialCode> open(std::string_view id, Action action) { return told(id, opening(action)); }
  std::optional<DenialCode> give(std::string_view id, std::string_view signal,
                                 EvidenceResult result = EvidenceResult::passed) {
    return told(id, evidence(signal, result));
  }
  std::optional<DenialCode> seal(std::string_view id) {
    return told(id, SealSecret{sha256(view_of("sealed password"))});
  }
  std::optional<DenialCode> approve(std::string_view by, std::string_view id) { return told(id, approval(by, id)); }
  std::optional<DenialCode> intend(std::string_view id) { return told(id, intent(id)); }
  std::optional<DenialCode> conclude(std::string_view id, Outcome outcome, std::string_view refusal = "none") {
    return told(id, outcome_of(id, outcome, refusal));
  }

  [[nodiscard]] static RecordEvidence evidence(std::string_view signal,
                                               EvidenceResult result = EvidenceResult::passed) {
    RecordEvidence command;
    command.signal = id_of<SignalName>(signal);
    command.result = result;
    command.enrolled_at = instant_from_rfc3339("2025-01-01T00:00:00.000Z");
    command.unchanged_since = instant_from_rfc3339("2025-01-01T00:00:00.000Z");
    command.detail = "given";
    return command;
  }
  [[nodiscard]] Approve approval(std::string_view by, std::string_view id) {
    const auto& s = state(id);
    const auto statement = s.identity ? approval_statement(s) : std::string("{}");
    const auto* member = organization.member(id_of<StaffId>(by));
    Approve command{id_of<StaffId>(by), sign(by, approval_domain, statement), 0, {}};
    if (member == nullptr) return command;
    for (const auto& [person, at] : approvals_)
      if (person == member->person && at >= now - hours(1)) ++command.approvals_1h;
    if (const auto found = recovered_.find(member->person); found != recovered_.end())
      command.since_recovery = now - found->second;
    return command;
  }
  [[nodiscard]] static RequestExecution execution(std::string_view by, Action action) {
    return {id_of<StaffId>(by), action};
  }
  [[nodiscard]] RecordIntent intent(std::string_view id) {
    const auto& s = state(id);
    const auto& a = s.opened.account;
    IntentRecorded i;
    i.attempt = s.permit ? s.permit->attempt : 1;
    i.execution = execution_of(s.id, i.attempt);
    i.action = s.opened.action;
    i.directory = a.directory;
    i.account = a.account;
    i.state_token = a.state_token;
    i.marker_from = markers_[a.account.text()];
    i.fence_token = fence_tokens_[a.account.text()] + 1;
    i.marker_to = marker_of_execution(i.fence_token, i.execution);
    i.deadline = now + seconds(30);
    return {i};
  }
  [[nodiscard]] RecordOutcome outcome_of(std::string_view id, Outcome outcome, std::string_view refusal = "none") {
    const auto& s = state(id);
    OutcomeRecorded o;
    o.execution = s.intent ? s.intent->execution : execution_of(s.id, 1);
    o.outcome = outcome;
    o.refusal = std::string(refusal);
    if (s.intent) o.marker = outcome == Outcome::done ? s.intent->marker_to : s.intent->marker_from;
    return {o};
  }

  // Door one shut and everybody has approved: the action is permitted, and no intent stands yet.
  void ready(std::string_view id, Action action = Action::password_reset) {
    EXPECT_EQ(open(id, action), std::nullopt);
    EXPECT_EQ(give(id, "totp"), std::nullopt);
    if (action == Action::unlock) return;
    EXPECT_EQ(give(id, "recovery_code"), std::nullopt);
    EXPECT_EQ(approve("lea", id), std::nullopt);
    if (action == Action::password_reset) {
      EXPECT_EQ(seal(id), std::nullopt);
    }
    EXPECT_TRUE(state(id).permit || action == Action::mfa_reset);
  }

  void wait(Duration span) { now = now + span; }

  // -- the ledger -----------------------------------------------------------------------------
  void record(const OrganizationEvent& event) {
    write(std::string(organization_stream), organization.version, event);
    EXPECT_TRUE(evolve(organization, event, now).has_value());
  }
  void record(std::string_view id, const CaseEvent& event) {
    auto& s = cases[std::string(id)];
    write(case_stream(s.id), s.version, event);
    if (const auto* intent = std::get_if<IntentRecorded>(&event))
      fence_tokens_[intent->account.text()] = intent->fence_token;
    if (const auto* approved = std::get_if<ApprovalRecorded>(&event)) approvals_.emplace_back(approved->person, now);
    const auto* outcome = std::get_if<OutcomeRecorded>(&event);
    if (outcome != nullptr && outcome->outcome == Outcome::done) recovered_[s.opened.account.holder] = now;
    if (outcome != nullptr && s.intent && outcome->outcome != Outcome::unknown && !outcome->marker.empty())
      markers_[s.intent->account.text()] = outcome->marker;
    const auto evolved = evolve(s, event, now);
    EXPECT_TRUE(evolved.has_value()) << kind_of(event) << ": " << evolved.error().what;
  }
  [[nodiscard]] std::vector<std::string> entries_of(std::string_view id) const {
    std::vector<std::string> out;
    for (const auto& bytes : ledger)
      if (const auto entry = decode_entry(bytes); entry && entry->stream == concat("case/", id)) out.push_back(bytes);
    return out;
  }
  [[nodiscard]] static AuditReport audit(const std::vector<std::string>& entries) {
    Readjudicator auditor;
    for (std::size_t i = 0; i < entries.size(); ++i) auditor.feed(i, entries[i]);
    return auditor.finish();
  }
  [[nodiscard]] AuditReport audit() const { return audit(ledger); }

 private:
  void write(std::string stream, std::uint64_t version, LedgerEvent event) {
    ledger.push_back(encode_entry({std::move(stream), version, now, std::move(event)}));
  }

  // What a directory would know.
  std::map<std::string, std::uint64_t> fence_tokens_;
  std::vector<std::pair<PersonId, Instant>> approvals_;
  std::map<PersonId, Instant> recovered_;
  std::map<std::string, Marker> markers_;
};

}  // namespace sallyport
