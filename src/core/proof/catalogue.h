// What an attacker has to get hold of to give a signal or to sign in: the judgement on which every proof rests,
// written down once. Levels are ordinal (4-level scale of docs/prover.md): 0 known to anybody, 1 remote and for many
// at once, 2 remote but aimed, 3 needs the thing, 4 cannot be phished, 5 a named person who knowingly signs.
//
// Things that are people (`voucher`, `peer`, `proofing_agent`, `agent`) are no atoms: whoever may attest is one of the
// organization's people, and fills a place of their own beside the approvers.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/attester.h"

namespace sallyport::proof {

struct Thing {
  std::string_view name;
  int level = 0;
  std::string_view words;  // "the holder's unlocked handset"
  bool of_holder = true;   // the rightful holder has it too; false: only an attacker gains by it
};
[[nodiscard]] std::span<const Thing> all_things() noexcept;
// A person's yes. Of two ways the easier counts: a passkey with its PIN is level 4, a person who knowingly signs 5.
inline constexpr int person_level = 4;
// One that the catalogue does not know has this level.
inline constexpr int unknown_thing_level = 2;
[[nodiscard]] const Thing* thing_named(std::string_view name) noexcept;

using sallyport::Attester;
using sallyport::attester_of;

// Ways to forge a signal besides having all that the policy says it rests on; each is a list of things.
using Alternatives = std::vector<std::vector<std::string_view>>;
[[nodiscard]] Alternatives other_ways_to_forge(std::string_view signal);
// How a notice that rests on this thing is kept from the holder while a hold runs.
[[nodiscard]] Alternatives ways_to_silence(std::string_view thing);
// Ways to use an authenticator of the front door.
[[nodiscard]] Alternatives ways_to_use(std::string_view authenticator);

// What somebody has who does everything over the telephone: the number, the handset, the exchange, a code that is read
// out, calls without end.
[[nodiscard]] bool is_of_telephone(std::string_view thing) noexcept;

// What goes when a thing goes: a lost handset takes its number along.
[[nodiscard]] std::vector<std::string_view> lost_with(std::string_view thing);

}  // namespace sallyport::proof
