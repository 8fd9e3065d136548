#include "core/model/clock_watch.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const Instant noon = *instant_from_rfc3339("2026-03-02T12:00:00.000Z");
constexpr Duration millisecond{1};
constexpr Duration operator-(Duration a) { return {-a.milliseconds}; }
constexpr Duration operator-(Duration a, Duration b) { return a + -b; }

// A machine that was started an hour before noon.
ClockReading reading(Duration wall_after, Duration elapsed_after) {
  return {noon + wall_after, hours(1) + elapsed_after};
}
ClockWatch at_noon() { return ClockWatch(reading({}, {})); }

TEST(ClockWatch, the_first_reading_is_believed_for_there_is_nothing_to_hold_it_against) {
  ClockWatch watch;
  const auto told = watch.tell(reading({}, {}));
  EXPECT_TRUE(told.believed());
  EXPECT_EQ(told.now, noon);
  EXPECT_EQ(watch.last_believed(), reading({}, {}));
}

TEST(ClockWatch, a_step_of_five_seconds_is_believed_and_one_of_a_millisecond_more_is_not) {
  EXPECT_TRUE(at_noon().tell(reading(clock_step_max, {})).believed());
  const auto told = at_noon().tell(reading(clock_step_max + millisecond, {}));
  EXPECT_FALSE(told.believed());
  EXPECT_EQ(told.off, clock_step_max + millisecond);
  EXPECT_EQ(told.now, noon) << "what it would show had nobody set it";
}

TEST(ClockWatch, a_step_back_has_the_same_bound) {
  EXPECT_TRUE(at_noon().tell(reading(-clock_step_max, {})).believed());
  const auto told = at_noon().tell(reading(-clock_step_max - millisecond, {}));
  EXPECT_FALSE(told.believed());
  EXPECT_EQ(told.now, noon);
  EXPECT_EQ(told.shown(), noon - clock_step_max - millisecond);
}

TEST(ClockWatch, a_crystal_may_be_off_by_500_millionths_and_by_no_more) {
  const Duration drift{hours(10).milliseconds * clock_drift_per_million / 1'000'000};
  EXPECT_EQ(drift, seconds(18));
  const auto bound = hours(10) + drift + clock_step_max;
  EXPECT_TRUE(at_noon().tell(reading(bound, hours(10))).believed());
  EXPECT_FALSE(at_noon().tell(reading(bound + millisecond, hours(10))).believed());
}

TEST(ClockWatch, a_day_of_small_steps_gains_less_than_a_minute) {
  auto watch = at_noon();
  const auto greedy = [&](Duration elapsed, Duration before) {  // always as far as it is believed, found by halving
    Duration low = elapsed + before;
    Duration high = elapsed + minutes(5);
    while (high - low > millisecond) {
      const Duration middle{(low.milliseconds + high.milliseconds) / 2};
      auto copy = watch;
      (copy.tell(reading(middle, elapsed)).believed() ? low : high) = middle;
    }
    EXPECT_TRUE(watch.tell(reading(low, elapsed)).believed());
    return low - elapsed;
  };
  Duration gained;
  for (Duration elapsed = seconds(20); elapsed <= days(1); elapsed = elapsed + seconds(20))
    gained = greedy(elapsed, gained);
  EXPECT_GT(gained, seconds(40));
  EXPECT_LE(gained, clock_step_max + Duration{days(1).milliseconds * clock_drift_per_million / 1'000'000});
}

TEST(ClockWatch, one_that_is_slowly_off_is_followed_for_a_year) {
  auto watch = at_noon();
  for (Duration elapsed = minutes(1); elapsed < days(365); elapsed = elapsed + minutes(1)) {
    const Duration drift{elapsed.milliseconds * 400 / 1'000'000};  // three and a half hours in the end
    ASSERT_TRUE(watch.tell(reading(elapsed + drift, elapsed)).believed()) << to_string(elapsed);
  }
}

TEST(ClockWatch, a_leap_second_is_believed_inserted_or_smeared) {
  auto inserted = at_noon();
  EXPECT_TRUE(inserted.tell(reading(hours(12) - seconds(1), hours(12))).believed());
  // Smeared over a day from noon to noon (11.6 millionths), by a service that steps every minute.
  auto smeared = at_noon();
  for (int minute = 1; minute <= 24 * 60; ++minute) {
    const Duration behind{1000 * minute / (24 * 60)};
    ASSERT_TRUE(smeared.tell(reading(minutes(minute) - behind, minutes(minute))).believed());
  }
}

TEST(ClockWatch, a_machine_that_slept_has_not_jumped) {
  EXPECT_TRUE(at_noon().tell(reading(days(3), days(3))).believed());  // CLOCK_BOOTTIME went on
  EXPECT_FALSE(at_noon().tell(reading(days(3), {})).believed());      // a machine that was paused from outside
}

TEST(ClockWatch, it_is_believed_again_when_it_is_set_right_and_not_by_waiting) {
  auto watch = at_noon();
  EXPECT_FALSE(watch.tell(reading(days(1), seconds(1))).believed());
  for (int hour = 1; hour <= 24; ++hour)
    EXPECT_FALSE(watch.tell(reading(days(1) + hours(hour), hours(hour))).believed());
  EXPECT_EQ(watch.last_believed(), reading({}, {}));
  const auto told = watch.tell(reading(hours(25), hours(25)));
  EXPECT_TRUE(told.believed());
  EXPECT_EQ(told.now, noon + hours(25));
}

TEST(ClockWatch, time_goes_on_while_the_clock_is_not_believed) {
  auto watch = at_noon();
  EXPECT_EQ(watch.tell(reading(days(1), minutes(7))).now, noon + minutes(7));
}

TEST(ClockWatch, a_pair_that_was_kept_is_held_against_the_next_reading) {
  ClockWatch before;
  EXPECT_TRUE(before.tell(reading({}, {})).believed());
  ClockWatch after(*before.last_believed());  // of a process that was started anew on the same machine
  EXPECT_FALSE(after.tell(reading(days(1), minutes(1))).believed());
  EXPECT_TRUE(after.tell(reading(minutes(2), minutes(2))).believed());
}

TEST(ClockWatch, the_denial_says_how_far_and_which_way) {
  const auto on = clock_not_believed(at_noon().tell(reading(hours(24), {})));
  EXPECT_EQ(on.code, DenialCode::clock_not_believed);
  EXPECT_EQ(on.detail,
            "somebody has set the clock on by 1d: it shows 2026-03-03T12:00:00.000Z, and by the time since the machine "
            "was started it is 2026-03-02T12:00:00.000Z");
  EXPECT_EQ(to_text(on.facts),
            R"({"by":"1d","clock":"2026-03-03T12:00:00.000Z","expected":"2026-03-02T12:00:00.000Z","set":"on"})");
  const auto back = clock_not_believed(at_noon().tell(reading(-minutes(24), {})));
  EXPECT_EQ(to_text(back.facts),
            R"({"by":"24m","clock":"2026-03-02T11:36:00.000Z","expected":"2026-03-02T12:00:00.000Z","set":"back"})");
}

}  // namespace
}  // namespace sallyport
