#include "crypto/p256.h"

#include <openssl/core_names.h>
#include <openssl/obj_mac.h>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/locked_memory.h"

namespace sallyport {
namespace {

// Never freed: one group serves every thread, and it is read only after it was made.
const EC_GROUP* p256_group() {
  static const EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  SALLYPORT_ASSERT(group != nullptr);
  return group;
}

OwnedPkey pkey_from(ByteView point, const BIGNUM* scalar) {
  const OwnedParamBuilder builder(OSSL_PARAM_BLD_new());
  SALLYPORT_ASSERT(builder != nullptr);
  SALLYPORT_ASSERT(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1);
  SALLYPORT_ASSERT(
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()));
  if (scalar) SALLYPORT_ASSERT(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1);
  const OwnedParams params(OSSL_PARAM_BLD_to_param(builder.get()));
  const OwnedPkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  SALLYPORT_ASSERT(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return OwnedPkey(key);
}

}  // namespace

Result<OwnedPkey> p256_public_key(ByteView uncompressed_point) {
  const OpensslErrorScope errors;
  if (uncompressed_point.size() != p256_point_length)
    return fault(FaultKind::invalid, concat("a P-256 point has 65 bytes, this one has ", uncompressed_point.size()),
                 "send the key as an uncompressed point");
  if (uncompressed_point.front() != 0x04)
    return fault(FaultKind::invalid, "the P-256 point is not in its uncompressed form",
                 "send the key as an uncompressed point");
  const OwnedPoint point(EC_POINT_new(p256_group()));
  SALLYPORT_ASSERT(point != nullptr);
  // EC_POINT_oct2point refuses coordinates that are not below the prime and points off the curve.
  if (EC_POINT_oct2point(p256_group(), point.get(), uncompressed_point.data(), uncompressed_point.size(), nullptr) != 1)
    return fault(FaultKind::invalid, "the point is not on the curve P-256", "register the key again");
  auto key = pkey_from(uncompressed_point, nullptr);
  if (!key) return fault(FaultKind::invalid, "the bytes are not a P-256 public key", "register the key again");
  return key;
}

Result<P256KeyPair> p256_key_pair(const SecretBytes& scalar) {
  const OpensslErrorScope errors;
  if (scalar.size() != p256_scalar_length)
    return fault(FaultKind::invalid, concat("a P-256 scalar has 32 bytes, this one has ", scalar.size()));
  (void)p256_group();  // made before the pages for secrets are asked for
  const LockedAllocations locked;
  const OwnedBignum number(BN_bin2bn(scalar.reveal().data(), static_cast<int>(scalar.size()), nullptr));
  SALLYPORT_ASSERT(number != nullptr);
  BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(p256_group())) >= 0)
    return fault(FaultKind::invalid, "the P-256 scalar is not between one and the order of the curve",
                 "derive it from other bytes");
  const OwnedPoint point(EC_POINT_new(p256_group()));
  SALLYPORT_ASSERT(point && EC_POINT_mul(p256_group(), point.get(), number.get(), nullptr, nullptr, nullptr) == 1);
  P256KeyPair pair;
  SALLYPORT_ASSERT(EC_POINT_point2oct(p256_group(), point.get(), POINT_CONVERSION_UNCOMPRESSED, pair.point.data(),
                                      pair.point.size(), nullptr) == pair.point.size());
  pair.key = pkey_from(pair.point, number.get());
  SALLYPORT_ASSERT(pair.key != nullptr);
  return pair;
}

Result<SecretBytes> p256_agree(EVP_PKEY* own, EVP_PKEY* peer) {
  const OpensslErrorScope errors;
  const OwnedPkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  SALLYPORT_ASSERT(context && EVP_PKEY_derive_init(context.get()) == 1);
  Bytes shared(p256_scalar_length);
  std::size_t length = shared.size();
  if (EVP_PKEY_derive_set_peer(context.get(), peer) != 1 ||
      EVP_PKEY_derive(context.get(), shared.data(), &length) != 1 || length != shared.size())
    return fault(FaultKind::invalid, "the two P-256 keys do not agree on a secret", "ask the other side for a new key");
  return SecretBytes::take(std::move(shared));
}

}  // namespace sallyport
