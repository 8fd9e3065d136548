// Plays a story on a site in memory (memory_site.h): what a line tells goes through the desks, the adjudicator, the
// agenda and the executor, as in the programs. A signal that the claimant's desk can check is given to it with a code;
// of the others the evidence is handed to the adjudicator, as their verifier would.
#pragma once

#include <optional>
#include <string>

#include "core/organization/policy_proposal.h"
#include "core/stories/play.h"
#include "core/stories/story.h"

namespace sallyport::harness {

struct Surprise {
  std::size_t line = 0;
  std::string text, expected, happened;
};

// Why a story that is told is not played here; empty: it is.
[[nodiscard]] std::string why_not_in_memory(const stories::Story& story);

// Nothing: it went as told, and the ledger is sound, or is not where the story says so. `others`: as in
// core/stories/play.h.
[[nodiscard]] std::optional<Surprise> play_in_memory(const stories::Story& story, const ProposePolicy& policy,
                                                     const stories::PolicyOfFile& others);

}  // namespace sallyport::harness
