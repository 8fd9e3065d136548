// One incident against one kind of account: what those who did it had is given to the attacker, and nothing else.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/drills/ground.h"
#include "core/proof/repair.h"
#include "core/proof/story.h"

namespace sallyport::drills {

// `front_door`: what they had signs in by itself, and recovery did not matter.
enum class Outcome : std::uint8_t { stopped, got_in, front_door };
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;

struct Attack {
  std::string account;
  Outcome outcome = Outcome::stopped;
  std::vector<proof::Capability> had;
  std::vector<std::string> absent;  // of whom the incident tells, and who is not in the organization
  std::vector<std::string> done;  // actions that could be completed, though they did not give the account
  std::string closest;  // stopped: the action that came nearest
  std::string given;    // and for it what they could give
  std::string missing;  // and what was missing
  std::size_t short_by = 0;  // signals and approvals that were missing
  proof::Lines lines;   // of the policy, that ask for it
  proof::Story story;   // got_in: the smallest way among what they had
  std::optional<proof::Edit> one_line;  // got_in: the narrowest edit of one line that stops it
  std::vector<std::string> shuts_out;  // honest cases that this edit would refuse and that went through before
};

// A fault when the gateway would not permit what the model says: then nothing that the drill says can be believed.
[[nodiscard]] Result<Attack> run_attack(const Ground& ground, const Incident& incident, std::size_t account);
[[nodiscard]] Result<Outcome> outcome_of(const Ground& ground, const Incident& incident, std::size_t account);

}  // namespace sallyport::drills
