// A whole drill: every incident and every honest recovery, for every kind of account that each is about.
//
//   SP_TRY(const auto drill, run_drill(policy, population));
//   if (!drill.passed()) for (const auto& incident : drill.incidents) ...
//
// What "stopped" means, and what it does not, is in docs/drills.md. Pure and deterministic.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/json.h"
#include "core/drills/attack.h"
#include "core/drills/recovery.h"

namespace sallyport::drills {

struct IncidentResult {
  const Incident* incident = nullptr;
  std::string does_not_apply;    // why; empty: it does
  std::vector<Attack> attacks;   // in the order of the accounts
  [[nodiscard]] Outcome worst() const;  // got_in before front_door before stopped
};

struct HonestResult {
  const HonestCase* honest = nullptr;
  std::string does_not_apply;  // no account is of the kind
  std::vector<Recovery> recoveries;
  [[nodiscard]] Restored worst() const;  // refused before restored before does_not_apply
};

struct Tally {
  std::size_t stopped = 0, got_in = 0, front_door = 0, attacks_that_do_not_apply = 0;  // incidents
  std::size_t restored = 0, refused = 0, recoveries_that_do_not_apply = 0;  // honest cases
};

struct Drill {
  std::vector<IncidentResult> incidents;
  std::vector<HonestResult> honest;
  std::vector<std::string> notes;
  std::size_t edits_tried = 0;
  std::size_t edits_there = 0;
  [[nodiscard]] Tally tally() const;
  // No recovery let anybody in, and nobody honest was refused.
  [[nodiscard]] bool passed() const;
};

inline constexpr std::size_t edits_tried_max = 60;  // policies compiled in search of one line that stops an attack

[[nodiscard]] Result<Drill> run_drill(const Policy& policy, const proof::Population& population);

[[nodiscard]] Json to_json(const Drill& drill);

}  // namespace sallyport::drills
