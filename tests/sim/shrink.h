// Makes a failing seed short: the smallest list of its steps that still breaks the same invariant (delta debugging,
// Zeller and Hildebrandt 2002), told as a story as far as the language of stories can tell it (docs/scenarios.md).
#pragma once

#include "../tests/sim/simulation.h"

namespace sallyport::sim {

struct Shrunk {
  std::vector<Step> steps;
  std::string story, trace;
};

[[nodiscard]] Shrunk shrink_seed(const Policies& policies, const SeedOutcome& failed);

}  // namespace sallyport::sim
