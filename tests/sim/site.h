// The two programs of a simulated seed, as src/shell/wiring puts them together, over what lies outside them
// (outside.h): a gateway that can be killed and started anew, two executors that can die at every boundary, and the
// clock that they share. The parts are those of tests/harness/memory_site.h; that one cannot be restarted.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "../tests/harness/memory_site.h"
#include "../tests/sim/company.h"
#include "../tests/sim/outside.h"

namespace sallyport::sim {

inline constexpr std::size_t executors = 2;

// Over whatever gateway lives at the moment; it waits for the writer, as the executor's link does.
class RecorderOfSite final : public CaseRecorder {
 public:
  std::function<Adjudicator&()> adjudicator;
  std::function<void()> wait;
  [[nodiscard]] Result<void> record_intent(const CaseId& id, const IntentRecorded& intent) override;
  [[nodiscard]] Result<void> record_outcome(const CaseId& id, const OutcomeRecorded& outcome) override;

 private:
  [[nodiscard]] Result<void> submit(const CaseId& id, CaseCommand command);
};

class Site {
 public:
  // `checked`: the proofs of the policies that may come into force; checking them takes longer than a whole seed.
  Site(Instant at, const StaffMember& root, std::vector<std::shared_ptr<const CheckedProof>> checked);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  struct Gateway {
    Gateway(Site& site, std::optional<ClockReading> believed, Instant newest);
    WatchedClock clock;
    std::unique_ptr<Adjudicator> adjudicator;
    SealedRows rows;
    ClaimantDesk desk;
    StaffDesk staff;
    PolicyProver prover;
    ExerciseDesk exercises;
    harness::WaitingExecutor waiting;
    harness::NoLedgerPages pages;
    Api api;
  };
  struct ExecutorProcess {
    ExecutorProcess(Site& site, std::optional<ClockReading> believed, Instant newest);
    Lifeline line;
    WatchedClock clock;
    DirectoryOnLine directory;
    RecorderOnLine recorder;
    ActionExecutor executor;
  };

  // -- time: `true_time` runs, the wall clock shows it but for what somebody set it by
  [[nodiscard]] Instant true_time() const { return clock.at - clock.set_by; }
  void run_to(Instant true_time);
  void set_clock(Duration by);
  void freeze() { frozen_ = true; }
  void repair_clock();

  // -- processes
  void start_gateway();
  void start_executor(std::size_t number);
  [[nodiscard]] Adjudicator& adjudicator() { return *gateway->adjudicator; }

  harness::SetClock clock;
  harness::CountedEntropy entropy;
  harness::AtOnce background;
  Post post;
  FaultyDirectory directory;
  HpkePrivateKey key;
  Disk disk;
  Digest genesis;
  std::vector<std::shared_ptr<const CheckedProof>> checked;
  RecorderOfSite recorder;
  std::unique_ptr<Gateway> gateway;
  std::array<std::unique_ptr<ExecutorProcess>, executors> executor;

 private:
  bool frozen_ = false;
};

// Passkeys are made once for all seeds of a run; each follows from its owner's name.
[[nodiscard]] const SoftwareAuthenticator& passkey_of(const std::string& name);
[[nodiscard]] StaffMember member_of(const Person& person, Instant ends_at);
[[nodiscard]] SignedAssertion sign(const std::string& name, std::string_view domain, std::string_view statement,
                                   Stage::Signing how);

}  // namespace sallyport::sim
