// How the ledger speaks of what it must not hold: a digest over a random salt and two texts. Whoever is shown
// salt and texts can check that they are meant; whoever is not can guess nothing (docs/ledger_format.md,
// "Private material").
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace sallyport {

// SHA-256 of salt, 0x00, a, 0x00, b. The salt is hex text; none of the three holds a zero byte.
[[nodiscard]] Digest salted_digest(std::string_view salt, std::string_view a, std::string_view b);

[[nodiscard]] inline Digest holder_digest(std::string_view salt, std::string_view login, std::string_view name) {
  return salted_digest(salt, login, name);
}
[[nodiscard]] inline Digest reason_digest(std::string_view salt, std::string_view reason) {
  return salted_digest(salt, "reason", reason);
}

}  // namespace sallyport
