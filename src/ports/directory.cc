#include "ports/directory.h"

namespace sallyport {

std::string_view to_string(Refusal refusal) noexcept {
  switch (refusal) {
    case Refusal::none: return "none";
    case Refusal::password_rejected: return "password_rejected";
    case Refusal::state_changed: return "state_changed";
    case Refusal::not_permitted: return "not_permitted";
    case Refusal::no_such_account: return "no_such_account";
    case Refusal::not_supported: return "not_supported";
    case Refusal::unavailable: return "unavailable";
    case Refusal::other: return "other";
  }
  return "";
}

}  // namespace sallyport
