#include "app/watched_clock.h"

#include <string_view>

#include "base/limits.h"
#include "core/ledger/entry.h"
#include "core/ledger/note.h"

namespace sallyport {

ClockTold WatchedClock::tell() const {
  const std::lock_guard lock(mutex_);
  const ClockReading reading{clock_.now(), clock_.elapsed()};  // under the lock: elapsed never runs back
  if (!watch_.last_believed() && reading.wall + clock_step_back_max < ledger_) return {reading.wall, {}};
  return watch_.tell(reading);
}

std::optional<ClockReading> WatchedClock::last_believed() const {
  const std::lock_guard lock(mutex_);
  return watch_.last_believed();
}

Result<Instant> time_of_newest_entry(const EventReader& ledger) {
  SP_TRY(const auto note, ledger.latest_checkpoint());
  SP_TRY(const auto checkpoint, parse_checkpoint_body(std::string_view(note).substr(0, note.find("\n\n") + 1)));
  SP_TRY(const auto entries, ledger.read_entries(checkpoint.size - 1, 1));
  if (entries.empty())
    return fault(FaultKind::corrupt, "the ledger's last entry is missing", "restore it from a backup");
  SP_TRY(const auto entry, decode_entry(entries.front().bytes));
  return entry.at;
}

}  // namespace sallyport
