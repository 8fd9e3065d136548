// Each denial that decide() gives, beside the nearest thing it allows.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "base/limits.h"

namespace sallyport {
namespace {

const auto allowed = std::nullopt;

SignalName signal(std::string_view name) { return id_of<SignalName>(name); }
StaffId staff(std::string_view name) { return id_of<StaffId>(name); }

// Door one has shut on a password reset; nobody has approved.
SmallWorld verified() {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  return world;
}

// -- opening ----------------------------------------------------------------------------------

TEST(OpeningACase, needs_an_action_that_the_policy_names) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::admin_unlock), DenialCode::action_not_in_policy);
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
}

TEST(OpeningACase, needs_an_active_account) {
  SmallWorld world;
  auto opening = world.opening(Action::unlock);
  opening.account.active = false;
  EXPECT_EQ(world.told("c-1", opening), DenialCode::account_inactive);
  opening.account.active = true;
  EXPECT_EQ(world.told("c-1", opening), allowed);
}

TEST(OpeningACase, is_limited_for_each_account_and_day) {
  SmallWorld world;
  auto opening = world.opening(Action::unlock);
  opening.cases_24h = 3;
  EXPECT_EQ(world.told("c-1", opening), DenialCode::too_many_cases);
  opening.cases_24h = 2;
  EXPECT_EQ(world.told("c-1", opening), allowed);
}

TEST(OpeningACase, needs_an_agent) {
  SmallWorld world;
  EXPECT_EQ(world.told("c-1", world.opening(Action::unlock, "nobody")), DenialCode::staff_unknown);
  EXPECT_EQ(world.told("c-1", world.opening(Action::unlock, "lea")), DenialCode::role_missing);
  EXPECT_EQ(world.told("c-1", world.opening(Action::unlock, "ann")), allowed);
}

TEST(OpeningACase, needs_an_appointment_that_runs) {
  SmallWorld world;
  const auto ends = world.organization.member(staff("ann"))->ends_at;
  world.now = ends;
  EXPECT_EQ(world.open("c-1", Action::unlock), DenialCode::appointment_ended);
  world.now = ends + Duration{-1};
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
}

TEST(OpeningACase, needs_a_policy_in_force) {
  SmallWorld world;
  auto organization = world.organization;
  organization.policy = nullptr;
  const auto ruling = decide(world.state("c-1"), world.opening(Action::unlock), {organization, world.now});
  ASSERT_FALSE(ruling);
  EXPECT_EQ(ruling.error().code, DenialCode::policy_changed);
}

TEST(OpeningACase, happens_once) {
  SmallWorld world;
  EXPECT_EQ(world.told("c-1", Proceed{}), DenialCode::case_closed);  // there is none
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
  EXPECT_EQ(world.open("c-1", Action::unlock), DenialCode::case_closed);
}

TEST(OpeningACase, takes_no_long_ticket) {
  SmallWorld world;
  auto opening = world.opening(Action::unlock);
  opening.ticket = std::string(ticket_length_max + 1, 'x');
  EXPECT_EQ(world.told("c-1", opening), DenialCode::limit_reached);
  opening.ticket.pop_back();
  EXPECT_EQ(world.told("c-1", opening), allowed);
}

// -- the claimant -----------------------------------------------------------------------------

TEST(JoiningACase, needs_the_code_that_was_read_out) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
  const auto code = world.state("c-1").opened.join_code;
  EXPECT_EQ(world.told("c-1", JoinClaimant{sha256(view_of("999999")), {}}), DenialCode::join_code_wrong);
  world.wait(claimant_join_within);
  EXPECT_EQ(world.told("c-1", JoinClaimant{code, {}}), allowed);
  EXPECT_EQ(world.told("c-1", JoinClaimant{code, {}}), DenialCode::already_joined);
}

TEST(JoiningACase, is_too_late_by_one_millisecond) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
  world.wait(claimant_join_within + Duration{1});
  EXPECT_EQ(world.told("c-1", JoinClaimant{world.state("c-1").opened.join_code, {}}), DenialCode::join_code_expired);
}

