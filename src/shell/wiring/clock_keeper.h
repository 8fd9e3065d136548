// Keeps what a process last believed of its clock, so that a restart does not make a clock believed that was not: the
// wall clock and the time since the machine was started, with the id of that start (/proc/sys/kernel/random/boot_id).
// After another start there is nothing to hold a clock against but the ledger, whose time never runs back.
//
// The file is one line of JSON. It is written anew each minute, flushed and renamed into place: after a power cut it is
// the old one or the new one, and either is of another start of the machine. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "app/watched_clock.h"
#include "base/result.h"

namespace sallyport {

inline constexpr std::string_view clock_file_suffix = ".clock";
// Whoever says by --clock-is what time it is reads another clock, and then types. More, and what was said long ago and
// kept somewhere would be believed again.
inline constexpr Duration clock_is_within = minutes(2);

class ClockKeeper {
 public:
  struct Options {
    std::string_view program;  // for its lines in the log
    std::string file;  // beside what only this process writes
    std::string clock_is;  // RFC 3339, UTC, to the minute or finer: a person has looked at another clock. Or empty
    Instant ledger;  // its newest time
  };
  // A fault: the file cannot be read or written, or the clock is not what `clock_is` says.
  [[nodiscard]] static Result<std::unique_ptr<ClockKeeper>> open(const Clock& clock, Options options);
  ClockKeeper(const ClockKeeper&) = delete;
  ClockKeeper& operator=(const ClockKeeper&) = delete;
  ~ClockKeeper() = default;

  [[nodiscard]] const WatchedClock& clock() const noexcept { return clock_; }
  // Called a few times a second: writes the file when there is news, and says in the log when the clock is believed no
  // more, and when it is again.
  void look();

 private:
  ClockKeeper(const Clock& clock, std::optional<ClockReading> believed, Options options, std::string boot);
  [[nodiscard]] Result<void> keep();

  WatchedClock clock_;
  std::string program_, file_, boot_;
  std::mutex mutex_;
  std::optional<ClockReading> kept_;
  bool believed_ = true, could_keep_ = true;
};

}  // namespace sallyport
