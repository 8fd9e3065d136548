// The executor's one use case: act on a case, once. It treats whoever asks as hostile: it is given
// a case id, reads the ledger for itself, makes sure that the case is no exercise's
// (core/ledger/exercise_register.h), rules again with signatures (authorize), has the intent
// recorded and reads that back, and only then touches the directory; then it reads the directory
// back and records the outcome. Protocol and reasons: docs/architecture.md, "Acting once".
//
//   intent durable -> one guarded Modify -> read-back -> outcome durable
//
// An answer that was lost leaves the outcome unknown, and reconcile() finds out by reading: the
// marker says that it happened, or it is fenced so that it cannot happen any more, or somebody else
// wrote it, and then a person must look. Nothing is ever sent twice.
// Nothing is begun while this process does not believe its wall clock; what became of a deed is found out all the same.
// Thread-safe; at most one execution on an account at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "app/watched_clock.h"
#include "core/cases/state.h"
#include "core/ledger/readjudicate.h"
#include "crypto/hpke.h"
#include "ports/directory.h"
#include "ports/event_store.h"
#include "ports/executor.h"

namespace sallyport {

inline constexpr std::string_view sealed_secret_info = "sallyport/sealed-secret/v1";

struct ActionExecutorParts {
  const EventReader& ledger;
  CaseRecorder& recorder;
  std::map<DirectoryId, Directory*> directories;
  const HpkePrivateKey& key;
  const WatchedClock& clock;
  Digest genesis;  // leaf hash of the ledger's first entry, given by hand: the root of trust
  // Proofs of policies that this process has checked already: an executor that is made anew does not check them again.
  std::vector<std::shared_ptr<const CheckedProof>> checked = {};
};

class ActionExecutor {
 public:
  explicit ActionExecutor(ActionExecutorParts parts) : parts_(std::move(parts)) {}

  // What came of it stands in the ledger; the value says in a word: "done", "not_done", "unknown",
  // or the denial when the case may not act.
  [[nodiscard]] Result<Ruling<Outcome>> execute(const CaseId& id);
  // Finds out what became of an intent without an outcome. Nothing to do: `done`.
  [[nodiscard]] Result<Ruling<Outcome>> reconcile(const CaseId& id);
  // Cases whose intent has no outcome, as the ledger's writer lists them.
  [[nodiscard]] Result<std::vector<CaseId>> unresolved() const;
  // Cases permitted and not yet acted on.
  [[nodiscard]] Result<std::vector<CaseId>> waiting() const;

 private:
  [[nodiscard]] Result<std::shared_ptr<const OrganizationState>> organization();
  [[nodiscard]] bool has_checked_proof_of(const OrganizationState& organization) const;
  [[nodiscard]] Result<std::vector<std::string>> entries_of(const CaseId& id) const;
  // The case, if it is no exercise's. Nothing below moves anything in a directory without one.
  [[nodiscard]] Result<Ruling<LiveCase>> live_case(const CaseId& id, const OrganizationState& organization) const;
  // The case as the ledger tells it; ruled upon again, for what is about to be written on its strength.
  [[nodiscard]] Result<CaseState> state_of(const CaseId& id) const;
  [[nodiscard]] Result<CaseState> ruled_state_of(const CaseId& id);
  [[nodiscard]] Result<SecretBytes> open_secret(const CaseId& id, const Digest& expected) const;
  // Of the account, as the ledger has it; 0: none yet.
  [[nodiscard]] Result<std::uint64_t> last_fence_token(const AuthorizedAction& action) const;
  [[nodiscard]] Result<Ruling<IntentRecorded>> intend(const Authorization& authorization,
                                                      const OrganizationState& organization, Directory& directory,
                                                      bool& changed);
  [[nodiscard]] Result<IntentRecorded> confirm_intent(const CaseId& id, const Authorization& authorization,
                                                      const IntentRecorded& intent) const;
  // Is this the account, the person and the moment that were decided upon? Asked of the directory itself.
  [[nodiscard]] Result<Ruling<void>> recognise(const Authorization& authorization,
                                               const OrganizationState& organization,
                                               const AccountRecord& account) const;
  [[nodiscard]] Result<bool> has_open_intent(const DirectoryId& directory, const AccountId& account) const;
  [[nodiscard]] OutcomeRecorded outcome_of(const LiveCase& live, const IntentRecorded& intent,
                                           const WriteResult& written, Directory& directory) const;
  // May write a fence: so of a live case only.
  [[nodiscard]] OutcomeRecorded find_out(const LiveCase& live, const IntentRecorded& intent,
                                         Directory& directory) const;
  [[nodiscard]] Directory* directory(const DirectoryId& id) const;

  ActionExecutorParts parts_;
  std::mutex mutex_;
  std::shared_ptr<const OrganizationState> organization_ = std::make_shared<OrganizationState>();
  std::set<std::string> busy_;  // accounts with an execution in this process
};

}  // namespace sallyport