TEST(Evidence, is_taken_of_the_policys_signals_only) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-1", "vouch"), DenialCode::signal_not_in_policy);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
}

TEST(Evidence, of_a_code_that_we_send_needs_one_that_was_sent_and_is_alive) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.told("c-1", RequestSignal{signal("totp"), minutes(10)}), DenialCode::signal_not_requested);
  EXPECT_EQ(world.give("c-1", "mail_code"), DenialCode::signal_not_requested);
  EXPECT_EQ(world.told("c-1", RequestSignal{signal("mail_code"), minutes(10)}), allowed);
  world.wait(minutes(10));
  EXPECT_EQ(world.give("c-1", "mail_code"), DenialCode::code_expired);
  EXPECT_EQ(world.told("c-1", RequestSignal{signal("mail_code"), minutes(10)}), allowed);
  world.wait(minutes(10) + Duration{-1});
  EXPECT_EQ(world.give("c-1", "mail_code"), allowed);
}

TEST(Evidence, is_tried_as_often_as_the_policy_says) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-1", "totp", EvidenceResult::failed), allowed);
  EXPECT_EQ(world.give("c-1", "totp", EvidenceResult::failed), allowed);
  EXPECT_EQ(world.give("c-1", "totp", EvidenceResult::failed), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), DenialCode::signal_tries_exhausted);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.told("c-1", RequestSignal{signal("mail_code"), hours(1)}), allowed);
  EXPECT_EQ(world.told("c-1", RequestSignal{signal("mail_code"), hours(1)}), DenialCode::signal_tries_exhausted);
}

TEST(Evidence, is_not_taken_when_door_one_has_shut) {
  auto world = verified();
  EXPECT_EQ(world.give("c-1", "callback"), DenialCode::identity_already_verified);
  world.now = world.state("c-1").identity->expires_at;
  EXPECT_EQ(world.give("c-1", "callback"), allowed);
}

TEST(Evidence, is_not_taken_while_the_executor_is_at_work) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.give("c-1", "callback"), DenialCode::execution_in_progress);
}

TEST(TheNewPassword, comes_after_the_signals_and_only_where_one_is_needed) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.seal("c-1"), DenialCode::identity_not_verified);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_EQ(world.open("c-2", Action::unlock), allowed);
  EXPECT_EQ(world.seal("c-2"), DenialCode::secret_not_needed);
}

TEST(TheNewPassword, cannot_be_swapped_under_a_permit) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.seal("c-1"), DenialCode::execution_in_progress);
}

// -- approving --------------------------------------------------------------------------------

