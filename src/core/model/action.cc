#include "core/model/action.h"

namespace sallyport {

std::string_view to_string(Action action) noexcept {
  switch (action) {
    case Action::unlock: return "unlock";
    case Action::password_reset: return "password_reset";
    case Action::mfa_reset: return "mfa_reset";
    case Action::recovery_factor_change: return "recovery_factor_change";
    case Action::lockout_disable: return "lockout_disable";
    case Action::admin_unlock: return "admin_unlock";
    case Action::delegated_access_restore: return "delegated_access_restore";
    case Action::service_secret_rotate: return "service_secret_rotate";
    case Action::emergency_access: return "emergency_access";
    case Action::suspend: return "suspend";
  }
  return "";
}

std::optional<Action> action_from_text(std::string_view text) noexcept {
  for (const auto action : all_actions)
    if (to_string(action) == text) return action;
  return std::nullopt;
}

}  // namespace sallyport
