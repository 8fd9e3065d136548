// What a policy is drilled with: attacks that happened, and recoveries that have to succeed (docs/drills.md).
//
// An incident says in one sentence what its source says, and beside it what the attacker had, in the words of the
// prover's catalogue. The sentence is the source's; the translation into things and people is ours.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/model/action.h"

namespace sallyport::drills {

// Whose account: the policy's classes tell who matters, for the most protected stand first.
enum class Aim : std::uint8_t {
  everybody,
  ordinary,        // of the last class that has an account
  of_weight,       // of every other class; of the only one where there is no other
  most_protected,  // of the first class that has an account
  executive,       // whose facts say so
};

// Who was duped, bribed or taken over.
enum class Role : std::uint8_t {
  nobody,
  agent,         // one who opens cases and attests, without a seat where there is such a one
  vendor_agent,  // the same of a third party
  vendor,        // every third party at once
  approver,      // one who may approve for the account
  manager,       // one who may vouch
  operator_,     // one who has new authenticators bound
};

struct Incident {
  std::string_view id;
  std::string_view name;     // who and when
  std::string_view source;   // a public address
  std::string_view pretext;  // a sentence
  Aim aim = Aim::everybody;
  std::array<std::string_view, 3> things{};  // of the catalogue; empty ones are none
  std::array<Role, 2> people{};
  bool approver_too = false;  // the same things of an approver, whose own account is recovered first
};
[[nodiscard]] std::span<const Incident> all_incidents() noexcept;
// Bought by the thousand, and so taken to be had in every incident, whatever its source tells.
inline constexpr std::array<std::string_view, 2> had_by_everybody{"password", "mailbox"};

struct HonestCase {
  std::string_view id;
  std::string_view words;  // who lost what
  Aim aim = Aim::ordinary;
  std::optional<Action> wanted;              // none: nothing that the policy language has a word for
  std::array<std::string_view, 6> lost{};    // things
  std::array<std::string_view, 6> left{};    // if any: nothing of the holder's is left but these
  std::array<std::string_view, 2> broken{};  // signals that cannot be given though nothing is lost
  bool remote = true;            // nobody can look at them: what an agent attests is not to be had
  bool managers_asleep = false;  // nobody vouches
  bool vendor_desk = false;      // a third party's agent opens the case
};
[[nodiscard]] std::span<const HonestCase> all_honest_cases() noexcept;

// Minutes of an undisturbed case. Assumptions, not measurements.
struct Minutes {
  std::string_view step;
  std::uint32_t minutes = 0;
};
[[nodiscard]] std::span<const Minutes> all_minutes() noexcept;  // of signals
inline constexpr std::uint32_t minutes_unknown_signal = 5;
inline constexpr std::uint32_t minutes_open = 3;        // the call is answered, the case opened and joined
inline constexpr std::uint32_t minutes_approval = 5;    // all are asked at once, and while the hold runs
inline constexpr std::uint32_t minutes_finish = 2;      // the effect, and the first sign-in
inline constexpr std::uint32_t minutes_invitation = 10;  // an operator has something new bound
[[nodiscard]] std::uint32_t minutes_of(std::string_view signal) noexcept;

[[nodiscard]] std::string_view to_string(Aim aim) noexcept;   // "an account of the most protected class"
[[nodiscard]] std::string_view to_string(Role role) noexcept;  // "one help-desk agent"

}  // namespace sallyport::drills