TEST(Approving, is_not_for_whoever_opened_the_case) {
  SmallWorld world;
  EXPECT_EQ(world.told("c-1", world.opening(Action::password_reset, "abe")), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(world.approve("abe", "c-1"), DenialCode::requester_may_not_approve);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
}

TEST(Approving, is_not_for_whoever_opened_the_case_under_another_name) {
  SmallWorld world;
  EXPECT_EQ(world.told("c-1", world.opening(Action::password_reset, "abe")), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  world.dismiss("abe");
  auto again = world.staff("abraham", {StaffRole::approver}, {"desk_lead"});
  again.person = id_of<PersonId>("person.abe");
  world.appoint(again);
  EXPECT_EQ(world.approve("abraham", "c-1"), DenialCode::requester_may_not_approve);
}

TEST(Approving, is_not_for_the_account_holder) {
  SmallWorld world;
  EXPECT_EQ(world.told("c-1", world.opening(Action::password_reset, "ann", "lea")), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(world.approve("lea", "c-1"), DenialCode::holder_may_not_approve);
  EXPECT_EQ(world.approve("leo", "c-1"), allowed);
}

TEST(Approving, is_for_approvers_with_a_seat_and_an_appointment) {
  auto world = verified();
  EXPECT_EQ(world.approve("nobody", "c-1"), DenialCode::staff_unknown);
  EXPECT_EQ(world.approve("olga", "c-1"), DenialCode::role_missing);
  EXPECT_EQ(world.approve("vera", "c-1"), DenialCode::approver_has_no_seat);
  auto short_term = world.staff("lou", {StaffRole::approver}, {"desk_lead"});
  short_term.ends_at = world.now + Duration{1};
  world.appoint(short_term);
  const auto in_time = world.approval("lou", "c-1");
  auto twin = world;
  EXPECT_EQ(twin.told("c-1", in_time), allowed);
  world.wait(Duration{1});
  EXPECT_EQ(world.told("c-1", in_time), DenialCode::appointment_ended);
}

TEST(Approving, comes_after_door_one) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(world.approve("lea", "c-1"), DenialCode::identity_not_verified);
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.approve("lea", "c-1"), DenialCode::identity_not_verified);
  EXPECT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
}

TEST(Approving, is_too_late_by_one_millisecond) {
  auto world = verified();
  const auto approval = world.approval("lea", "c-1");
  world.now = world.state("c-1").identity->expires_at + Duration{-1};
  auto twin = world;
  EXPECT_EQ(twin.told("c-1", approval), allowed);
  world.wait(Duration{1});
  EXPECT_EQ(world.told("c-1", approval), DenialCode::approval_expired);
}

TEST(Approving, happens_once_for_each_person) {
  auto world = verified();
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_EQ(world.approve("lea", "c-1"), DenialCode::already_approved);
  EXPECT_EQ(world.approve("leo", "c-1"), allowed);  // not needed, and no harm
}

TEST(Approving, is_over_once_the_action_is_permitted) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.approve("leo", "c-1"), DenialCode::execution_in_progress);
}

TEST(Approving, takes_no_signature_over_another_case) {
  auto world = verified();
  EXPECT_EQ(world.open("c-2", Action::password_reset), allowed);
  EXPECT_EQ(world.give("c-2", "totp"), allowed);
  EXPECT_EQ(world.give("c-2", "recovery_code"), allowed);
  EXPECT_EQ(world.told("c-1", world.approval("lea", "c-2")), DenialCode::signature_invalid);
  EXPECT_EQ(world.told("c-2", world.approval("lea", "c-2")), allowed);
}

TEST(Approving, takes_no_signature_over_evidence_that_was_replaced) {
  auto world = verified();
  const auto stale = world.approval("lea", "c-1");
  world.now = world.state("c-1").identity->expires_at;
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.told("c-1", stale), DenialCode::signature_invalid);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
}

TEST(Approving, takes_no_signature_of_somebody_else) {
  auto world = verified();
  auto approval = world.approval("leo", "c-1");
  approval.by = staff("lea");
  EXPECT_EQ(world.told("c-1", approval), DenialCode::credential_unknown);
  approval.assertion.credential_id = SmallWorld::passkey_of("lea").credential_id();
  EXPECT_EQ(world.told("c-1", approval), DenialCode::signature_invalid);
}

TEST(Approving, takes_no_signature_made_for_another_purpose) {
  auto world = verified();
  const auto statement = approval_statement(world.state("c-1"));
  EXPECT_EQ(world.told("c-1", Approve{staff("lea"), world.sign("lea", change_domain, statement), 0, {}}),
            DenialCode::signature_invalid);
  EXPECT_EQ(world.told("c-1", Approve{staff("lea"), world.sign("lea", approval_domain, statement), 0, {}}), allowed);
}

TEST(Approving, takes_no_software_key_in_production) {
  auto world = verified();
  const auto approval = world.approval("lea", "c-1");
  world.organization.opened.environment = Environment::production;
  const auto ruling = decide(world.state("c-1"), approval, {world.organization, world.now});
  ASSERT_FALSE(ruling);
  EXPECT_EQ(ruling.error().code, DenialCode::software_key_in_production);
}

