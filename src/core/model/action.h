// What can be asked for (R2). Each action is its own right: holding one gives no other.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/record.h"

namespace sallyport {

enum class Action : std::uint8_t {
  unlock,
  password_reset,
  mfa_reset,
  recovery_factor_change,
  lockout_disable,
  admin_unlock,
  delegated_access_restore,
  service_secret_rotate,
  emergency_access,
  suspend,  // nobody signs in with the account until it is unlocked
};

inline constexpr std::array<Action, 10> all_actions{
    Action::unlock,
    Action::password_reset,
    Action::mfa_reset,
    Action::recovery_factor_change,
    Action::lockout_disable,
    Action::admin_unlock,
    Action::delegated_access_restore,
    Action::service_secret_rotate,
    Action::emergency_access,
    Action::suspend,
};

[[nodiscard]] std::string_view to_string(Action action) noexcept;
template <>
struct EnumValues<Action> {
  static constexpr std::array<Action, 10> all = all_actions;
};
[[nodiscard]] std::optional<Action> action_from_text(std::string_view text) noexcept;
// Does the effect carry a secret that the claimant chose and sealed to the executor?
[[nodiscard]] constexpr bool needs_sealed_secret(Action action) noexcept { return action == Action::password_reset; }
// Does it only take access away? Such an action may be asked for without any signal: the safe direction is cheap.
[[nodiscard]] constexpr bool only_takes_away(Action action) noexcept { return action == Action::suspend; }

}  // namespace sallyport
