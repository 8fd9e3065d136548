// NIST P-256 for the sources of crypto/ only: parse a point, make a key from a scalar, agree on a
// secret. Everything that came from outside is checked here to be a point on the curve and not the
// point at infinity (SP 800-56A section 5.6.2.3.4); P-256 has no cofactor, so that is a full check.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/openssl_owned.h"
#include "crypto/secret.h"

namespace sallyport {

inline constexpr std::size_t p256_scalar_length = 32;
inline constexpr std::size_t p256_point_length = 65;  // SEC 1 section 2.3.3, uncompressed: 0x04, x, y

using P256Point = std::array<std::uint8_t, p256_point_length>;

struct P256KeyPair {
  OwnedPkey key;
  P256Point point{};
};

[[nodiscard]] Result<OwnedPkey> p256_public_key(ByteView uncompressed_point);
// A fault when the scalar is not in 1 .. order - 1; the fault says nothing about its value.
[[nodiscard]] Result<P256KeyPair> p256_key_pair(const SecretBytes& scalar);
// The x coordinate of the shared point, as RFC 9180 section 4.1 and SEC 1 section 3.3.1 use it.
[[nodiscard]] Result<SecretBytes> p256_agree(EVP_PKEY* own, EVP_PKEY* peer);

}  // namespace sallyport
