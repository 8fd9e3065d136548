// Recoveries from beginning to end, as a desk would tell them.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "base/limits.h"
#include "core/cases/assess.h"

namespace sallyport {
namespace {

const auto allowed = std::nullopt;

TEST(CaseStory, a_password_reset_goes_from_the_call_to_the_effect) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(phase_of(world.state("c-1")), CasePhase::verifying);
  EXPECT_EQ(world.told("c-1", JoinClaimant{world.state("c-1").opened.join_code, sha256(view_of("session"))}), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_FALSE(world.state("c-1").identity);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(phase_of(world.state("c-1")), CasePhase::approving);
  EXPECT_EQ(world.state("c-1").identity->evidence, (std::vector<std::uint32_t>{1, 2}));

  const auto missing = assess(world.state("c-1"), world.organization, world.now)->missing;
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(missing[0].what, "1 approval by someone with the role desk_lead");
  EXPECT_EQ(missing[1].who, "claimant");

  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_FALSE(world.state("c-1").permit);
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_EQ(phase_of(world.state("c-1")), CasePhase::permitted);
  EXPECT_EQ(world.state("c-1").permit->approvers, (std::vector{id_of<StaffId>("lea")}));
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(phase_of(world.state("c-1")), CasePhase::executing);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), allowed);
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::done);

  const auto report = world.audit();
  EXPECT_EQ(report.findings_total, 0U) << report.findings.front().text;
  EXPECT_EQ(report.executed, 1U);
  EXPECT_EQ(report.unresolved, 0U);
}

TEST(CaseStory, the_order_of_approval_and_new_password_does_not_matter) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_FALSE(world.state("c-1").permit);
  EXPECT_EQ(world.approve("leo", "c-1"), allowed);
  EXPECT_TRUE(world.state("c-1").permit);
}

TEST(CaseStory, an_unlock_needs_one_signal_and_nobody_else) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
  EXPECT_EQ(world.give("c-1", "totp", EvidenceResult::failed), allowed);
  EXPECT_FALSE(world.state("c-1").identity);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_TRUE(world.state("c-1").permit);
  EXPECT_TRUE(world.state("c-1").permit->approvers.empty());
}

TEST(CaseStory, two_signals_on_one_handset_are_one) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "callback"), allowed);  // the number rings on the handset that shows the code
  EXPECT_FALSE(world.state("c-1").identity);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_TRUE(world.state("c-1").identity);
}

TEST(CaseStory, a_hold_ends_at_its_millisecond) {
  SmallWorld world;
  world.ready("c-1", Action::mfa_reset);
  EXPECT_FALSE(world.state("c-1").permit);
  world.now = world.state("c-1").identity->hold_until + Duration{-1};
  EXPECT_EQ(world.told("c-1", Proceed{}), DenialCode::hold_not_over);
  world.wait(Duration{1});
  EXPECT_EQ(world.told("c-1", Proceed{}), allowed);
  EXPECT_TRUE(world.state("c-1").permit);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(CaseStory, a_strong_signal_spares_the_hold_where_the_policy_says_so) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::mfa_reset), allowed);
  EXPECT_EQ(world.give("c-1", "passkey"), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.state("c-1").identity->hold_until, world.now);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_TRUE(world.state("c-1").permit);
}

TEST(CaseStory, the_vault_wants_three_people_and_one_from_outside) {
  SmallWorld world;
  auto opening = world.opening(Action::unlock);
  opening.account.groups = {"Domain Admins"};
  EXPECT_EQ(world.told("c-1", opening), allowed);
  EXPECT_EQ(world.state("c-1").opened.account_class.text(), "tier0");
  EXPECT_EQ(world.give("c-1", "passkey"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  world.wait(hours(1));  // the hold
  EXPECT_EQ(world.approve("vera", "c-1"), allowed);
  EXPECT_EQ(world.approve("vito", "c-1"), allowed);
  EXPECT_FALSE(world.state("c-1").permit);  // vito fills either seat, not both
  EXPECT_EQ(world.approve("lea", "c-1"), DenialCode::approver_has_no_seat);
  EXPECT_EQ(world.approve("sam", "c-1"), allowed);
  EXPECT_TRUE(world.state("c-1").permit);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(CaseStory, a_password_that_the_directory_refuses_is_chosen_anew) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(world.conclude("c-1", Outcome::not_done, "password_rejected"), allowed);
  EXPECT_FALSE(world.state("c-1").closed);
  EXPECT_FALSE(world.state("c-1").secret);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), DenialCode::secret_not_sealed);
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_EQ(world.state("c-1").permit->attempt, 2U);
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(world.state("c-1").intent->execution.text(), "c-1.2");
  EXPECT_EQ(world.conclude("c-1", Outcome::done), allowed);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(CaseStory, the_fifth_refused_password_ends_the_case) {
  SmallWorld world;
  world.ready("c-1");
  for (std::size_t attempt = 1; attempt <= attempts_per_case_max; ++attempt) {
    EXPECT_EQ(world.intend("c-1"), allowed);
    EXPECT_EQ(world.conclude("c-1", Outcome::not_done, "password_rejected"), allowed);
    if (attempt == attempts_per_case_max) break;
    EXPECT_EQ(world.seal("c-1"), allowed);
  }
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::failed);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(CaseStory, an_unknown_outcome_stays_unknown_until_it_is_read_back) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(world.conclude("c-1", Outcome::unknown), allowed);
  EXPECT_EQ(phase_of(world.state("c-1")), CasePhase::unknown);
  EXPECT_EQ(world.intend("c-1"), DenialCode::execution_in_progress);
  EXPECT_EQ(world.told("c-1", CancelCase{id_of<StaffId>("ann"), ""}), DenialCode::execution_in_progress);
  EXPECT_EQ(world.conclude("c-1", Outcome::unknown), DenialCode::outcome_unknown);
  EXPECT_EQ(world.audit().unresolved, 1U);
  world.wait(hours(9));  // even after the case's life: what happened, happened
  EXPECT_EQ(world.told("c-1", ExpireCase{}), DenialCode::execution_in_progress);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), allowed);
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::done);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(CaseStory, a_later_attempt_may_be_unknown_as_well) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(world.conclude("c-1", Outcome::not_done, "password_rejected"), allowed);
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(phase_of(world.state("c-1")), CasePhase::executing);
  EXPECT_EQ(world.conclude("c-1", Outcome::unknown), allowed);
  EXPECT_EQ(phase_of(world.state("c-1")), CasePhase::unknown);
}

