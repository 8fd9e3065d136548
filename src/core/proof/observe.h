// What a proof shows beside the guarantees: nothing here decides, all of it is worth knowing before somebody else
// finds out. Each observation is of one property (docs/prover.md, "Observations"); observing.h says which file tells
// of which.
#pragma once

#include <cstdint>
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
  Json data;  // the same in numbers and names, for machines (docs/prover.md); null where words are all there is
};

inline constexpr std::size_t blast_radii_max = 20;

// One question of an observation may cost so many steps (core/prover/work.h); what costs more is not answered, and the
// report says so. After a few of these, questions may cost less, so that a report on a huge model ends.
struct ObserveOptions {
  std::uint64_t question_steps = 100'000'000;  // half a second
  std::uint64_t question_steps_later = 1'000'000;
};

// Concerns first. `proof` is of this policy and population.
[[nodiscard]] std::vector<Observation> observe(const Policy& policy, const Population& population, const Proof& proof,
                                               ObserveOptions options = {});
[[nodiscard]] Json to_json(const Observation& observation);

}  // namespace sallyport::proof
