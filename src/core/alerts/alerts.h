// What somebody should look at, found in a ledger: a closed list of alerts, each with the entries that it rests on, the
// next step, and what it does not mean. An alert decides nothing. It is computed from the entries alone, so whoever
// has the ledger finds the same ones, and nobody can leave one out.
//
//   AlertWatch watch;
//   for (...) watch.feed(index, entry);        // in the ledger's order
//   for (const auto& raised : watch.raised()) ...
//
// What never reached the ledger raises none: a request that was refused before there was a case, a change of the
// organization that was refused, and whatever the executor refuses by itself (that stands in its own log).
//
// Pure; remembers the cases that are open, and the staff.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ledger/entry.h"

namespace sallyport {

enum class Alert : std::uint8_t {
  holder_objected,
  objected_after_effect,
  approver_said_no,
  tries_exhausted,
  code_replayed,
  target_velocity,
  agent_velocity,
  surge,
  agent_bypass_attempt,
  separation_of_duties,
  approval_not_genuine,
  approver_out_of_place,
  approver_recently_recovered,
  approval_flood,
  requester_has_left,
  account_changed,
  outcome_unknown,
  case_stalled,
  staff_recovered,
  change_rejected,
  clock_jump,
  list_out_of_bounds,
  alarm_missing,
  review_doubtful,
  review_overdue,
  speaker_recently_recovered,
  suspend_repeat,
};
[[nodiscard]] std::string_view to_string(Alert alert) noexcept;
template <>
struct EnumValues<Alert> {
  static const std::array<Alert, 27> all;
};

struct AlertWords {
  std::string_view sentence;  // what is so
  std::string_view next_step;  // what to do
  std::string_view does_not_mean;  // what nobody should conclude
};
[[nodiscard]] const AlertWords& words_of(Alert alert) noexcept;

// More than two cases on one account within a day is not a bad week, it is somebody trying.
inline constexpr std::uint32_t target_velocity_cases_24h = 2;  // before this one
// A busy agent opens one in five minutes; one in three is somebody who browses.
inline constexpr std::uint32_t agent_velocity_cases_1h = 20;  // before this one
// As many in an hour as a desk of ten opens on its worst morning.
inline constexpr std::uint32_t surge_cases_1h = 100;  // before this one
inline constexpr std::size_t alert_entries_max = 16;  // named for each; the first say what happened
inline constexpr std::size_t alerts_max = 100'000;  // kept; more are counted, and a page nobody reads to its end

struct RaisedAlert {
  Alert alert = Alert::holder_objected;
  Instant at;  // of the first entry
  CaseId id;  // empty: it is about no case
  std::vector<std::uint64_t> entries;  // indices in the ledger
};

class AlertWatch {
 public:
  void feed(std::uint64_t index, const LedgerEntry& entry);
  // By the time of the first entry. One alert of a kind for each case.
  [[nodiscard]] const std::vector<RaisedAlert>& raised() const noexcept { return raised_; }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }  // with those not kept

 private:
  struct OpenCase {
    PersonId holder;
    Action action = Action::unlock;
    bool acting = false;  // an intent has been recorded
    std::optional<Duration> review_within;
    std::map<Alert, std::size_t> alerts;  // where they stand in raised_
  };

  void on_case(std::uint64_t index, Instant at, const CaseId& id, const CaseEvent& event);
  void on_opened(std::uint64_t index, Instant at, const CaseId& id, const CaseOpened& opened);
  void on_organization(std::uint64_t index, Instant at, const OrganizationEvent& event);
  void raise(Alert alert, std::uint64_t index, Instant at, const CaseId& id);
  // At most one in an hour: it is one storm.
  void raise_hourly(Alert alert, std::optional<Instant>& last, std::uint64_t index, Instant at, const CaseId& id);

  std::map<CaseId, OpenCase> open_;
  std::map<PersonId, StaffId> staff_;
  std::map<StaffId, std::optional<Instant>> hasty_;  // when an agent's haste was last told
  std::optional<Instant> surged_;
  std::set<std::pair<Instant, CaseId>> reviews_;  // that are to come, by when they are due
  std::map<CaseId, Instant> due_;  // the same by case
  std::vector<RaisedAlert> raised_;
  std::uint64_t total_ = 0;
};

// All of a ledger's. Entries that cannot be read are left out: the auditor names them.
[[nodiscard]] std::vector<RaisedAlert> alerts_in(const std::vector<std::string>& entries);

}  // namespace sallyport
