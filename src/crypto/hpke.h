// HPKE (RFC 9180), base mode, one message: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
// A claimant's new password travels from the browser to the executor sealed with the executor's
// public key; the web server between them relays bytes it cannot read.
//
// Base mode says nothing about who sealed. `info` and `aad` bind the message to its case and use:
// what was sealed for another case does not open.
//
// Entropy is given by the caller, 32 fresh bytes for each seal. The same ephemeral bytes with the
// same recipient and info give the same key and nonce: never use them twice.
//
// Threads: pure functions; const members may be used from many threads at once.
// Errors: faults for keys, points and lengths that are not what they should be, and one fault, the
// same for every reason, when a ciphertext does not open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

struct evp_pkey_st;

namespace sallyport {

inline constexpr std::size_t hpke_public_key_length = 65;      // RFC 9180 section 7.1, Npk: an uncompressed point
inline constexpr std::size_t hpke_ikm_length_min = 32;         // RFC 9180 section 7.1.3: at least Nsk bytes
inline constexpr std::size_t hpke_ikm_length_max = 64;         // more adds nothing
inline constexpr std::size_t hpke_plaintext_length_max = 4096;  // a password or a one-time code in its envelope
inline constexpr std::size_t hpke_context_length_max = 65'535;  // info and aad: a whole ledger entry fits

using HpkePublicKey = std::array<std::uint8_t, hpke_public_key_length>;

class HpkePrivateKey {
 public:
  // DeriveKeyPair, RFC 9180 section 7.1.3: the same bytes give the same key.
  [[nodiscard]] static Result<HpkePrivateKey> derive(const SecretBytes& ikm);

  [[nodiscard]] const HpkePublicKey& public_key() const noexcept { return public_key_; }

  HpkePrivateKey(HpkePrivateKey&&) noexcept = default;
  HpkePrivateKey& operator=(HpkePrivateKey&&) noexcept = default;
  HpkePrivateKey(const HpkePrivateKey&) = delete;
  HpkePrivateKey& operator=(const HpkePrivateKey&) = delete;

 private:
  friend struct HpkeInternals;
  HpkePrivateKey() = default;
  std::shared_ptr<evp_pkey_st> key_;  // libcrypto wipes the scalar when it frees the key
  HpkePublicKey public_key_{};
};

struct HpkeSealed {
  Bytes enc;         // the ephemeral public key, 65 bytes
  Bytes ciphertext;  // 16 bytes longer than the plaintext
};

[[nodiscard]] Result<HpkeSealed> hpke_seal(ByteView recipient_public_key, ByteView info, ByteView aad,
                                           const SecretBytes& plaintext, const SecretBytes& ephemeral_ikm);
[[nodiscard]] Result<SecretBytes> hpke_open(const HpkePrivateKey& recipient, ByteView enc, ByteView info, ByteView aad,
                                            ByteView ciphertext);

// RFC 9180's own vectors for this KEM use AES-128-GCM. Nothing but the tests calls these two.
enum class HpkeAead : std::uint16_t { aes_128_gcm = 0x0001, aes_256_gcm = 0x0002 };
[[nodiscard]] Result<HpkeSealed> hpke_seal_with(HpkeAead aead, ByteView recipient_public_key, ByteView info,
                                                ByteView aad, const SecretBytes& plaintext,
                                                const SecretBytes& ephemeral_ikm);
[[nodiscard]] Result<SecretBytes> hpke_open_with(HpkeAead aead, const HpkePrivateKey& recipient, ByteView enc,
                                                 ByteView info, ByteView aad, ByteView ciphertext);

}  // namespace sallyport