TEST(SayingNo, is_for_approvers) {
  auto world = verified();
  EXPECT_EQ(world.told("c-1", DenyCase{staff("ann"), ""}), DenialCode::role_missing);
  EXPECT_EQ(world.told("c-1", DenyCase{staff("nobody"), ""}), DenialCode::staff_unknown);
  EXPECT_EQ(world.told("c-1", DenyCase{staff("vera"), "a strange voice"}), allowed);
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::denied);
  EXPECT_EQ(world.approve("lea", "c-1"), DenialCode::case_closed);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

// -- acting -----------------------------------------------------------------------------------

TEST(Acting, needs_the_policy_under_which_the_case_was_opened) {
  auto world = verified();
  auto twin = world;
  EXPECT_EQ(twin.approve("lea", "c-1"), allowed);
  const auto approval = world.approval("lea", "c-1");
  world.activate(concat(small_policy, "# another day\n"));
  EXPECT_EQ(world.told("c-1", approval), DenialCode::policy_changed);
  EXPECT_EQ(world.give("c-1", "totp"), DenialCode::policy_changed);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), DenialCode::policy_changed);
  EXPECT_EQ(world.told("c-1", CancelCase{staff("ann"), "a new one"}), allowed);
}

TEST(Acting, needs_every_approval) {
  auto world = verified();
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), DenialCode::approvals_missing);
  EXPECT_EQ(world.intend("c-1"), DenialCode::approvals_missing);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), allowed);
  EXPECT_EQ(world.intend("c-1"), allowed);
}

TEST(Acting, needs_the_new_password) {
  auto world = verified();
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), DenialCode::secret_not_sealed);
  EXPECT_EQ(world.seal("c-1"), allowed);
}

TEST(Acting, is_asked_for_by_the_agent_of_the_case_and_for_its_action) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::mfa_reset)), DenialCode::action_differs_from_case);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("abe", Action::password_reset)), DenialCode::not_your_case);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("lea", Action::password_reset)), DenialCode::role_missing);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), allowed);
}

TEST(Acting, happens_once) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(world.intend("c-1"), DenialCode::execution_in_progress);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), DenialCode::execution_in_progress);
  const auto outcome = world.outcome_of("c-1", Outcome::done);
  EXPECT_EQ(world.told("c-1", outcome), allowed);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), DenialCode::case_already_acted);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::mfa_reset)), DenialCode::action_differs_from_case);
  EXPECT_EQ(world.intend("c-1"), DenialCode::case_closed);
  EXPECT_EQ(world.told("c-1", outcome), DenialCode::case_closed);
}

TEST(Acting, takes_no_outcome_of_another_execution) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.conclude("c-1", Outcome::done), DenialCode::case_already_acted);  // nothing is under way
  EXPECT_EQ(world.intend("c-1"), allowed);
  auto outcome = world.outcome_of("c-1", Outcome::done);
  outcome.outcome.execution = execution_of(world.state("c-1").id, 2);
  EXPECT_EQ(world.told("c-1", outcome), DenialCode::case_already_acted);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), allowed);
}

TEST(Acting, does_exactly_what_was_permitted) {
  SmallWorld world;
  world.ready("c-1");
  const auto good = world.intent("c-1");
  const auto differs = [&](auto change) {
    auto bad = good;
    change(bad.intent);
    EXPECT_EQ(world.told("c-1", bad), DenialCode::action_differs_from_case);
  };
  differs([](auto& i) { i.action = Action::unlock; });
  differs([](auto& i) { i.account = id_of<AccountId>("pauline"); });
  differs([](auto& i) { i.directory = id_of<DirectoryId>("other"); });
  differs([](auto& i) { i.state_token = "another state"; });
  differs([](auto& i) { i.attempt = 2; });
  differs([](auto& i) { i.execution = id_of<ExecutionId>("c-1.2"); });
  EXPECT_EQ(world.told("c-1", good), allowed);
}

