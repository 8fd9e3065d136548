// A case as its events left it. Facts only: whether it is ready is judged anew at every look,
// because it depends on the time, the policy and the staff (core/cases/assess.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/cases/event.h"
#include "core/model/ids.h"

namespace sallyport {

struct CaseState {
  CaseId id;
  std::uint64_t version = 0;  // events so far; 0: the case does not exist
  Instant last_at;
  CaseOpened opened;
  Instant opened_at;
  std::optional<ClaimantJoined> joined;
  std::vector<SignalRequested> requests;
  std::vector<Evidence> evidence;
  std::optional<IdentityVerified> identity;    // the latest; may have lapsed
  std::optional<SecretSealed> secret;          // for the next attempt; used up by an outcome
  std::vector<ApprovalRecorded> approvals;     // of the latest identity
  std::optional<ActionPermitted> permit;       // not yet consumed
  std::uint32_t attempts = 0;                  // permits so far
  std::optional<IntentRecorded> intent;        // in flight or unknown
  std::optional<OutcomeRecorded> last_outcome;
  std::optional<CaseClosed> closed;
  std::uint32_t failed_elsewhere = 0;          // of the signal given last, in other cases of the account
  std::uint32_t refusals = 0;
  std::uint32_t objections = 0;                // of the account holder
  std::vector<Notice> notices;
  std::vector<PersonId> involved;              // who had a part in it, each once: they do not review it
  std::optional<Instant> review_due;           // of a case that acted
  Digest deed;                                 // of what a case that acted did (core/cases/statement.h)
  std::optional<CaseReviewed> review;

  [[nodiscard]] bool exists() const noexcept { return version > 0; }
};

// Applies one recorded event. A fault means that the event does not fit the state: the ledger it came
// from is not one that this program wrote.
[[nodiscard]] Result<void> evolve(CaseState& state, const CaseEvent& event, Instant at);

// One word for lists and filters.
enum class CasePhase : std::uint8_t { verifying, approving, permitted, executing, unknown, closed };
[[nodiscard]] std::string_view to_string(CasePhase phase) noexcept;
[[nodiscard]] CasePhase phase_of(const CaseState& state) noexcept;

}  // namespace sallyport
