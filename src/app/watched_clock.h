// The clock that rulings are made by: each of both processes watches its own (core/model/clock_watch.h), for neither
// believes the other.
//
// Thread-safe.
#pragma once

#include <mutex>
#include <optional>

#include "core/model/clock_watch.h"
#include "ports/clock.h"
#include "ports/event_store.h"

namespace sallyport {

class WatchedClock {
 public:
  // `believed`: kept by an earlier process on the same start of the machine. `ledger`: the ledger's newest time. A wall
  // clock that is behind it is wrong without question: nothing is held against that, so it may be set right.
  explicit WatchedClock(const Clock& clock, std::optional<ClockReading> believed = std::nullopt, Instant ledger = {})
      : clock_(clock), watch_(believed ? ClockWatch(*believed) : ClockWatch()), ledger_(ledger) {}
  WatchedClock(const WatchedClock&) = delete;
  WatchedClock& operator=(const WatchedClock&) = delete;
  ~WatchedClock() = default;

  [[nodiscard]] ClockTold tell() const;
  // The wall clock's time, or what it would be had nobody set it.
  [[nodiscard]] Instant now() const { return tell().now; }
  // What is to be kept for the next process.
  [[nodiscard]] std::optional<ClockReading> last_believed() const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable ClockWatch watch_;
  Instant ledger_;
};

// The ledger's high-water mark in time, from its last entry (times never run back).
[[nodiscard]] Result<Instant> time_of_newest_entry(const EventReader& ledger);

}  // namespace sallyport
