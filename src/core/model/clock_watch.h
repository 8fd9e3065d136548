// Is what the wall clock shows believable? Wall clocks are set from outside: by whoever answers for the time service
// (RFC 8915 is about that), or by hand. The time since the machine was started is not: it only runs. So two readings
// of both tell whether somebody has set the wall clock in between, and by how much. That is all they tell: not what
// time it is, nor who was right.
//
//   ClockWatch watch;                                   // believes its first reading
//   const auto told = watch.tell({wall, elapsed});      // told.believed(), told.now, told.off
//
// `elapsed` is the time since the start of the machine with its suspensions in it (CLOCK_BOOTTIME): a laptop that slept
// has not jumped. Linux runs both clocks at one rate, so what slews the wall clock moves `elapsed` as well
// (clock_gettime(2), "frequency adjustments"): a leap second that is smeared is no difference here, and one that is
// inserted is a second of it.
//
// Pure. Not thread-safe.
#pragma once

#include <optional>

#include "base/instant.h"
#include "core/model/denial.h"

namespace sallyport {

// Honest steps are below it: a leap second is one, and time services that step step by what a crystal lost since they
// last looked (systemd-timesyncd above 0.4 s, ntpd above 0.128 s). A code, a hold or an approval that is off by five
// seconds gives nobody anything.
inline constexpr Duration clock_step_max = seconds(5);
// And so much more for each second that went by, for a crystal that is slowly off and stepped right: 500 millionths is
// the most that a time service corrects (RFC 5905, appendix A, MAXFREQ; the kernel's limit is the same). It bounds what
// somebody gains who moves the clock in small steps: 43 seconds a day.
inline constexpr std::int64_t clock_drift_per_million = 500;
// What is believed follows the wall clock at that rate, once in so long: in milliseconds less would be rounded away.
inline constexpr Duration clock_follows_every = minutes(1);

struct ClockReading {
  Instant wall;
  Duration elapsed;  // since the machine was started
  friend bool operator==(const ClockReading&, const ClockReading&) = default;
};

struct ClockTold {
  Instant now;  // the wall clock's time; if it is not believed, the time that it would show had nobody set it
  Duration off;  // by how much it is set on, or back if negative; zero: it is believed
  [[nodiscard]] bool believed() const noexcept { return off == Duration{}; }
  [[nodiscard]] Instant shown() const noexcept { return now + off; }  // by the wall clock
};

class ClockWatch {
 public:
  ClockWatch() = default;
  explicit ClockWatch(const ClockReading& believed) : believed_(believed) {}

  [[nodiscard]] ClockTold tell(const ClockReading& reading);
  // What the next reading is held against. It moves on with readings that are believed, and with no others: a clock
  // that is not believed is believed again when it is set right, and not because time went by.
  [[nodiscard]] const std::optional<ClockReading>& last_believed() const noexcept { return believed_; }

 private:
  std::optional<ClockReading> believed_;
};

// The denial for it. REQUIRES: !told.believed().
[[nodiscard]] Denial clock_not_believed(const ClockTold& told);

}  // namespace sallyport
