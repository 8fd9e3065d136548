// The executor's question: may this be done, now, once? What it refuses beside what it allows.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "core/cases/assess.h"

namespace sallyport {
namespace {

std::optional<DenialCode> refused(const SmallWorld& world, std::string_view id) {
  const auto ruling = world.authorized_by(id, world.entries_of(id));
  if (ruling) return std::nullopt;
  EXPECT_FALSE(ruling.error().detail.empty());
  return ruling.error().code;
}

TEST(Authorizing, gives_exactly_what_was_permitted) {
  SmallWorld world;
  world.ready("c-1");
  const auto given = world.authorized_by("c-1", world.entries_of("c-1"));
  ASSERT_TRUE(given.has_value()) << given.error().detail;
  const auto& s = world.state("c-1");
  EXPECT_EQ(given->action.case_id(), s.id);
  EXPECT_EQ(given->action.action(), Action::password_reset);
  EXPECT_EQ(given->action.account(), s.opened.account.account);
  EXPECT_EQ(given->action.directory(), s.opened.account.directory);
  EXPECT_EQ(given->action.state_token(), s.opened.account.state_token);
  EXPECT_EQ(given->action.execution(), execution_of(s.id, 1));
  EXPECT_EQ(given->action.expires_at(), s.permit->expires_at);
  EXPECT_EQ(given->attempt, 1U);
  EXPECT_EQ(given->version, s.version);
  EXPECT_EQ(given->sealed, s.secret->sealed);
}

TEST(Authorizing, carries_no_secret_for_an_action_without_one) {
  SmallWorld world;
  world.ready("c-1", Action::unlock);
  const auto given = world.authorized_by("c-1", world.entries_of("c-1"));
  ASSERT_TRUE(given.has_value());
  EXPECT_FALSE(given->sealed);
}

TEST(Authorizing, needs_a_case_and_a_permit) {
  SmallWorld world;
  EXPECT_EQ(refused(world, "c-1"), DenialCode::case_closed);
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(refused(world, "c-1"), DenialCode::approvals_missing);
}

TEST(Authorizing, refuses_when_the_approver_has_been_removed_since) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(refused(world, "c-1"), std::nullopt);
  world.dismiss("lea");
  EXPECT_TRUE(refused(world, "c-1"));
}

TEST(Authorizing, goes_on_when_others_approved_after_an_approver_had_left) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.give("c-1", "totp"), std::nullopt);
  EXPECT_EQ(world.give("c-1", "recovery_code"), std::nullopt);
  EXPECT_EQ(world.approve("lea", "c-1"), std::nullopt);
  world.dismiss("lea");
  EXPECT_EQ(world.seal("c-1"), std::nullopt);
  EXPECT_EQ(refused(world, "c-1"), DenialCode::approvals_missing);
  EXPECT_EQ(world.approve("leo", "c-1"), std::nullopt);
  EXPECT_EQ(refused(world, "c-1"), std::nullopt);
  EXPECT_TRUE(world.audit().findings.empty());
}

// A daemon in an attacker's hands writes an approval that nobody gave beside the one that was given.
TEST(Authorizing, a_forged_approval_takes_no_seat) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.give("c-1", "totp"), std::nullopt);
  EXPECT_EQ(world.give("c-1", "recovery_code"), std::nullopt);
  EXPECT_EQ(world.seal("c-1"), std::nullopt);
  auto forged = world.approval("lea", "c-1").assertion;
  forged.signature.back() ^= 1;
  world.record("c-1",
               ApprovalRecorded{
                   id_of<StaffId>("lea"), world.organization.member(id_of<StaffId>("lea"))->person, 1, forged, 0, {}});
  const auto permitted = permit(world.state("c-1"), world.organization, world.now);
  ASSERT_TRUE(permitted.has_value());  // it counts approvals; signatures were checked before they got there
  world.record("c-1", *permitted);
  EXPECT_EQ(refused(world, "c-1"), DenialCode::statement_differs);
}

