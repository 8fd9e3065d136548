#include "core/model/clock_watch.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace sallyport {

ClockTold ClockWatch::tell(const ClockReading& reading) {
  if (!believed_) believed_ = reading;
  const Duration since{reading.elapsed.milliseconds - believed_->elapsed.milliseconds};
  const Instant expected = believed_->wall + since;
  const auto off = (reading.wall - expected).milliseconds;
  const auto drift = std::max<std::int64_t>(since.milliseconds, 0) * clock_drift_per_million / 1'000'000;
  const auto bound = clock_step_max.milliseconds + drift;
  if (off > bound || off < -bound) return {expected, {off}};
  if (since >= clock_follows_every)
    believed_ = ClockReading{expected + Duration{std::clamp(off, -drift, drift)}, reading.elapsed};
  return {reading.wall, {}};
}

Denial clock_not_believed(const ClockTold& told) {
  SALLYPORT_ASSERT(!told.believed());
  const bool on = told.off > Duration{};
  const auto by = to_string(on ? told.off : Duration{-told.off.milliseconds});
  return {
      DenialCode::clock_not_believed,
      concat("somebody has set the clock ", on ? "on" : "back", " by ", by, ": it shows ", to_rfc3339(told.shown()),
             ", and by the time since the machine was started it is ", to_rfc3339(told.now)),
      "set the machine's clock right; if it is right, an operator of the machine starts the gateway with --clock-is",
      Json::object({{"clock", to_rfc3339(told.shown())},
                    {"expected", to_rfc3339(told.now)},
                    {"set", std::string(on ? "on" : "back")},
                    {"by", by}})};
}

}  // namespace sallyport
