// Would the holder hear of it although the proofs were forged? A notice is an alarm when evidence suffices that rests
// on nothing its way rests on: whoever has the mailbox that gave the code also has the mailbox that is told (NIST SP
// 800-63B-4, section 4.6: notice goes to an address other than the one that was proved). What else was given takes no
// alarm away: an attacker who gave less would have had it against them all the same.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/model/notice.h"
#include "core/policy/policy.h"
#include "core/policy/weigh.h"

namespace sallyport {

// Was the holder told by a way of the policy, at an address that is not the account's own and old enough?
[[nodiscard]] bool reaches_holder(const Policy& policy, const Notice& notice);
// What there is beside a way: the evidence that rests on nothing the way rests on. Satisfied: it is an alarm.
// `findings` has one place for each piece of evidence.
[[nodiscard]] Weighed weigh_beside(const Policy& policy, const Needs& needs, const NoticeRule& way,
                                   std::span<const Evidence> evidence, Instant now,
                                   std::span<EvidenceFinding> findings) noexcept;
[[nodiscard]] constexpr Duration hold_of(const Needs& needs, const Weighed& identity) noexcept {
  return identity.strong ? needs.hold_with_strong : needs.hold_without_strong;
}
// The ways that would be an alarm here, of an account whose addresses are old enough.
[[nodiscard]] std::vector<std::string> alarm_ways(const Policy& policy, const Needs& needs,
                                                  std::span<const Evidence> evidence, Instant now);
// Could any way of the policy raise one beside just these signals? What the prover asks, which knows of no notices.
[[nodiscard]] bool can_be_alarmed(const Policy& policy, const Needs& needs, SignalSet counted) noexcept;

}  // namespace sallyport
