// Ed25519 (RFC 8032, PureEdDSA): signatures of checkpoints, witnesses and policies.
// Keys are parsed once and kept; copies of a public key share the parsed form.
//
// Threads: const members may be used from many threads at once.
// Errors: creation faults on a wrong length (and, for a public key, on bytes that are no key);
// signing has none left and asserts; verification says no.
//
//   SP_TRY(auto key, Ed25519SigningKey::from_seed(seed));
//   auto signature = key.sign(view_of(note));
//   SP_TRY(auto signer, Ed25519PublicKey::from_bytes(key.public_key()));
//   if (!signer.verify(view_of(note), signature)) ...
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

struct evp_pkey_st;

namespace sallyport {

inline constexpr std::size_t ed25519_seed_length = 32;        // RFC 8032 section 5.1.5
inline constexpr std::size_t ed25519_public_key_length = 32;  // RFC 8032 section 5.1.5
inline constexpr std::size_t ed25519_signature_length = 64;   // RFC 8032 section 5.1.6

using Ed25519Signature = std::array<std::uint8_t, ed25519_signature_length>;
using Ed25519PublicKeyBytes = std::array<std::uint8_t, ed25519_public_key_length>;

class Ed25519SigningKey {
 public:
  [[nodiscard]] static Result<Ed25519SigningKey> from_seed(const SecretBytes& seed);

  [[nodiscard]] Ed25519Signature sign(ByteView message) const;
  [[nodiscard]] const Ed25519PublicKeyBytes& public_key() const noexcept { return public_key_; }

  Ed25519SigningKey(Ed25519SigningKey&&) noexcept = default;
  Ed25519SigningKey& operator=(Ed25519SigningKey&&) noexcept = default;
  Ed25519SigningKey(const Ed25519SigningKey&) = delete;
  Ed25519SigningKey& operator=(const Ed25519SigningKey&) = delete;

 private:
  Ed25519SigningKey() = default;
  std::shared_ptr<evp_pkey_st> key_;  // libcrypto wipes the seed when it frees the key
  Ed25519PublicKeyBytes public_key_{};
};

class Ed25519PublicKey {
 public:
  [[nodiscard]] static Result<Ed25519PublicKey> from_bytes(ByteView bytes);

  // False for every signature that is not 64 bytes, not canonical (S below the group's order, RFC
  // 8032 section 5.1.7) or not made by this key over exactly this message.
  [[nodiscard]] bool verify(ByteView message, ByteView signature) const;
  [[nodiscard]] const Ed25519PublicKeyBytes& bytes() const noexcept { return bytes_; }
  friend bool operator==(const Ed25519PublicKey& a, const Ed25519PublicKey& b) { return a.bytes_ == b.bytes_; }

 private:
  Ed25519PublicKey() = default;
  std::shared_ptr<evp_pkey_st> key_;
  Ed25519PublicKeyBytes bytes_{};
};

}  // namespace sallyport
