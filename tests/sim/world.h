// The state of a simulated seed: the site, the people's side of every case, and how a step is done. Internal to the
// simulator: simulation.cc plays, generator.cc chooses.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "../tests/sim/auditor.h"
#include "../tests/sim/company.h"
#include "../tests/sim/coverage.h"
#include "../tests/sim/site.h"
#include "../tests/sim/step.h"
#include "core/ledger/readjudicate.h"

namespace sallyport::sim {

inline constexpr std::string_view midnight = "2026-03-02T00:00:00.000Z";  // when the simulated days begin
inline constexpr std::string_view long_ago = "2025-01-01T00:00:00.000Z";  // when the company was set up

inline constexpr std::size_t case_numbers_max = 1000;  // of a seed; most have two dozen

// What the people of a case know, and the ledger does not.
struct CaseAtHome {
  std::string account;
  Action action = Action::unlock;
  std::size_t agent = 0;
  bool impostor = false;
  std::set<std::string> can_pass;  // signals that whoever claims can pass
  std::string last_code, last_code_of;
  std::string password;
  bool answered = false;  // the opening was
  std::set<std::size_t> signals;
  std::set<FaultKindSeen> faults;
  std::set<std::size_t> roles;
};

class World {
 public:
  World(const Policies& policies, std::uint64_t seed, bool keep_trace, Coverage* coverage);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void apply(const Step& step);
  // Sets the world right, has the executors look three times, and has the auditors look at the whole.
  void finish();

  [[nodiscard]] static CaseId id_of(std::int64_t number) { return *CaseId::parse(concat("c-", number)); }
  [[nodiscard]] std::shared_ptr<const CaseState> state_of(std::int64_t number);
  [[nodiscard]] const std::string& trace() const { return trace_; }

  Company company;
  std::unique_ptr<Site> site;
  Auditor auditor;
  std::vector<CaseAtHome> cases;  // by number, from 1; the first is nobody's
  std::size_t opened = 0, done = 0, entries = 0, writes = 0;
  std::set<std::string> gone;  // staff who left
  bool proposed = false;

 private:
  struct Drawer {
    SecretBytes seed;
    std::deque<std::string> codes;
  };

  void set_up();
  void bind(const std::string& account);
  void watch();
  void tell(std::string_view what);
  void heard(std::uint64_t number, std::string_view what);
  template <typename T>
  std::function<void(Result<Ruling<T>>)> answer_to();
  CaseCallback case_answer(std::int64_t number, std::function<void(const CaseState&)> then);
  void submit(std::int64_t number, CaseCommand command, const std::string& by);
  void change(OrganizationChange what, bool must_be_allowed = false);
  template <typename Change>
  [[nodiscard]] Change signed_by(const std::string& by, Change what);

  [[nodiscard]] bool is_known(std::int64_t number) const;
  void people(const Step& step);
  void opens(const Step& step);
  void gives(const Step& step);
  void gives_elsewhere(const Step& step, const SignalRule& rule);
  void seals(const Step& step);
  void approves(const Step& step);
  void approves_list(const Step& step);
  void reviews(const Step& step);
  void signs_in(const Step& step);
  void programs(const Step& step);
  void executes(const Step& step, std::int64_t number, std::size_t executor, bool reconciles, int depth);
  void within(const Step& step, std::int64_t number, std::size_t executor, std::size_t boundary);
  void failures(const Step& step);
  void restart_gateway();
  void put_ledger_back(std::size_t batches);
  void end_of_step();
  void saw(FaultKindSeen fault, std::int64_t number = 0);
  void took_part(std::int64_t number, std::string_view role);
  [[nodiscard]] const Person& who(std::int64_t number) const;
  [[nodiscard]] const HeldAccount& account(std::int64_t number) const;
  void audit(bool at_end);
  void check_views();
  void check_root();
  void mark_coverage();

  bool keep_trace_;
  Coverage* coverage_;
  std::string trace_;
  std::uint64_t step_ = 0;
  std::map<std::string, Drawer> drawers_;
  std::unique_ptr<Readjudicator> readjudicator_;
  KnownProofs proofs_;
  std::vector<std::string> ledger_;
  bool directory_lied_ = false;  // a look was false, or somebody else wrote: the audit has to say so
  std::uint64_t directory_writes_kept_ = 0;
  std::size_t batches_of_set_up_ = 0;
};

}  // namespace sallyport::sim
