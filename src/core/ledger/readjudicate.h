// Rules on a ledger again, with nothing but the ledger in hand: was every change of the staff and of
// the policy signed by an operator, did every permitted action have what it required, was every
// approval signed by someone who could give it, did every intent follow a permit and every outcome
// an intent? The executor asks the same of one case before it acts (authorize), the auditor of all of
// them afterwards (Readjudicator): one piece of code, so what is executed is what is auditable.
//
// Pure. The entries may be anybody's: bad ones give findings or denials, never an assertion.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cases/authorized_action.h"
#include "core/cases/state.h"
#include "core/ledger/entry.h"
#include "core/ledger/exercise_register.h"

namespace sallyport {

// Proofs that the caller has checked itself: the same texts need not be checked again.
using KnownProofs = std::vector<std::shared_ptr<const CheckedProof>>;

// Applies one recorded event to the organization after ruling on it again.
[[nodiscard]] Result<void> readjudicate(OrganizationState& state, const OrganizationEvent& event, Instant at,
                                        ProofCheck check = ProofCheck::now, const KnownProofs& known = {});

// Applies one recorded event to a case after ruling on it again under `organization` as it stood.
// `corrupt` when the ruling differs; the text says from what.
[[nodiscard]] Result<void> readjudicate(CaseState& state, const CaseEvent& event, Instant at,
                                        const OrganizationState& organization);

// Permission to act once on what the case's entries say. REQUIRES: `organization` was itself
// readjudicated. The case's entries are replayed and ruled upon under the organization as it stands
// now: the approval of somebody who has left since counts for nothing, and what is left must suffice. Only of a case
// that is no exercise's: another one cannot be named here.
struct Authorization {
  AuthorizedAction action;
  std::uint32_t attempt = 0;
  std::uint64_t version = 0;          // of the case's stream: what an intent must follow
  std::optional<Digest> sealed;       // of the sealed secret, for actions that need one
  CaseOpened opened;                  // what the case records of its account
  Instant opened_at;
};
[[nodiscard]] Ruling<Authorization> authorize(const LiveCase& live, const OrganizationState& organization, Instant now);

// The case as its entries tell it, each ruled upon under the organization as it stood at that entry. What
// has happened is judged by the rules of its time: who left since had a seat then. The organization's
// first entry is the caller's to know. `corrupt` when a ruling differs.
struct IndexedEntry {
  std::uint64_t index = 0;  // in the ledger
  std::string bytes;
};
[[nodiscard]] Result<CaseState> replay_as_it_was(const CaseId& id,
                                                 const std::vector<IndexedEntry>& organization_entries,
                                                 const std::vector<IndexedEntry>& case_entries);

struct AuditFinding {
  std::uint64_t entry = 0;
  std::string text;
};

struct AuditReport {
  std::uint64_t entries = 0;
  std::uint64_t cases = 0;
  std::uint64_t permitted = 0;
  std::uint64_t executed = 0;       // outcomes "done"
  std::uint64_t not_done = 0;
  std::uint64_t unresolved = 0;     // intents whose outcome the ledger does not know
  std::uint64_t refusals = 0;
  std::uint64_t signatures = 0;     // checked
  std::uint64_t exercises = 0;      // sealed
  std::vector<AuditFinding> findings;  // the first findings_max
  std::uint64_t findings_total = 0;
  std::vector<AuditFinding> warnings;  // nothing is proved wrong, and somebody has to look
};
inline constexpr std::size_t audit_findings_max = 100;  // a reader stops long before; the count goes on

// What can be said of an entry's bytes alone: what they mean, and whether they are the one spelling of
// it. A pure function, so that decoding can be spread over threads while feeding goes on in order.
struct ReadEntry {
  Result<LedgerEntry> entry;
  bool canonical = false;
};
[[nodiscard]] ReadEntry read_entry(std::string_view bytes);

// Feed every entry in order. One thread.
class Readjudicator {
 public:
  explicit Readjudicator(KnownProofs known = {});
  ~Readjudicator();
  Readjudicator(Readjudicator&&) noexcept;
  Readjudicator& operator=(Readjudicator&&) noexcept;

  void feed(std::uint64_t index, std::string_view bytes);
  void feed(std::uint64_t index, const ReadEntry& read);
  // As far as it was fed: what finish() alone can tell (what is unresolved, warnings) is not in it yet.
  [[nodiscard]] const AuditReport& so_far() const noexcept;
  [[nodiscard]] AuditReport finish();
  [[nodiscard]] const OrganizationState& organization() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
