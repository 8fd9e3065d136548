// Somebody else's eye on a log: remembers what it saw, and says when the log says something else. What is asked and
// answered, as values; who fetches, keeps the memory and raises the alarm is the caller's business (cli/audit_monitor).
//
// A round: see() the latest checkpoint; fetch the leaf hashes from next_leaf() on and give them to grow(); then, if
// entries may be read, give each from next_entry() on to take(). Write memory() to where it survives a crash after each
// round. Alarms leave the memory as it was: it is the older of two histories, and the one to show.
// Pure. What a log says may be anything; nothing of it asserts.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "core/ledger/note.h"
#include "core/ledger/readjudicate.h"
#include "core/merkle/merkle.h"

namespace sallyport {

enum class LogAlarmKind {
  signature,  // the checkpoint is not signed by the log's key, or is no checkpoint
  rollback,  // there are fewer entries than before
  fork,  // the entries that were there before are not there any more
  hashes,  // what it serves does not lead to the root that it signed
  entry,  // an entry does not hash to its leaf hash
  ruling,  // an entry breaks a rule
  still,  // nothing was added for too long
  unreachable,  // it could not be read for too long
};
[[nodiscard]] std::string_view to_string(LogAlarmKind kind) noexcept;

struct LogAlarm {
  LogAlarmKind kind = LogAlarmKind::signature;
  std::uint64_t entry = 0;  // at which it shows, or as many as are covered
  std::string text;

  friend bool operator==(const LogAlarm&, const LogAlarm&) = default;
};

// What was seen last.
struct LogMemory {
  std::string note;  // the signed checkpoint: with another of the same log it proves a fork
  Frontier frontier;
  std::uint64_t ruled = 0;  // entries whose alarms were told
  Instant grown_at;  // when the log was last seen to grow
};
[[nodiscard]] std::string encode_log_memory(const LogMemory& memory);
// `corrupt` when it is not what a monitor of this log wrote: a memory that cannot be read is no beginning.
[[nodiscard]] Result<LogMemory> parse_log_memory(std::string_view text, const VerifierKey& trusted);

class LogMonitor {
 public:
  // Nothing remembered: what the log says first is taken on trust. `rules`: entries are read and ruled upon again.
  LogMonitor(VerifierKey trusted, std::optional<LogMemory> memory, bool rules);

  // Holds a note against what is remembered; gives its size, or an alarm.
  [[nodiscard]] std::expected<std::uint64_t, LogAlarm> see(std::string_view note) const;
  [[nodiscard]] std::uint64_t next_leaf() const noexcept { return tree_.size(); }
  // `leaves`: all from next_leaf() to the size of `note`, which see() took.
  [[nodiscard]] std::optional<LogAlarm> grow(std::string_view note, std::span<const Digest> leaves, Instant now);
  [[nodiscard]] std::uint64_t next_entry() const noexcept { return next_entry_; }
  // In order, and only entries below the size that grew. Rulings that were told before are not told again.
  [[nodiscard]] std::vector<LogAlarm> take(std::string_view entry);

  [[nodiscard]] const std::optional<LogMemory>& memory() const noexcept { return memory_; }

 private:
  [[nodiscard]] std::optional<LogAlarm> hold_against_memory(const Frontier& tree) const;

  VerifierKey trusted_;
  std::optional<LogMemory> memory_;
  bool rules_;
  Frontier tree_;  // of the leaves of this run
  std::vector<Digest> pending_;  // leaves whose entries were not taken yet
  std::uint64_t next_entry_ = 0;
  Readjudicator auditor_;
  std::uint64_t findings_seen_ = 0;
};

}  // namespace sallyport
