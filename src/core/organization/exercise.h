// Live exercises: an unannounced recovery that measures the desk (docs/decisions/0014-exercises.md).
//
// An operator seals a plan: the ledger gets SHA-256 over the plan and a random salt, signed with their passkey, and
// nothing else until the exercise is opened. A case that somebody opens on the planned account in the planned window is
// the exercise's, and looks like every other case. It never acts: what leads to a directory takes a LiveCase
// (core/ledger/exercise_register.h), and of such a case there is none. Opening the exercise shows plan, salt and the
// cases that were its own, and closes those that are still open.
//
// One operator is enough for all of this: an exercise takes power away and gives none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/record.h"
#include "core/model/action.h"
#include "core/model/denial.h"
#include "core/model/ids.h"

namespace sallyport {

inline constexpr std::string_view exercise_domain = "sallyport/exercise/v1";
inline constexpr std::size_t exercise_salt_bytes = 32;
// Whoever needs the account meanwhile waits for the executor in vain, so it is one day at the most.
inline constexpr Duration exercise_window_max = hours(24);
inline constexpr Duration exercise_ahead_max = days(30);  // from the seal to the window's end
inline constexpr Duration exercise_pause_min = days(7);  // between two on one account, for the same reason
inline constexpr Duration exercise_opens_itself_after = hours(24);  // counted from the window's end
inline constexpr Duration exercise_overdue_after = days(3);  // sealed still: an audit says so
inline constexpr std::size_t exercises_sealed_max = 8;  // at a time
inline constexpr std::size_t exercise_cases_max = 1000;  // no policy allows more on an account in a day

struct ExercisePlan {
  DirectoryId directory;
  AccountId account;
  std::optional<Action> action = std::nullopt;  // absent: whatever is asked for
  Instant from, until;  // cases opened from `from` on and before `until`
  std::string pretext;  // what the desk is told: 1 to reason_length_max bytes
  std::optional<TeamId> team = std::nullopt;  // whom it is meant for; whoever answers is in it all the same
  Bytes salt;  // exercise_salt_bytes, random

  static constexpr auto fields() {
    using P = ExercisePlan;
    return record_fields("directory", &P::directory, "account", &P::account, "action", &P::action, "from", &P::from,
                         "until", &P::until, "pretext", &P::pretext, "team", &P::team, "salt", &P::salt);
  }
  friend bool operator==(const ExercisePlan&, const ExercisePlan&) = default;
};

// SHA-256 of exercise_domain, 0x00 and the plan's canonical JSON.
[[nodiscard]] Digest commitment_of(const ExercisePlan& plan);
// Bounds that a plan has to keep by itself.
[[nodiscard]] Ruling<void> check_plan(const ExercisePlan& plan);

// An exercise as the ledger tells it.
struct OpenedExercise {
  ExercisePlan plan;
  std::vector<CaseId> cases;  // sorted
  std::optional<StaffId> by;  // absent: it opened by itself
  Instant at;
};
struct SealedExercise {
  Digest commitment;
  StaffId by;
  Instant sealed_at, ends_at;
  std::optional<OpenedExercise> opened;
};

// Was a case on this account and of this action, opened at this moment, the exercise's? An exercise that was opened
// has no further cases; those it had it lists.
[[nodiscard]] bool covers(const SealedExercise& exercise, const ExercisePlan& plan, const DirectoryId& directory,
                          const AccountId& account, Action action, Instant opened_at);

}  // namespace sallyport
