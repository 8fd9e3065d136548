#include "core/cases/without_clock.h"

#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

// A case that waits for its hold, and a clock that somebody then sets on by a day.
struct ByAForgedClock : testing::Test {
  SmallWorld world;
  void set(Duration by) {
    world.now = world.now + by;
    world.set_by = world.set_by + by;
  }
  void set_on() {
    (void)world.told_by_clock();
    world.open("c-1", Action::mfa_reset);
    world.give("c-1", "totp");
    world.give("c-1", "recovery_code");
    EXPECT_EQ(world.approve("lea", "c-1"), std::nullopt);
    set(hours(24));
  }
  [[nodiscard]] Instant last_entry() const { return decode_entry(world.ledger.back())->at; }
};

TEST_F(ByAForgedClock, no_hold_is_over_and_nothing_is_given_approved_or_opened) {
  set_on();
  EXPECT_EQ(world.told("c-1", Proceed{}), DenialCode::clock_not_believed);
  EXPECT_EQ(world.told("c-1", ExpireCase{}), DenialCode::clock_not_believed);
  EXPECT_EQ(world.give("c-1", "mail_code"), DenialCode::clock_not_believed);
  EXPECT_EQ(world.told("c-1", world.approval("leo", "c-1")), DenialCode::clock_not_believed);
  EXPECT_EQ(world.told("c-1", RequestExecution{id_of<StaffId>("ann"), Action::mfa_reset}),
            DenialCode::clock_not_believed);
  EXPECT_EQ(world.told("c-2", world.opening(Action::unlock)), DenialCode::clock_not_believed);
  EXPECT_EQ(world.state("c-1").permit, std::nullopt);
}

TEST_F(ByAForgedClock, what_only_stops_something_is_recorded_at_the_time_that_it_would_be) {
  set_on();
  const auto before = last_entry();
  world.now = world.now + minutes(1);
  EXPECT_EQ(world.told("c-1", CancelCase{id_of<StaffId>("ann"), "the clock is wrong"}), std::nullopt);
  EXPECT_EQ(last_entry(), before + minutes(1));
  set(Duration{-hours(24).milliseconds});  // set right: the ledger is not ahead of it
  EXPECT_EQ(world.told("c-2", world.opening(Action::unlock)), std::nullopt);
  EXPECT_TRUE(world.audit().findings.empty());
}

TEST_F(ByAForgedClock, the_outcome_of_a_deed_under_way_is_recorded) {
  (void)world.told_by_clock();
  world.ready("c-1", Action::unlock);
  EXPECT_EQ(world.intend("c-1"), std::nullopt);
  set(hours(24));
  EXPECT_EQ(world.told("c-1", world.outcome_of("c-1", Outcome::done)), std::nullopt);
  EXPECT_EQ(world.state("c-1").closed->result, CaseResult::done);
  EXPECT_TRUE(world.audit().findings.empty());
}

TEST_F(ByAForgedClock, a_clock_that_is_set_right_again_goes_on_where_it_was) {
  set_on();
  EXPECT_EQ(world.told("c-1", Proceed{}), DenialCode::clock_not_believed);
  set(Duration{-hours(24).milliseconds});
  EXPECT_EQ(world.told("c-1", Proceed{}), DenialCode::hold_not_over);
  EXPECT_EQ(world.state("c-1").permit, std::nullopt) << "the hold of half an hour has not begun to be over";
  world.now = world.now + minutes(30);
  EXPECT_EQ(world.told("c-1", Proceed{}), std::nullopt);
  EXPECT_TRUE(world.state("c-1").permit.has_value());
}

TEST_F(ByAForgedClock, five_seconds_are_a_time_service_at_work) {
  set_on();
  set(seconds(5) + Duration{-hours(24).milliseconds});
  EXPECT_EQ(world.told("c-1", Proceed{}), DenialCode::hold_not_over);
  set(Duration{1});
  EXPECT_EQ(world.told("c-1", Proceed{}), DenialCode::clock_not_believed);
}

TEST_F(ByAForgedClock, staff_may_be_removed_and_not_appointed) {
  set_on();
  const auto sam = world.organization.staff.at(id_of<StaffId>("sam"));
  const auto removed = world.ask(world.signed_by("olga", StaffRemoved{sam.id, {}}));
  EXPECT_TRUE(removed.has_value());
  const auto appointed = world.ask(world.signed_by("olga", StaffEnrolled{sam, {}}));
  ASSERT_FALSE(appointed.has_value());
  EXPECT_EQ(appointed.error().code, DenialCode::clock_not_believed);
}

}  // namespace
}  // namespace sallyport
