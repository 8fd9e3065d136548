// Words for what a decision computed in numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/policy/weigh.h"

namespace sallyport {

[[nodiscard]] std::string age_text(Duration age);  // "12m", "3d": the largest unit that leaves at least two
[[nodiscard]] std::string or_list(const std::vector<std::string>& names);  // "totp, passkey or mail_code"
[[nodiscard]] std::vector<std::string> names_of(const Policy& policy, SignalSet signals);

// "the authenticator was bound 2h before, the policy asks 3d"
[[nodiscard]] std::string words_for(const EvidenceFinding& finding, const SignalName& signal);
[[nodiscard]] std::string_view words_for(SeatObjection objection) noexcept;
// "2 approvals by someone with the role desk_lead from outside help_desk"
[[nodiscard]] std::string words_for_seats(std::uint32_t count, const ApproverConstraint& selector);

// What is missing, in words for the person who can supply it.
struct Missing {
  std::string what;  // "2 independent signals (1 given): totp, recovery_code or mail_code"
  std::string who;   // "claimant", "approver", "nobody": the hold runs

  static constexpr auto fields() { return record_fields("what", &Missing::what, "who", &Missing::who); }
};
[[nodiscard]] std::vector<Missing> missing_identity(const Policy& policy, const Needs& needs, const Weighed& weighed);

}  // namespace sallyport
