// For tests: a stage (core/stories/stage.h) with a company of two, an account or three, and a help desk.
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
#include "core/cases/statement.h"
#include "core/model/salted_digest.h"
#include "core/stories/stage.h"
#include "crypto/hash.h"

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

class SmallWorld : public Stage {
 public:
  explicit SmallWorld(std::string_view policy = small_policy)
      : Stage(*instant_from_rfc3339("2026-03-02T09:00:00.000Z")) {
    Stage::open(staff("olga", {StaffRole::operator_}, {}, "it"));
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
  [[nodiscard]] StaffMember staff(std::string_view name, std::vector<StaffRole> roles,
                                  const std::vector<std::string_view>& seats, std::string_view team = "help_desk",
                                  std::string_view of = "north") const {
    std::vector<RoleName> names;
    for (const auto seat : seats) names.push_back(id_of<RoleName>(seat));
    return person(name, std::move(roles), std::move(names), id_of<TeamId>(team), id_of<OrganizationId>(of));
  }

  // Asks for a change; recorded when it is allowed. The denial otherwise.
  std::optional<DenialCode> change(const OrganizationChange& change) {
    const auto ruling = ask(change);
    if (!ruling) return ruling.error().code;
    return std::nullopt;
  }
  // Approves the change that was asked for last.
  std::optional<DenialCode> agree(std::string_view by) { return agree(by, organization.open.rbegin()->first); }
  std::optional<DenialCode> agree(std::string_view by, std::uint64_t number) {
    return change(signed_by(by, ChangeApproved{number, {}}));
  }
  std::optional<DenialCode> reject(std::string_view by, std::uint64_t number, std::string reason) {
    return change(signed_by(by, ChangeRejected{number, std::move(reason), {}}));
  }
  std::optional<DenialCode> withdraw(std::string_view by, std::uint64_t number) {
    return change(signed_by(by, ChangeWithdrawn{number, {}}));
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
    return account_of(name, id_of<OrganizationId>("north"));
  }
  [[nodiscard]] OpenCase opening(Action action, std::string_view agent = "ann", std::string_view name = "paul") const {
    return opening_of(action, id_of<StaffId>(agent), account(name));
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
  [[nodiscard]] static RequestExecution execution(std::string_view by, Action action) {
    return {id_of<StaffId>(by), action};
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
  void record(const OrganizationEvent& event) { EXPECT_TRUE(write_down(event).has_value()); }
  void record(std::string_view id, const CaseEvent& event) {
    const auto written = write_down(id, event);
    EXPECT_TRUE(written.has_value()) << kind_of(event) << ": " << written.error().what;
  }
  // Looked up as the executor does, then authorized. What is no live case is refused as such.
  [[nodiscard]] Ruling<Authorization> authorized_by(std::string_view id, std::vector<std::string> entries) const {
    const auto found =
        ExerciseRegister::look_up(id_of<CaseId>(id), std::move(entries), organization, [this](std::uint64_t exercise) {
          const auto kept = plans.find(exercise);
          return kept == plans.end() ? Result<ExercisePlan>(fault(FaultKind::not_found, "its plan is not kept"))
                                     : Result<ExercisePlan>(kept->second);
        });
    if (!found) return deny(DenialCode::statement_differs, found.error().what, "look at the ledger");
    const auto* live = std::get_if<LiveCase>(&*found);
    if (live == nullptr) return deny(DenialCode::case_is_exercise, "the case is an exercise's", "nothing to do");
    return authorize(*live, organization, now);
  }
  [[nodiscard]] std::vector<std::string> entries_of(std::string_view id) const {
    std::vector<std::string> out;
    for (const auto& bytes : ledger)
      if (const auto entry = decode_entry(bytes); entry && entry->stream == concat("case/", id)) out.push_back(bytes);
    return out;
  }
};

}  // namespace sallyport
