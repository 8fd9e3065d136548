#include "base/result.h"

namespace sallyport {

std::string_view to_string(FaultKind kind) noexcept {
  switch (kind) {
    case FaultKind::invalid: return "invalid";
    case FaultKind::not_found: return "not_found";
    case FaultKind::conflict: return "conflict";
    case FaultKind::unavailable: return "unavailable";
    case FaultKind::rejected: return "rejected";
    case FaultKind::corrupt: return "corrupt";
    case FaultKind::unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace sallyport
