// Plays a story on the bare core: people, accounts and policy on a Stage, each line as a command, the executor's part
// as it would be written down. Afterwards the ledger is audited: a story is only played well if it is sound.
//
// Pure but for the nonces of signatures.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "core/organization/policy_proposal.h"
#include "core/stories/stage.h"
#include "core/stories/story.h"

namespace sallyport::stories {

// What went otherwise than told.
struct Surprise {
  std::size_t line = 0;
  std::string text;      // the line
  std::string expected;  // "allowed", "refused, approver_in_cooldown"
  std::string happened;
};

// One thing that happened, for the sequence diagram.
struct Step {
  Instant at;  // by the story's clock, whatever the gateway's says
  std::string who, what, case_name;
  std::string refused;  // the denial's code, or `fails`, or empty
};

struct Played {
  std::optional<Surprise> surprise;  // the first; absent: the story went as told
  std::vector<Step> steps;
  std::uint32_t writes = 0;          // outcomes `done`
  std::size_t entries = 0;           // of the ledger
  std::vector<std::string> ledger;   // as it lies on the disk
  std::size_t set_up = 0;            // entries before the story begins
  Instant begin;                     // its first midnight
};

// `policy` with its proof, made once for all stories under it. A fault: the world cannot be set up (a person without a
// team, a policy that is not proved).
// `others`: policies that people of the story propose, by the file they name; null when there is none. One that is not
// proved comes without a certificate, and is refused as such.
using PolicyOfFile = std::function<const ProposePolicy*(const std::string&)>;
[[nodiscard]] Result<Played> play(const Story& story, const ProposePolicy& policy, const PolicyOfFile& others);

// A sequence diagram of what was played (Mermaid).
[[nodiscard]] std::string diagram_of(const Story& story, const Played& played);
[[nodiscard]] Json to_json(const Story& story, const Played& played);

}  // namespace sallyport::stories
