// What the generator has produced: every action with every signal, fault and role in one case. An empty cell is a
// combination that no seed has tried, and is reported.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "../tests/sim/company.h"
#include "../tests/sim/step.h"
#include "core/model/action.h"

namespace sallyport::sim {

class Coverage {
 public:
  // Cells count for actions and signals that some policy knows.
  explicit Coverage(const Policies& policies);

  void mark(Action action, std::size_t signal, FaultKindSeen fault, std::size_t role);
  void mark_step(StepKind kind) { ++steps_[static_cast<std::size_t>(kind)]; }
  void mark_temperament(Temperament temperament) { ++temperaments_[static_cast<std::size_t>(temperament)]; }

  [[nodiscard]] std::size_t cells() const;
  [[nodiscard]] std::vector<std::string> empty() const;
  [[nodiscard]] const std::array<std::uint64_t, step_kinds>& steps() const { return steps_; }
  [[nodiscard]] const std::array<std::uint64_t, all_temperaments.size()>& temperaments() const { return temperaments_; }

 private:
  [[nodiscard]] static std::size_t place(std::size_t action, std::size_t signal, std::size_t fault, std::size_t role);
  [[nodiscard]] bool possible(std::size_t action, std::size_t signal) const;
  std::vector<std::uint64_t> cells_;
  std::array<std::array<bool, simulated_signals.size()>, all_actions.size()> possible_{};
  std::array<std::uint64_t, step_kinds> steps_{};
  std::array<std::uint64_t, all_temperaments.size()> temperaments_{};
};

}  // namespace sallyport::sim
