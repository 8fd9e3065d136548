// The application without processes, sockets or disks: adjudicator, desks, executor and agenda as the programs have
// them, over the store in memory and fakes of what lies outside (clock, directory, mail, entropy, background).
//
//   MemorySite site(at);
//   site.clock.at = ...;  site.api.tick();  site.desk.join(...);  site.executor.execute(id);
//
// The store answers before append() returns and the background runs at once, so every callback has run when the call
// that took it returns: `answer_of` hands the answer back. One thread.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/action_executor.h"
#include "app/adjudicator.h"
#include "app/claimant_desk.h"
#include "app/staff_desk.h"
#include "app/watched_clock.h"
#include "core/stories/stage.h"
#include "ports/executor.h"
#include "shell/api/api.h"
#include "shell/store/memory_event_store.h"

namespace sallyport::harness {

class SetClock final : public Clock {
 public:
  Instant at;
  Duration set_by;  // by somebody, against the time that goes by; negative: back
  [[nodiscard]] Instant now() const override { return at; }
  [[nodiscard]] Duration elapsed() const override { return at - set_by - Instant{}; }
};

// SHA-256 of a counter: the same in each run, and nothing that is kept.
class CountedEntropy final : public Entropy {
 public:
  [[nodiscard]] Result<Bytes> bytes(std::size_t count) override;

 private:
  std::uint64_t counter_ = 0;
};

class AtOnce final : public Background {
 public:
  [[nodiscard]] bool run(std::move_only_function<void()> work) override;
};

class Mailbox final : public Mailer {
 public:
  [[nodiscard]] Result<void> send(const Mail& mail) override;
  [[nodiscard]] std::string code_for(std::string_view address) const;  // in the newest mail; empty: there is none

 private:
  std::map<std::string, std::string, std::less<>> newest_;
};

// Accounts by name, which is their login and id. One guarded write each, as ports/directory.h has it.
class MemoryDirectory final : public Directory {
 public:
  struct Held {
    AccountFacts facts;
    std::string mail;
    Marker marker;
    std::string password;
    std::uint64_t state = 1;  // what a decision rests on: counted up with every change of it
    std::optional<Duration> lasts = std::nullopt;  // of the latest effect: it ends by itself
  };
  enum class Mood { acts, refuses, is_silent };  // silent: requests are lost, and so is every look afterwards

  std::map<std::string, Held, std::less<>> accounts;
  Mood mood = Mood::acts;
  std::uint32_t writes = 0;  // effects that it saw

  [[nodiscard]] Result<AccountRecord> find_by_login(std::string_view login, Instant now) override;
  [[nodiscard]] Result<AccountRecord> find_by_id(const AccountId& account, Instant now) override;
  [[nodiscard]] Result<Observation> observe(const AccountId& account) override;
  [[nodiscard]] WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                const SecretBytes* secret) override;
  [[nodiscard]] WriteResult fence(const AccountId& account, const Marker& from, const Marker& to) override;
};

// What the daemon is to the executor. A denial travels as a fault whose text begins with its name.
class AdjudicatorAsRecorder final : public CaseRecorder {
 public:
  explicit AdjudicatorAsRecorder(Adjudicator& adjudicator) : adjudicator_(adjudicator) {}
  [[nodiscard]] Result<void> record_intent(const CaseId& id, const IntentRecorded& intent) override;
  [[nodiscard]] Result<void> record_outcome(const CaseId& id, const OutcomeRecorded& outcome) override;

 private:
  [[nodiscard]] Result<void> submit(const CaseId& id, CaseCommand command);
  Adjudicator& adjudicator_;
};

// What the executor is to the daemon: it answers questions, and acts when the story says so, not when it is told.
class WaitingExecutor final : public Executor {
 public:
  WaitingExecutor(Directory& directory, const WatchedClock& clock) : directory_(directory), clock_(clock) {}
  [[nodiscard]] Result<AccountRecord> find_account(std::string_view login) override;
  [[nodiscard]] Result<void> execute(const CaseId& id) override;

 private:
  Directory& directory_;
  const WatchedClock& clock_;
};

class NoLedgerPages final : public LedgerReading {
 public:
  [[nodiscard]] Result<std::string> checkpoint() const override;
  [[nodiscard]] Result<std::vector<StoredEntry>> entries(std::uint64_t from, std::size_t count) const override;
  [[nodiscard]] Result<std::vector<Digest>> inclusion(std::uint64_t index, std::uint64_t size) const override;
  [[nodiscard]] Result<std::vector<Digest>> consistency(std::uint64_t from, std::uint64_t size) const override;
};

// The ledger, opened by `root` with a software passkey (Stage::passkey_of).
class MemorySite {
 public:
  static constexpr std::string_view own_mail_domain = "own.example";

  MemorySite(Instant at, const StaffMember& root);
  MemorySite(const MemorySite&) = delete;
  MemorySite& operator=(const MemorySite&) = delete;

  [[nodiscard]] std::vector<std::string> ledger() const;

  SetClock clock;
  WatchedClock gateways_clock{clock}, executors_clock{clock};
  CountedEntropy entropy;
  Mailbox mail;
  AtOnce background;
  MemoryDirectory directory;
  HpkePrivateKey key;
  std::unique_ptr<MemoryEventStore> store;
  std::unique_ptr<Adjudicator> adjudicator;
  SealedRows rows;
  ClaimantDesk desk;
  StaffDesk staff;
  PolicyProver prover;
  ExerciseDesk exercises;
  WaitingExecutor waiting;
  NoLedgerPages pages;
  Api api;
  AdjudicatorAsRecorder recorder;
  ActionExecutor executor;
};

// The answer that a use case gives to its callback. REQUIRES: `call` runs it before it returns.
template <typename Answer, typename Call>
[[nodiscard]] Answer answer_of(const Call& call) {
  std::optional<Answer> out;
  call([&out](Answer answer) { out = std::move(answer); });
  SALLYPORT_ASSERT(out.has_value());
  return *std::move(out);
}

}  // namespace sallyport::harness
