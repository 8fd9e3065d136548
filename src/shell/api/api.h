// The HTTP API (docs/api/http.md): from a request to a use case and back. One table names every
// route with the roles it admits; what is not in it is refused.
//
// handle() never waits: rulings answer through callbacks, what waits for the world goes to
// Background. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "app/adjudicator.h"
#include "app/claimant_desk.h"
#include "app/exercise_desk.h"
#include "app/policy_prover.h"
#include "app/staff_desk.h"
#include "ports/background.h"
#include "ports/executor.h"
#include "shell/http/server.h"

namespace sallyport {

// Proofs and pages of the ledger, as the store gives them.
class LedgerReading {
 public:
  virtual ~LedgerReading() = default;
  [[nodiscard]] virtual Result<std::string> checkpoint() const = 0;
  [[nodiscard]] virtual Result<std::vector<StoredEntry>> entries(std::uint64_t from, std::size_t count) const = 0;
  [[nodiscard]] virtual Result<std::vector<Digest>> inclusion(std::uint64_t index, std::uint64_t size) const = 0;
  [[nodiscard]] virtual Result<std::vector<Digest>> consistency(std::uint64_t from, std::uint64_t size) const = 0;
};

struct ApiParts {
  Adjudicator& adjudicator;
  ClaimantDesk& claimants;
  StaffDesk& staff;
  PolicyProver& prover;
  ExerciseDesk& exercises;
  const EventReader& reader;
  const LedgerReading& ledger;
  const SealedRows& rows;
  Executor& executor;
  Background& background;
  Entropy& entropy;
  std::string verifier_key;  // of the ledger's checkpoints
  Digest genesis;            // leaf hash of its first entry
};

class Api {
 public:
  explicit Api(ApiParts parts);
  void handle(HttpRequest request, HttpReply reply);

  // Tells the executor about a case that is permitted, unless it was told and has not answered yet.
  void dispatch(const CaseId& id);
  // Goes on with every case whose time has come: permits those whose hold is over, tells the executor
  // of those permitted, ends those expired. Call it often (every 250 ms); it looks only at what is due.
  void tick();
  // Puts the open cases of an earlier run on the agenda; a page of them a call. False: all done.
  [[nodiscard]] Result<bool> resume();

 private:
  void schedule(const CaseState& state);
  void go_on(const CaseId& id);

  ApiParts parts_;
  std::mutex mutex_;
  std::map<CaseId, Instant> due_at_;
  std::set<std::pair<Instant, CaseId>> agenda_;  // the same, by time
  std::set<CaseId> dispatched_;
  std::string resumed_to_;
};

}  // namespace sallyport
