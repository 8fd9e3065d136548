#include "crypto/es256.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/p256.h"

namespace sallyport {

Result<Es256PublicKey> Es256PublicKey::from_coordinates(ByteView x_then_y) {
  if (x_then_y.size() != es256_coordinates_length)
    return fault(FaultKind::invalid, concat("an ES256 public key has 64 bytes, this one has ", x_then_y.size()),
                 "give x and y, 32 bytes each");
  P256Point point{};
  point.front() = 0x04;
  std::ranges::copy(x_then_y, point.begin() + 1);
  SP_TRY(auto key, p256_public_key(point));
  Es256PublicKey made;
  made.key_ = std::move(key);
  std::ranges::copy(x_then_y, made.coordinates_.begin());
  return made;
}

bool Es256PublicKey::verify(ByteView message, ByteView der_signature) const {
  if (der_signature.size() > es256_signature_length_max) return false;
  const OpensslErrorScope errors;
  const OwnedMdContext context(EVP_MD_CTX_new());
  SALLYPORT_ASSERT(context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  return EVP_DigestVerify(context.get(), der_signature.data(), der_signature.size(), message.data(), message.size()) ==
         1;
}

}  // namespace sallyport