TEST(CaseStory, evidence_after_a_lapse_voids_the_approvals) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  world.now = world.state("c-1").identity->expires_at;
  EXPECT_EQ(world.approve("leo", "c-1"), DenialCode::approval_expired);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.state("c-1").identity->number, 2U);
  EXPECT_TRUE(world.state("c-1").approvals.empty());
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_FALSE(world.state("c-1").permit);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_TRUE(world.state("c-1").permit);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(CaseStory, a_wrong_code_does_not_renew_a_verification_that_lapsed) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.told("c-1", RequestSignal{id_of<SignalName>("mail_code"), hours(3)}), allowed);
  EXPECT_EQ(world.give("c-1", "mail_code"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  world.now = world.state("c-1").identity->expires_at;
  EXPECT_EQ(world.give("c-1", "totp", EvidenceResult::failed), allowed);  // the old two would still be fresh
  EXPECT_EQ(world.state("c-1").identity->number, 1U);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.state("c-1").identity->number, 2U);
}

TEST(CaseStory, an_approver_who_left_no_longer_counts) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  world.dismiss("lea");
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_FALSE(world.state("c-1").permit);
  EXPECT_EQ(world.approve("leo", "c-1"), allowed);
  EXPECT_TRUE(world.state("c-1").permit);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(CaseStory, an_approver_who_left_after_the_permit_stops_the_executor) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_TRUE(world.state("c-1").permit);
  world.dismiss("lea");
  EXPECT_EQ(world.intend("c-1"), DenialCode::approvals_missing);
}

TEST(CaseStory, a_case_that_nobody_finishes_expires_at_its_millisecond) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  world.wait(hours(4) + Duration{-1});
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_NE(world.told("c-1", ExpireCase{}), allowed);
  world.wait(Duration{1});
  EXPECT_EQ(world.give("c-1", "recovery_code"), DenialCode::case_expired);
  EXPECT_EQ(world.told("c-1", ExpireCase{}), allowed);
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::expired);
}

TEST(CaseStory, the_longest_case_id_still_names_its_attempts) {
  const auto longest = id_of<CaseId>(std::string(id_length_max, 'c'));
  EXPECT_EQ(execution_of(id_of<CaseId>("c-1"), 1).text(), "c-1.1");
  EXPECT_FALSE(execution_of(longest, 1).empty());
  EXPECT_NE(execution_of(longest, 1), execution_of(longest, 2));
  EXPECT_NE(execution_of(longest, 1), execution_of(id_of<CaseId>(std::string(id_length_max, 'd')), 1));
}

TEST(CaseStory, an_event_that_does_not_fit_is_a_fault_and_changes_nothing) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
  auto state = world.state("c-1");
  const auto version = state.version;
  EXPECT_FALSE(evolve(state, state.opened, world.now).has_value());                     // opened twice
  EXPECT_FALSE(evolve(state, ClaimantJoined{}, world.now + Duration{-1}).has_value());  // time runs backwards
  EXPECT_FALSE(evolve(state, OutcomeRecorded{}, world.now).has_value());                // no intent
  EXPECT_FALSE(evolve(state, IntentRecorded{}, world.now).has_value());                 // no permit
  EXPECT_FALSE(evolve(state, ApprovalRecorded{}, world.now).has_value());               // no identity
  EvidenceRecorded second;
  second.evidence.number = 2;
  EXPECT_FALSE(evolve(state, second, world.now).has_value());  // there is no first
  IdentityVerified verified;
  verified.number = 1;
  verified.evidence = {1};
  EXPECT_FALSE(evolve(state, verified, world.now).has_value());  // on evidence that is not there
  ActionPermitted permit;
  permit.attempt = 2;
  EXPECT_FALSE(evolve(state, permit, world.now).has_value());
  EXPECT_EQ(state.version, version);
  CaseState none;
  EXPECT_FALSE(evolve(none, ClaimantJoined{}, world.now).has_value());
  EXPECT_TRUE(evolve(state, CaseClosed{}, world.now).has_value());
  EXPECT_FALSE(evolve(state, ClaimantJoined{}, world.now).has_value());
  EXPECT_TRUE(evolve(state, RefusalRecorded{}, world.now).has_value());
}

}  // namespace
}  // namespace sallyport
