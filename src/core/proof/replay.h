// Puts a story before the decision that the runtime makes. A prover that shows an attack which the gateway would
// refuse has proved something about another gateway, so a story that does not replay is not told: it is a fault of
// the prover, and no proof is given.
#pragma once

#include "base/result.h"
#include "core/proof/story.h"

namespace sallyport::proof {

// Each case of the story must be permitted: with the signals given and the approvals had, once the hold is over.
[[nodiscard]] Result<void> replay(const Policy& policy, const Population& population, const Compiled& compiled,
                                  const Story& story);

// Evidence that leaves nothing to object to but its signal: passed at that moment, bound and unchanged for long.
[[nodiscard]] Evidence passed_evidence(const SignalName& signal, std::uint32_t number, Instant at);

}  // namespace sallyport::proof
