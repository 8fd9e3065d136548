// One thing that happens in a simulated seed. A seed is a list of steps; each says all that is needed to do it, so that
// any part of the list can be done by itself, which is how a failing seed is made short.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/instant.h"

namespace sallyport::sim {

enum class StepKind : std::uint8_t {
  // people; a: the case
  opens,  // b: who, c: the account, d: the action, e: the channel
  joins,
  asks_for_mail,
  gives,  // b: the signal, c: how (Given)
  seals,
  approves,  // b: who, c: how (Signed)
  approves_list,  // b: who, c: another case
  denies,  // b
  cancels,  // b
  asks,  // b: who, d: the action
  objects,  // b: who heard it; -1: the holder's own way
  is_told,  // b: the way
  reviews,  // b: who, c: 1 doubts, d: 1 as a list
  signs_in,  // b
  leaves,  // b
  proposes_policy,
  agrees,  // b: the operator
  // the two programs
  tick,
  commit,  // the store's writer comes to what waits
  executes,  // a: the case, b: the executor, c: weather of the write, d: the boundary at which it dies; 0: none
  reconciles,  // a, b, c: weather of look and fence, d
  // what fails
  executor_dies,  // b
  gateway_dies,  // c: how many waiting batches are on disk all the same
  disk_is_full,
  fsync_fails,  // c: the same
  disk_has_room,
  ledger_put_back,  // c: by so many batches
  directory_away,
  directory_back,
  directory_kept,  // a backup of it
  directory_put_back,
  outsider_changes,  // c: the account
  outsider_marks,  // c
  marker_repaired,  // c
  account_becomes,  // c, d: what
  late_arrives,
  next_look,  // c: weather of the next look
  clock_set,  // c: by so many milliseconds
  clock_freezes,
  clock_repaired,
  mail_fate,  // c
  mail_arrives,
};
inline constexpr std::size_t step_kinds = static_cast<std::size_t>(StepKind::mail_arrives) + 1;
[[nodiscard]] std::string_view to_string(StepKind kind) noexcept;
// Its number: a switch over it may leave the other kinds to others.
[[nodiscard]] constexpr std::uint8_t operator+(StepKind kind) noexcept { return static_cast<std::uint8_t>(kind); }

struct Step {
  StepKind kind = StepKind::tick;
  Instant at;  // in true time
  std::int64_t a = 0, b = 0, c = 0, d = 0, e = 0;
  std::uint64_t seed = 0;  // of what happens within it
  friend bool operator==(const Step&, const Step&) = default;
};

enum class Given : std::uint8_t { right, wrong, again, bound_lately, changed_lately };
enum class Signed : std::uint8_t { well, another_statement, on_another_page, by_touch_alone };

// What went wrong, as the coverage counts it.
enum class FaultKindSeen : std::uint8_t {
  none,
  write_refused,
  write_unreachable,
  request_lost,
  answer_lost,
  write_late,
  write_twice,
  lied_done,
  lied_refused,
  look_failed,
  look_stale,
  look_nonsense,
  directory_away,
  directory_put_back,
  outsider_changed,
  outsider_marked,
  account_changed,
  executor_died,
  two_executors,
  gateway_died,
  disk_full,
  fsync_failed,
  ledger_put_back,
  clock_set,
  clock_frozen,
  mail_lost,
  mail_late,
};
inline constexpr std::size_t faults_seen = static_cast<std::size_t>(FaultKindSeen::mail_late) + 1;
[[nodiscard]] std::string_view to_string(FaultKindSeen fault) noexcept;

inline constexpr std::array<std::string_view, 9> simulated_signals{
    "none", "passkey", "proofing", "on_site", "totp", "callback", "mail_code", "recovery_code", "vouch"};
inline constexpr std::array<std::string_view, 7> simulated_roles{"claimant", "holder",   "agent",   "approver",
                                                                 "voucher",  "reviewer", "operator"};

}  // namespace sallyport::sim