TEST(Authorizing, refuses_when_the_approver_was_given_another_passkey_since) {
  SmallWorld world;
  world.ready("c-1");
  auto lea = *world.organization.member(id_of<StaffId>("lea"));
  lea.passkey = world.staff("another.key", {}, {}).passkey;
  world.appoint(lea);
  EXPECT_TRUE(refused(world, "c-1"));
}

TEST(Authorizing, refuses_when_the_approvers_appointment_ended_meanwhile) {
  SmallWorld world;
  auto lou = world.staff("lou", {StaffRole::approver}, {"desk_lead"});
  lou.ends_at = world.now + minutes(5);
  world.appoint(lou);
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.give("c-1", "totp"), std::nullopt);
  EXPECT_EQ(world.give("c-1", "recovery_code"), std::nullopt);
  EXPECT_EQ(world.seal("c-1"), std::nullopt);
  EXPECT_EQ(world.approve("lou", "c-1"), std::nullopt);
  world.wait(minutes(5) + Duration{-1});
  EXPECT_EQ(refused(world, "c-1"), std::nullopt);
  world.wait(Duration{1});
  EXPECT_EQ(refused(world, "c-1"), DenialCode::approvals_missing);
}

TEST(Authorizing, refuses_when_the_policy_has_changed_since) {
  SmallWorld world;
  world.ready("c-1");
  world.activate(concat(small_policy, "# another day\n"));
  EXPECT_TRUE(refused(world, "c-1"));
}

TEST(Authorizing, refuses_an_expired_permit_at_its_millisecond) {
  SmallWorld world;
  world.ready("c-1");
  world.now = world.state("c-1").permit->expires_at + Duration{-1};
  EXPECT_EQ(refused(world, "c-1"), std::nullopt);
  world.wait(Duration{1});
  EXPECT_EQ(refused(world, "c-1"), DenialCode::approval_expired);
}

TEST(Authorizing, refuses_a_second_time) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), std::nullopt);
  EXPECT_EQ(refused(world, "c-1"), DenialCode::execution_in_progress);
  EXPECT_EQ(world.conclude("c-1", Outcome::unknown), std::nullopt);
  EXPECT_EQ(refused(world, "c-1"), DenialCode::execution_in_progress);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), std::nullopt);
  EXPECT_EQ(refused(world, "c-1"), DenialCode::case_closed);
}

TEST(Authorizing, refuses_a_closed_case) {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.told("c-1", CancelCase{id_of<StaffId>("ann"), "found the handset"}), std::nullopt);
  EXPECT_EQ(refused(world, "c-1"), DenialCode::case_closed);
}

TEST(Authorizing, refuses_while_the_clock_is_behind) {
  SmallWorld world;
  world.ready("c-1");
  world.wait(Duration{-1});
  EXPECT_EQ(refused(world, "c-1"), DenialCode::clock_behind_ledger);
}

TEST(Authorizing, refuses_entries_that_are_not_this_cases_stream) {
  SmallWorld world;
  world.ready("c-1");
  world.ready("c-2");
  const auto entries = world.entries_of("c-1");
  const auto code_of = [&](const std::vector<std::string>& given, std::string_view id) {
    const auto ruling = world.authorized_by(id, given);
    return ruling ? std::nullopt : std::optional(ruling.error().code);
  };
  EXPECT_EQ(code_of(entries, "c-1"), std::nullopt);
  EXPECT_EQ(code_of(entries, "c-2"), DenialCode::statement_differs);
  for (std::size_t i = 0; i + 1 < entries.size(); ++i) {  // without its last entry, the case is an earlier self
    auto without = entries;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(code_of(without, "c-1"), DenialCode::statement_differs) << i;
  }
  auto broken = entries;
  broken[2] = "not json";
  EXPECT_EQ(code_of(broken, "c-1"), DenialCode::statement_differs);
}

}  // namespace
}  // namespace sallyport
