#include "core/model/salted_digest.h"

#include "crypto/hash.h"

namespace sallyport {

Digest salted_digest(std::string_view salt, std::string_view a, std::string_view b) {
  const std::uint8_t separator = 0;
  return sha256({view_of(salt), {&separator, 1}, view_of(a), {&separator, 1}, view_of(b)});
}

}  // namespace sallyport
