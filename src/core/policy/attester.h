// Things that a signal may rest on and that are people: what they say counts because they say it. Who attests is named
// in the evidence, and is one person of a case like its agent and its approvers (R13).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/policy/policy.h"

namespace sallyport {

enum class Attester : std::uint8_t {
  manager,  // whoever may vouch: for an account whose manager is known, that manager alone
  agent,  // an agent, who is not the one that opened the case
};

[[nodiscard]] constexpr std::optional<Attester> attester_of(std::string_view thing) noexcept {
  if (thing == "voucher" || thing == "peer") return Attester::manager;
  if (thing == "proofing_agent" || thing == "agent") return Attester::agent;
  return std::nullopt;
}

// The first of what the signal rests on that is a person; absent: nobody attests it.
[[nodiscard]] inline std::optional<Attester> attester_of(const SignalRule& signal) noexcept {
  for (const auto& thing : signal.rests_on)
    if (const auto who = attester_of(thing)) return who;
  return std::nullopt;
}

}  // namespace sallyport
