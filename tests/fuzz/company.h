// For fuzzers of cases: a company with its policy in force, on a stage (core/stories/stage.h). ann and abe are agents,
// lea, leo and lyn approve.
#pragma once

#include <string_view>
#include <vector>

#include "base/assert.h"
#include "core/stories/stage.h"

namespace sallyport::fuzz {

inline constexpr std::string_view policy_text = R"(policy: fuzz
language: 1
signals:
  passkey:       {rests_on: [device], fresh: 30m, enrolled_for: 3d, strength: strong}
  totp:          {rests_on: [handset], fresh: 10m}
  mail_code:     {rests_on: [mailbox], fresh: 24h, kind: issued}
  recovery_code: {rests_on: [code_sheet]}
tiers:
  light:    {signals: 1, review: {within: 7d, batch: true}}
  standard: {signals: 2, approvers: [{at_least: 1, role: lead}]}
  guarded:  {signals: 2, approvers: [{at_least: 2, role: lead}], hold: {for: 30m, unless: strong}, review: 72h}
classes: [{name: admins, when: "account.admin", floor: guarded}, {name: staff}]
actions: {unlock: light, password_reset: standard, mfa_reset: guarded, emergency_access: guarded, suspend: light}
limits:
  {cases_per_account_24h: 3, tries_per_signal: 3, case_lifetime: 4h, verified_for: 1h, cooldown_after_own_recovery: 72h}
front_door: {staff: [[password]], admins: [[password]]}
guarantees: [{recovery_not_weaker_than_sign_in: all}]
)";
template <typename Id>
Id id(std::string_view text) {
  const auto out = Id::parse(text);
  SALLYPORT_ASSERT(out.has_value());
  return *out;
}

// A company with its policy in force; each run begins with a copy.
inline const Stage& company() {
  static const auto made = [] {
    Stage stage(*instant_from_rfc3339("2026-03-02T09:00:00.000Z"));
    const auto north = id<OrganizationId>("north");
    stage.open(stage.person("olga", {StaffRole::operator_}, {}, id<TeamId>("it"), north));
    const auto appoint = [&](std::string_view name, std::vector<StaffRole> roles, std::vector<RoleName> seats) {
      const auto member = stage.person(name, std::move(roles), std::move(seats), id<TeamId>("desk"), north);
      SALLYPORT_ASSERT(stage.ask(stage.signed_by("olga", StaffEnrolled{member, {}})).has_value());
    };
    appoint("otis", {StaffRole::operator_}, {});
    appoint("otto", {StaffRole::operator_}, {});
    appoint("ann", {StaffRole::agent}, {});
    appoint("abe", {StaffRole::agent, StaffRole::reviewer}, {});
    for (const std::string_view name : {"lea", "leo", "lyn"})
      appoint(name, {StaffRole::approver, StaffRole::reviewer}, {id<RoleName>("lead")});
    ProposePolicy proposal;
    proposal.text = std::string(policy_text);
    const auto proved = prove_for_proposal(proposal.text, "");
    SALLYPORT_ASSERT(proved.has_value() && proved->has_value());
    proposal.certificate = (*proved)->certificate;
    proposal.checked = (*proved)->checked;
    SALLYPORT_ASSERT(stage.ask(stage.signed_by("olga", proposal)).has_value());
    const auto number = stage.organization.open.rbegin()->first;
    for (const std::string_view by : {"otis", "otto"})
      SALLYPORT_ASSERT(stage.ask(stage.signed_by(by, ChangeApproved{number, {}})).has_value());
    return stage;
  }();
  return made;
}

}  // namespace sallyport::fuzz