TEST(Acting, is_too_late_by_one_millisecond) {
  SmallWorld world;
  world.ready("c-1");
  world.now = world.state("c-1").permit->expires_at + Duration{-1};
  auto twin = world;
  EXPECT_EQ(twin.intend("c-1"), allowed);
  world.wait(Duration{1});
  EXPECT_EQ(world.intend("c-1"), DenialCode::approval_expired);
  EXPECT_EQ(world.told("c-1", SmallWorld::execution("ann", Action::password_reset)), DenialCode::identity_not_verified);
}

TEST(Acting, is_attempted_five_times_at_most) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
  // Permits that nobody used count as well.
  std::string policy(small_policy);
  policy.replace(policy.find("verified_for: 1h"), 16, "verified_for: 1m");
  SmallWorld brief(policy);
  EXPECT_EQ(brief.open("c-1", Action::unlock), allowed);
  for (std::size_t i = 0; i < attempts_per_case_max; ++i) {
    EXPECT_EQ(brief.give("c-1", "totp"), allowed);
    EXPECT_TRUE(brief.state("c-1").permit);
    brief.wait(minutes(1));
  }
  EXPECT_EQ(brief.give("c-1", "totp"), allowed);
  EXPECT_FALSE(brief.state("c-1").permit);
  EXPECT_EQ(brief.told("c-1", SmallWorld::execution("ann", Action::unlock)), DenialCode::attempts_exhausted);
  EXPECT_EQ(brief.audit().findings_total, 0U);
}

// -- ending -----------------------------------------------------------------------------------

TEST(Cancelling, is_for_the_agent_of_the_case_and_for_operators) {
  auto world = verified();
  EXPECT_EQ(world.told("c-1", CancelCase{staff("abe"), ""}), DenialCode::not_your_case);
  auto twin = world;
  EXPECT_EQ(twin.told("c-1", CancelCase{staff("olga"), ""}), allowed);
  EXPECT_EQ(world.told("c-1", CancelCase{staff("ann"), ""}), allowed);
  EXPECT_EQ(world.give("c-1", "totp"), DenialCode::case_closed);
}

TEST(Anything, waits_for_a_clock_that_is_behind_the_ledger) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::unlock), allowed);
  world.wait(Duration{-1});
  EXPECT_EQ(world.give("c-1", "totp"), DenialCode::clock_behind_ledger);
  world.wait(Duration{1});
  EXPECT_EQ(world.give("c-1", "totp"), allowed);
}

// What a screen or a script needs of a refusal stands in its facts, not in its words alone.
TEST(Denials, carry_the_facts_that_they_rest_on) {
  SmallWorld world;
  const auto facts_of = [&](std::string_view id, const CaseCommand& command) {
    const auto ruling = decide(world.state(id), command, {world.organization, world.now});
    return ruling ? std::string("allowed") : to_text(ruling.error().facts);
  };
  auto crowded = world.opening(Action::unlock);
  crowded.cases_24h = 3;
  EXPECT_EQ(facts_of("c-0", crowded), R"({"cases_24h":3,"limit":3})");
  EXPECT_EQ(facts_of("c-0", world.opening(Action::unlock, "lea")), R"({"role":"agent","staff":"lea"})");
  ASSERT_EQ(world.open("c-1", Action::password_reset), allowed);
  EXPECT_EQ(facts_of("c-1", world.execution("ann", Action::mfa_reset)),
            R"({"asked":"mfa_reset","case":"password_reset"})");
  EXPECT_EQ(facts_of("c-1", CancelCase{staff("abe"), "x"}), R"({"by":"abe","opened_by":"ann"})");
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  ASSERT_EQ(world.give("c-1", "recovery_code"), allowed);
  EXPECT_EQ(facts_of("c-1", world.approval("vera", "c-1")),
            R"({"asked":["1 approval by someone with the role desk_lead"],"seats":["tier0_approver"]})");
  EXPECT_EQ(facts_of("c-1", SmallWorld::evidence("totp")), R"({"stands_until":"2026-03-02T10:00:00.000Z"})");
  EXPECT_NE(facts_of("c-1", Proceed{}).find(R"("missing":[{"what":"1 approval)"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
