// Budgets and cooldowns of approvers, and what rules read of a request: decided upon, recorded, and counted
// again by the auditor.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

constexpr std::optional<DenialCode> allowed = std::nullopt;

std::string limited_policy() {
  std::string text(small_policy);
  const std::string_view limits = "limits: {";
  return text.replace(
      text.find(limits), limits.size(),
      "rules:\n"
      "  - {id: south, when: \"agent.organization != account.organization\", raise: guarded}\n"
      "  - {id: new, when: \"account.recovery_factor_age < duration('24h')\", deny: \"bound just now\"}\n"
      "limits: {approvals_per_approver_1h: 2, cooldown_after_own_recovery: 72h, ");
}

// Door one shut: an approver may be asked.
void verified(SmallWorld& world, std::string_view id, std::string_view name) {
  auto opening = world.opening(Action::password_reset, "ann", name);
  opening.request.recovery_factor_changed_at = world.now - days(30);
  ASSERT_EQ(world.told(id, opening), allowed);
  ASSERT_EQ(world.give(id, "totp"), allowed);
  ASSERT_EQ(world.give(id, "recovery_code"), allowed);
}

std::string first_finding(const SmallWorld& world) {
  const auto report = world.audit();
  return report.findings.empty() ? std::string() : report.findings.front().text;
}

TEST(ApproverLimits, two_approvals_an_hour_and_not_a_third) {
  SmallWorld world(limited_policy());
  for (const auto* id : {"c-1", "c-2", "c-3"}) verified(world, id, concat("paul", id));
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_EQ(world.approve("lea", "c-2"), allowed);
  EXPECT_EQ(world.approve("lea", "c-3"), DenialCode::approver_over_budget);
  EXPECT_EQ(world.approve("leo", "c-3"), allowed);  // somebody else
  EXPECT_EQ(first_finding(world), "");
}

TEST(ApproverLimits, after_an_hour_the_budget_is_there_again) {
  SmallWorld world(limited_policy());
  for (const auto* id : {"c-1", "c-2"}) verified(world, id, concat("paul", id));
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_EQ(world.approve("lea", "c-2"), allowed);
  world.wait(hours(1) + Duration{1});
  verified(world, "c-3", "paul");
  EXPECT_EQ(world.approve("lea", "c-3"), allowed);
  EXPECT_EQ(first_finding(world), "");
}

TEST(ApproverLimits, who_was_recovered_lately_approves_nothing) {
  SmallWorld world(limited_policy());
  verified(world, "c-1", "lea");  // lea's own account
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_EQ(world.approve("leo", "c-1"), allowed);
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), allowed);
  verified(world, "c-2", "paul");
  EXPECT_EQ(world.approve("lea", "c-2"), DenialCode::approver_in_cooldown);
  world.wait(hours(72));
  verified(world, "c-3", "paul");
  EXPECT_EQ(world.approve("lea", "c-3"), allowed);
  EXPECT_EQ(first_finding(world), "");
}

TEST(ApproverLimits, the_auditor_counts_again) {
  SmallWorld world(limited_policy());
  for (const auto* id : {"c-1", "c-2", "c-3"}) verified(world, id, concat("paul", id));
  EXPECT_EQ(world.approve("lea", "c-1"), allowed);
  EXPECT_EQ(world.approve("lea", "c-2"), allowed);
  auto third = world.approval("lea", "c-3");
  third.approvals_1h = 1;  // what a server says that wants one more yes
  EXPECT_EQ(world.told("c-3", third), allowed);
  EXPECT_NE(first_finding(world).find("`lea` had approved 2 times within an hour, not 1"), std::string::npos)
      << first_finding(world);
}

TEST(ApproverLimits, the_auditor_remembers_recoveries) {
  SmallWorld world(limited_policy());
  verified(world, "c-1", "lea");
  EXPECT_EQ(world.seal("c-1"), allowed);
  EXPECT_EQ(world.approve("leo", "c-1"), allowed);
  EXPECT_EQ(world.intend("c-1"), allowed);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), allowed);
  verified(world, "c-2", "paul");
  auto approval = world.approval("lea", "c-2");
  approval.since_recovery.reset();
  const auto hidden = decide(world.state("c-2"), approval, {world.organization, world.now});
  ASSERT_TRUE(hidden.has_value());
  for (const auto& event : *hidden) world.record("c-2", event);
  EXPECT_NE(first_finding(world).find("an account of `person.lea` was recovered at"), std::string::npos)
      << first_finding(world);
}

TEST(RequestFacts, rules_read_the_agents_organization_as_the_ledger_knows_it) {
  SmallWorld world(limited_policy());
  auto opening = world.opening(Action::password_reset, "sam");
  opening.request.recovery_factor_changed_at = world.now - days(30);
  opening.request.agent_organization = id_of<OrganizationId>("north");  // what a server says
  ASSERT_EQ(world.told("c-1", opening), allowed);
  EXPECT_EQ(world.state("c-1").opened.request.agent_organization, id_of<OrganizationId>("south"));
  EXPECT_EQ(world.state("c-1").opened.requirement.hold_without_strong, minutes(30));
}

TEST(RequestFacts, what_is_not_known_refuses_where_it_would_if_it_were_bad) {
  SmallWorld world(limited_policy());
  auto opening = world.opening(Action::password_reset);
  EXPECT_EQ(world.told("c-1", opening), DenialCode::refused_by_rule);
  opening.request.recovery_factor_changed_at = world.now - hours(24);
  EXPECT_EQ(world.told("c-1", opening), allowed);
  opening.request.recovery_factor_changed_at = world.now - hours(24) + Duration{1};
  EXPECT_EQ(world.told("c-2", opening), DenialCode::refused_by_rule);
}

TEST(RequestFacts, the_auditor_knows_when_a_way_to_recover_was_bound) {
  SmallWorld world(limited_policy());
  const auto account = world.account();
  const auto stream = account_stream(account.directory, account.account);
  const EnrolmentInvited invited{account.directory, account.account, id_of<StaffId>("olga"),
                                 world.now + invitation_valid_for};
  world.ledger.push_back(encode_entry({stream, 0, world.now, EnrolmentEvent(invited)}));
  const SignalEnrolled bound{account.directory, account.account, id_of<SignalName>("totp"), 1};
  world.ledger.push_back(encode_entry({stream, 1, world.now, EnrolmentEvent(bound)}));
  auto opening = world.opening(Action::password_reset);
  opening.request.recovery_factor_changed_at = world.now - days(30);  // what a thief's server says
  ASSERT_EQ(world.told("c-1", opening), allowed);
  EXPECT_NE(first_finding(world).find("a way to recover the account was bound at"), std::string::npos)
      << first_finding(world);
}

}  // namespace
}  // namespace sallyport
