#include "crypto/es256.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/fido_owned.h"
#include "crypto/p256.h"

namespace sallyport {

Result<Es256PublicKey> Es256PublicKey::from_coordinates(ByteView x_then_y) {
  if (x_then_y.size() != es256_coordinates_length)
    return fault(FaultKind::invalid, concat("an ES256 public key has 64 bytes, this one has ", x_then_y.size()),
                 "give x and y, 32 bytes each");
  P256Point point{};
  point.front() = 0x04;
  std::ranges::copy(x_then_y, point.begin() + 1);
  // libfido2 checks the curve too, but takes coordinates modulo the prime: one key would have two names.
  SP_CHECK(p256_public_key(point));
  start_libfido2();
  const OpensslErrorScope errors;
  OwnedFidoKey key(es256_pk_new());
  SALLYPORT_ASSERT(key != nullptr);
  SP_CHECK(fido_accepted(es256_pk_from_ptr(key.get(), x_then_y.data(), x_then_y.size()),
                         "the ES256 public key is refused", "register the key again"));
  Es256PublicKey made;
  made.key_ = std::move(key);
  std::ranges::copy(x_then_y, made.coordinates_.begin());
  return made;
}

}  // namespace sallyport
