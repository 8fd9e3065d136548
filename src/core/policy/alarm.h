// Would the holder hear of it although the proofs were forged? An alarm counts when its way rests on nothing that the
// evidence which counts rests on: whoever has the mailbox that gave the code also has the mailbox that is told
// (NIST SP 800-63B-4, section 4.6: notice goes to an address other than the one that was proved).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/model/notice.h"
#include "core/policy/policy.h"

namespace sallyport {

// When the first notice was sent that counts beside these signals; absent: none was.
[[nodiscard]] std::optional<Instant> alarm_at(const Policy& policy, std::span<const SignalName> counted,
                                              std::span<const Notice> notices);
// Could any way of the policy raise one beside these signals? What the prover and tools ask, who know of no notices.
[[nodiscard]] bool can_be_alarmed(const Policy& policy, const Needs& needs, SignalSet counted) noexcept;
// The ways that would count beside these signals, of an account whose addresses are old enough.
[[nodiscard]] std::vector<std::string> alarm_ways(const Policy& policy, std::span<const SignalName> counted);

}  // namespace sallyport
