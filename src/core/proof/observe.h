// What a proof shows beside the guarantees: nothing here decides, all of it is worth knowing before somebody else
// finds out. Each observation is of one property (docs/prover.md, "Observations"):
//
//   independent_signals   two signals that the policy takes for independent, and one thing that gives both
//   two_people            an action on a guarded account that one person's yes completes, whatever else is forged
//   phishable_only        a guarded account that falls to attacks from afar alone
//   break_glass           emergency access with fewer than two people, or without an end or a review
//   impact_ladder         an action that asks less of a class than of one that is less protected
//   blast_radius          how many accounts one person can take, with attacks from afar to help
//   governance            who can change the rules themselves
//   alarm                 where the holder hears of it only afterwards
//   freshness             signals that never grow old while the case is open
//   chains                accounts whose recovery rests on control of another
//   refused_actions       actions that the policy does not name, and so refuses
#pragma once

#include <string>
#include <vector>

#include "core/proof/verdict.h"

namespace sallyport::proof {

struct Observation {
  std::string property;
  std::string about;   // an account kind, a person, an action
  std::string words;
  bool concern = false;
  Lines lines;
};

inline constexpr std::size_t blast_radii_max = 20;

// Concerns first. `proof` is of this policy and population.
[[nodiscard]] std::vector<Observation> observe(const Policy& policy, const Population& population, const Proof& proof);
[[nodiscard]] Json to_json(const Observation& observation);

}  // namespace sallyport::proof
