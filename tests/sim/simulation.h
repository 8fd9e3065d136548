// A seed, played: people and programs on one site, one step after the other, and the auditor after each. Everything
// follows from the seed, so the same seed gives the same trace on every machine. (Signatures do not: ECDSA draws its
// nonces, and so the trace leaves signatures out.)
//
//   Simulation simulation(policies, seed, options);
//   const auto outcome = simulation.run();
//   outcome.violations, outcome.trace, outcome.steps
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../tests/sim/auditor.h"
#include "../tests/sim/company.h"
#include "../tests/sim/coverage.h"
#include "../tests/sim/step.h"

namespace sallyport::sim {

struct Options {
  bool keep_trace = false;
  std::size_t cases_max = 24;
  std::size_t steps_max = 420;
};

struct SeedOutcome {
  std::uint64_t seed = 0;
  std::size_t cases = 0, done = 0, entries = 0, writes = 0;
  std::vector<Violation> violations;  // the first ones
  std::array<std::uint64_t, invariants_max + 1> checks{};
  std::vector<Step> steps;
  std::string policy;
  std::string trace;         // with keep_trace
  Digest trace_digest;
  std::size_t failed_at = 0;  // the step after which the first violation was found
};

class Simulation {
 public:
  Simulation(const Policies& policies, std::uint64_t seed, Options options, Coverage* coverage = nullptr);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  [[nodiscard]] SeedOutcome run();
  // The same company, and these steps instead of those that the seed would take.
  [[nodiscard]] SeedOutcome replay(const std::vector<Step>& steps);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport::sim
