// ES256: ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4, COSE algorithm -7), the algorithm of
// passkeys. An Es256PublicKey is checked once, to be a point on the curve with coordinates below its
// prime, then kept and copied freely: copies share libfido2's form of it, which verify_assertion()
// (crypto/webauthn.h) verifies with.
//
// Threads: it never changes; many threads may verify with one key.
// Errors: from_coordinates() faults on a wrong length and on points that are not on the curve.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

struct es256_pk;  // libfido2's

namespace sallyport {

inline constexpr std::size_t es256_coordinates_length = 64;   // x then y, 32 bytes each, big-endian
inline constexpr std::size_t es256_signature_length_max = 72;  // DER: two 33-byte integers and three headers

class Es256PublicKey {
 public:
  [[nodiscard]] static Result<Es256PublicKey> from_coordinates(ByteView x_then_y);

  [[nodiscard]] const std::array<std::uint8_t, es256_coordinates_length>& coordinates() const noexcept {
    return coordinates_;
  }
  // For the sources of crypto/ only; lives as long as this key or a copy of it.
  [[nodiscard]] const es256_pk* libfido2_key() const noexcept { return key_.get(); }

  friend bool operator==(const Es256PublicKey& a, const Es256PublicKey& b) { return a.coordinates_ == b.coordinates_; }

 private:
  Es256PublicKey() = default;
  std::shared_ptr<const es256_pk> key_;
  std::array<std::uint8_t, es256_coordinates_length> coordinates_{};
};

}  // namespace sallyport
