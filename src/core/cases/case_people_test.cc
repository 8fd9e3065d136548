// Who may say who a claimant is, and what the account holder's no does (R13, R16).
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "base/limits.h"
#include "core/cases/assess.h"

namespace sallyport {
namespace {

constexpr std::optional<DenialCode> allowed = std::nullopt;

std::string attested_policy() {
  std::string text(small_policy);
  const std::string_view tiers = "tiers:\n";
  text.insert(text.find(tiers),
              "  vouch:         {rests_on: [voucher], fresh: 30m}\n"
              "  on_site:       {rests_on: [proofing_agent], fresh: 8h, strength: strong}\n");
  return text;
}

// A case c-1 of which only the approval is missing.
void ready_to_approve(SmallWorld& world) {
  world.open("c-1", Action::password_reset);
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  ASSERT_EQ(world.give("c-1", "recovery_code"), allowed);
  ASSERT_EQ(world.seal("c-1"), allowed);
}

struct Attested : SmallWorld {
  Attested() : SmallWorld(attested_policy()) {
    appoint("mia", {StaffRole::voucher}, {});
    appoint("max", {StaffRole::voucher, StaffRole::approver, StaffRole::agent}, {"desk_lead"});
  }
  std::optional<DenialCode> says(std::string_view id, std::string_view signal, std::string_view who) {
    RecordEvidence command;
    command.signal = id_of<SignalName>(signal);
    command.result = EvidenceResult::passed;
    if (!who.empty()) command.attested_by = id_of<StaffId>(who);
    return told(id, command);
  }
};

TEST(Attesters, are_named_and_have_the_role_for_it) {
  Attested world;
  world.open("c-1", Action::password_reset);
  EXPECT_EQ(world.says("c-1", "vouch", ""), DenialCode::attester_not_allowed);
  EXPECT_EQ(world.says("c-1", "vouch", "nobody"), DenialCode::staff_unknown);
  EXPECT_EQ(world.says("c-1", "vouch", "lea"), DenialCode::role_missing);
  EXPECT_EQ(world.says("c-1", "totp", "mia"), DenialCode::attester_not_allowed);  // rests on nobody's word
  EXPECT_EQ(world.says("c-1", "vouch", "mia"), allowed);
  EXPECT_EQ(world.state("c-1").evidence.back().attester, id_of<PersonId>("person.mia"));
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(Attesters, neither_opened_the_case_nor_hold_the_account) {
  Attested world;
  world.open("c-1", Action::password_reset);  // by ann
  EXPECT_EQ(world.says("c-1", "on_site", "ann"), DenialCode::attester_not_allowed);
  EXPECT_EQ(world.says("c-1", "on_site", "abe"), allowed);
  ASSERT_EQ(world.told("c-2", world.opening(Action::password_reset, "ann", "mia")), allowed);
  EXPECT_EQ(world.says("c-2", "vouch", "mia"), DenialCode::attester_not_allowed);
  EXPECT_EQ(world.says("c-2", "vouch", "max"), allowed);
}

TEST(Attesters, of_an_account_whose_manager_is_known_are_that_manager) {
  Attested world;
  auto opening = world.opening(Action::password_reset);
  opening.account.manager = id_of<PersonId>("person.mia");
  ASSERT_EQ(world.told("c-1", opening), allowed);
  EXPECT_EQ(world.says("c-1", "vouch", "max"), DenialCode::attester_not_allowed);
  EXPECT_EQ(world.says("c-1", "on_site", "max"), allowed);  // which is nothing of a manager's
  EXPECT_EQ(world.says("c-1", "vouch", "mia"), allowed);
}

TEST(Attesters, speak_once_and_approve_nothing_of_the_same_case) {
  Attested world;
  world.open("c-1", Action::password_reset);
  EXPECT_EQ(world.says("c-1", "vouch", "max"), allowed);
  EXPECT_EQ(world.says("c-1", "vouch", "max"), allowed);  // the same word again
  EXPECT_EQ(world.says("c-1", "on_site", "max"), DenialCode::attester_not_allowed);
  EXPECT_EQ(world.says("c-1", "on_site", "abe"), allowed);
  EXPECT_EQ(world.approve("max", "c-1"), DenialCode::attester_may_not_approve);
  EXPECT_EQ(world.approve("abe", "c-1"), DenialCode::attester_may_not_approve);
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

std::optional<DenialCode> objects(SmallWorld& world, std::string_view id, std::optional<std::string_view> heard_by) {
  Object command{std::nullopt, "callback"};
  if (heard_by) command.heard_by = id_of<StaffId>(*heard_by);
  return world.told(id, command);
}

TEST(Objections, end_a_case_at_every_stage_before_the_deed) {
  for (int stage = 0; stage < 4; ++stage) {
    SmallWorld world;
    world.open("c-1", Action::password_reset);
    if (stage > 0) {
      ASSERT_EQ(world.give("c-1", "totp"), allowed);
    }
    if (stage > 1) {
      ASSERT_EQ(world.give("c-1", "recovery_code"), allowed);
    }
    if (stage > 2) {
      ASSERT_EQ(world.approve("lea", "c-1"), allowed);
    }
    EXPECT_EQ(objects(world, "c-1", "ann"), allowed);
    EXPECT_EQ(world.state("c-1").closed->result, CaseResult::denied);
    EXPECT_EQ(world.state("c-1").closed->by, holder_of_account);
    EXPECT_EQ(world.give("c-1", "totp"), DenialCode::case_closed);
    EXPECT_EQ(objects(world, "c-1", "ann"), DenialCode::case_closed);
    EXPECT_EQ(world.audit().findings_total, 0U) << stage;
  }
}

TEST(Objections, are_noted_when_they_come_too_late) {
  SmallWorld world;
  ready_to_approve(world);
  ASSERT_EQ(world.approve("lea", "c-1"), allowed);
  ASSERT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(objects(world, "c-1", std::nullopt), allowed);  // the executor is at work
  EXPECT_FALSE(world.state("c-1").closed.has_value());
  ASSERT_EQ(world.conclude("c-1", Outcome::done), allowed);
  for (auto i = world.state("c-1").objections; i < objections_per_case_max; ++i)
    EXPECT_EQ(objects(world, "c-1", "lea"), allowed);
  EXPECT_EQ(objects(world, "c-1", "lea"), DenialCode::limit_reached);
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::done);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(Objections, that_come_during_an_attempt_leave_no_other) {
  SmallWorld world;
  ready_to_approve(world);
  ASSERT_EQ(world.approve("lea", "c-1"), allowed);
  ASSERT_EQ(world.intend("c-1"), allowed);
  ASSERT_EQ(objects(world, "c-1", "ann"), allowed);
  // The directory rejects the password: without the objection the claimant would choose another one.
  ASSERT_EQ(world.told("c-1", world.outcome_of("c-1", Outcome::not_done, "password_rejected")), allowed);
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::failed);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(Objections, stop_whatever_a_server_makes_of_them) {
  SmallWorld world;
  ready_to_approve(world);
  ASSERT_EQ(world.approve("lea", "c-1"), allowed);
  ASSERT_TRUE(world.state("c-1").permit.has_value());
  // A server that records the objection and does not close the case.
  ASSERT_TRUE(world.write_down("c-1", CaseEvent(HolderObjected{"callback", id_of<StaffId>("ann")})).has_value());
  EXPECT_EQ(world.intend("c-1"), DenialCode::case_closed);
  const auto refused = world.authorized("c-1", world.account());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, DenialCode::case_closed);
}

TEST(Attesters, who_have_left_are_named_by_the_executor) {
  Attested world;
  world.open("c-1", Action::password_reset);
  ASSERT_EQ(world.says("c-1", "vouch", "mia"), allowed);
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  ASSERT_EQ(world.seal("c-1"), allowed);
  ASSERT_EQ(world.approve("lea", "c-1"), allowed);
  ASSERT_TRUE(world.authorized("c-1", world.account()).has_value());
  world.dismiss("mia");
  const auto refused = world.authorized("c-1", world.account());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, DenialCode::attester_not_allowed);
}

TEST(Attesters, cannot_be_widened_by_leaving_the_manager_out) {
  Attested world;
  world.open("c-1", Action::password_reset);  // recorded without a manager
  ASSERT_EQ(world.says("c-1", "vouch", "max"), allowed);
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  ASSERT_EQ(world.seal("c-1"), allowed);
  ASSERT_EQ(world.approve("lea", "c-1"), allowed);
  auto seen = world.account();
  seen.manager = id_of<PersonId>("person.mia");
  const auto refused = world.authorized("c-1", seen);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, DenialCode::account_changed);
}

TEST(Objections, are_passed_on_by_those_who_serve) {
  SmallWorld world;
  world.open("c-1", Action::password_reset);
  EXPECT_EQ(objects(world, "c-1", "nobody"), DenialCode::staff_unknown);
  world.dismiss("abe");
  EXPECT_EQ(objects(world, "c-1", "abe"), DenialCode::staff_unknown);
  EXPECT_EQ(world.told("c-1", Object{std::nullopt, ""}), DenialCode::limit_reached);
  EXPECT_EQ(world.told("c-1", Object{std::nullopt, std::string(33, 'x')}), DenialCode::limit_reached);
  EXPECT_EQ(objects(world, "c-1", "vera"), allowed);  // who has no part in it
}

TEST(Objections, cannot_be_made_up_by_whoever_writes_the_ledger) {
  SmallWorld world;
  world.open("c-1", Action::password_reset);
  const CaseClosed closed{CaseResult::denied, std::string(holder_of_account), "it was not the account holder"};
  ASSERT_TRUE(world.write_down("c-1", CaseEvent(closed)).has_value());
  EXPECT_GT(world.audit().findings_total, 0U);  // nobody has objected
}

TEST(Requesters, who_have_left_take_their_cases_along) {
  SmallWorld world;
  ready_to_approve(world);
  world.dismiss("ann");
  EXPECT_EQ(world.approve("lea", "c-1"), DenialCode::requester_has_left);  // nobody's yes is spent on it
  const auto assessment = assess(world.state("c-1"), world.organization, world.now);
  ASSERT_TRUE(assessment.has_value());
  EXPECT_EQ(assessment->missing.back().who, "agent");
  const auto refused = permit(world.state("c-1"), world.organization, world.now);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, DenialCode::requester_has_left);
}

TEST(Requesters, who_leave_once_it_is_permitted_are_asked_about_by_the_executor) {
  SmallWorld world;
  ready_to_approve(world);
  ASSERT_EQ(world.approve("lea", "c-1"), allowed);
  ASSERT_TRUE(world.state("c-1").permit.has_value());
  ASSERT_TRUE(world.authorized("c-1", world.account()).has_value());
  world.dismiss("ann");
  const auto refused = world.authorized("c-1", world.account());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, DenialCode::requester_has_left);
}

}  // namespace
}  // namespace sallyport
