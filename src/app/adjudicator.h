// The desk: where every command on a case or on the organization is ruled upon, one at a time and in
// order, and recorded. It loads the state, asks decide(), evolves, and hands the events to the store;
// the caller hears the ruling when they are durable.
//
// One lock orders all rulings, so times in the ledger never run backwards and a code is accepted
// once. It is held for a calculation (microseconds; a signature check is 0.1 ms), never across a
// flush or a network call. State in memory may run ahead of the disk by the batches in flight; no
// answer does. If the disk fails, the process stops (ports/event_store.h).
//
// While the wall clock is not believed (app/watched_clock.h) it rules on what only stops something, and on outcomes, at
// the time that it would be had nobody set the clock; all else is denied with clock_not_believed.
//
// Thread-safe. Callbacks run on the caller's thread for denials and on the store's writer otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/watched_clock.h"
#include "core/cases/decide.h"
#include "core/ledger/entry.h"
#include "core/organization/enrolment.h"
#include "ports/event_store.h"

namespace sallyport {

// Recent cases kept in memory; one is about 4 KiB, so this is some 40 MiB at the very worst, and a
// busy desk has a few hundred open cases.
inline constexpr std::size_t cached_cases_max = 10'000;

// A ruling on a case: its state after, or the denial.
using CaseAnswer = Result<Ruling<std::shared_ptr<const CaseState>>>;
using CaseCallback = std::move_only_function<void(CaseAnswer)>;
using ListAnswer = Result<Ruling<std::vector<std::shared_ptr<const CaseState>>>>;
using ListCallback = std::move_only_function<void(ListAnswer)>;
using DoneCallback = std::move_only_function<void(Result<Ruling<void>>)>;

// What a verifier finds out under the lock: the command to rule on and the secret rows to write
// with it. Reading a secret, comparing a code and marking it used are one step.
struct Prepared {
  CaseCommand command;
  std::vector<RowWrite> secrets;
};
using Prepare = std::move_only_function<Result<Ruling<Prepared>>(const CaseState&, Instant now)>;

// The same for authenticators and sessions: what is to be recorded, found out under the lock.
struct PreparedEnrolment {
  std::vector<EnrolmentEvent> events;
  std::vector<RowWrite> secrets;
};
using PrepareEnrolment = std::move_only_function<Result<Ruling<PreparedEnrolment>>(Instant now)>;

// And for changes of the organization that are found out under the lock.
struct PreparedChange {
  OrganizationChange change;
  std::vector<RowWrite> secrets;
};
using PrepareChange = std::move_only_function<Result<Ruling<PreparedChange>>(const OrganizationState&, Instant now)>;

class Adjudicator {
 public:
  // Reads the organization's stream and re-adjudicates it: a signature that does not hold is a fault.
  [[nodiscard]] static Result<std::unique_ptr<Adjudicator>> open(EventStore& store, const WatchedClock& clock);
  Adjudicator(const Adjudicator&) = delete;
  Adjudicator& operator=(const Adjudicator&) = delete;
  ~Adjudicator();

  // `by` is recorded when the command is refused.
  void submit(const CaseId& id, CaseCommand command, std::string by, std::vector<RowWrite> secrets, CaseCallback done);
  void submit(const CaseId& id, Prepare prepare, std::string by, CaseCallback done);
  // OpenCase with what the ledger tells of the account filled in: its recent cases, and when a way to
  // recover it was last bound.
  void open_case(const CaseId& id, OpenCase command, std::vector<RowWrite> secrets, CaseCallback done);
  // Approve with what the ledger tells of the approver filled in: recent approvals, own recovery.
  void approve(const CaseId& id, Approve command, const PersonId& person, CaseCallback done);

  // Several cases in one step and at one moment: every command is allowed, or the first refusal is recorded and
  // nothing else. Each case is written for itself: after a crash some may have it and others not, and what is missing
  // is asked for again. REQUIRES: the cases are distinct.
  using CaseCommands = std::vector<std::pair<CaseId, CaseCommand>>;
  void submit_list(CaseCommands commands, std::string by, ListCallback done);
  // Approve for each, with what the ledger tells of the approver filled in: a list is one approval.
  void approve_list(CaseCommands approvals, const PersonId& person, ListCallback done);

  void change(OrganizationChange change, DoneCallback done);
  void change(PrepareChange prepare, DoneCallback done);
  // Cases opened on an account since then, on disk or not. REQUIRES: called from a PrepareChange.
  [[nodiscard]] Result<std::vector<std::shared_ptr<const CaseState>>> cases_of(const DirectoryId& directory,
                                                                               const AccountId& account, Instant since);
  void record(const std::string& stream, PrepareEnrolment prepare, DoneCallback done);

  [[nodiscard]] Result<std::shared_ptr<const CaseState>> find(const CaseId& id);  // as it is on disk; not_found
  // The secret row as the last ruling left it, durable or not. REQUIRES: called from a Prepare, or
  // where no ruling on the same row can be under way.
  [[nodiscard]] Result<std::optional<std::string>> secret(const std::string& key) const;
  [[nodiscard]] std::shared_ptr<const OrganizationState> organization() const;
  // By the wall clock, or, while that is not believed, what it would show had nobody set it.
  [[nodiscard]] Instant now() const;
  [[nodiscard]] bool believes_clock() const;

  // Calls `listener` once: when the case has a version above `version` on disk (at once if it has), or
  // at the first release_impatient() after `give_up_at`.
  void on_version(const CaseId& id, std::uint64_t version, Instant give_up_at,
                  std::move_only_function<void()> listener);
  void release_impatient();
  // Called with the case's state after each durable batch, on the store's writer. Set once, before use.
  void on_durable(std::function<void(const CaseState&)> listener);

 private:
  struct Impl;
  explicit Adjudicator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
