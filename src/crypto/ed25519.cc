#include "crypto/ed25519.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/locked_memory.h"
#include "crypto/openssl_owned.h"

namespace sallyport {
namespace {

// Points of small order. A "key" made of one of them verifies signatures nobody made (RFC 8032
// section 5.1.7 with the cofactor), so none is ever a signer. The eight points in their canonical
// spellings, and the six further spellings that decoders which do not reduce y accept.
bool has_small_order(const Ed25519PublicKeyBytes& key) {
  constexpr auto low = [](std::uint8_t first, std::uint8_t rest, std::uint8_t last) {
    Ed25519PublicKeyBytes point{};
    point.fill(rest);
    point.front() = first;
    point.back() = last;
    return point;
  };
  constexpr Ed25519PublicKeyBytes order_eight_a = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
                                                   0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
                                                   0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
  constexpr Ed25519PublicKeyBytes order_eight_b = {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
                                                   0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
                                                   0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
  constexpr std::array<Ed25519PublicKeyBytes, 7> small = {
      low(0x00, 0x00, 0x00), low(0x01, 0x00, 0x00), order_eight_a,        order_eight_b,
      low(0xec, 0xff, 0x7f), low(0xed, 0xff, 0x7f), low(0xee, 0xff, 0x7f)};
  auto without_sign = key;
  without_sign.back() &= 0x7f;  // the sign of x is the top bit, and every point above has both
  return std::ranges::find(small, without_sign) != small.end();
}

}  // namespace

Result<Ed25519SigningKey> Ed25519SigningKey::from_seed(const SecretBytes& seed) {
  if (seed.size() != ed25519_seed_length)
    return fault(FaultKind::invalid, concat("an ed25519 seed has 32 bytes, this one has ", seed.size()),
                 "use the whole seed as it was generated");
  const OpensslErrorScope errors;
  Ed25519SigningKey made;
  OwnedPkey key;
  {
    const LockedAllocations locked;
    key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.reveal().data(), seed.size()));
  }
  SALLYPORT_ASSERT(key != nullptr);  // every 32 bytes are a seed
  std::size_t length = made.public_key_.size();
  SALLYPORT_ASSERT(EVP_PKEY_get_raw_public_key(key.get(), made.public_key_.data(), &length) == 1);
  SALLYPORT_ASSERT(length == made.public_key_.size());
  made.key_ = std::move(key);
  return made;
}

Ed25519Signature Ed25519SigningKey::sign(ByteView message) const {
  const OpensslErrorScope errors;
  Ed25519Signature signature{};
  std::size_t length = signature.size();
  const OwnedMdContext context(EVP_MD_CTX_new());
  SALLYPORT_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  SALLYPORT_ASSERT(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1);
  SALLYPORT_ASSERT(length == signature.size());
  return signature;
}

Result<Ed25519PublicKey> Ed25519PublicKey::from_bytes(ByteView bytes) {
  if (bytes.size() != ed25519_public_key_length)
    return fault(FaultKind::invalid, concat("an ed25519 public key has 32 bytes, this one has ", bytes.size()),
                 "check that the key was copied whole");
  Ed25519PublicKey made;
  std::ranges::copy(bytes, made.bytes_.begin());
  if (has_small_order(made.bytes_))
    return fault(FaultKind::invalid, "the ed25519 public key is a point of small order, which anyone can sign for",
                 "ask the signer for their real key");
  const OpensslErrorScope errors;
  OwnedPkey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()));
  if (!key) return fault(FaultKind::invalid, "the bytes are not an ed25519 public key", "ask the signer for their key");
  made.key_ = std::move(key);
  return made;
}

bool Ed25519PublicKey::verify(ByteView message, ByteView signature) const {
  if (signature.size() != ed25519_signature_length) return false;
  const OpensslErrorScope errors;
  const OwnedMdContext context(EVP_MD_CTX_new());
  SALLYPORT_ASSERT(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace sallyport
