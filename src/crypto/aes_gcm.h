// AES-GCM (NIST SP 800-38D) for the sources of crypto/ only: the key's length picks AES-128 or
// AES-256, nonces have 96 bits and tags 128. A nonce used twice with one key gives everything away;
// whoever calls this says why theirs is not.
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace sallyport {

inline constexpr std::size_t aes_gcm_nonce_length = 12;
inline constexpr std::size_t aes_gcm_tag_length = 16;

// Asserts the lengths of key (16 or 32) and nonce. The tag stands behind the ciphertext.
[[nodiscard]] Bytes aes_gcm_seal(const SecretBytes& key, ByteView nonce, ByteView aad, const SecretBytes& plaintext);
// Nothing when any bit of nonce, aad, ciphertext or tag is not what was sealed with this key.
[[nodiscard]] std::optional<SecretBytes> aes_gcm_open(const SecretBytes& key, ByteView nonce, ByteView aad,
                                                      ByteView ciphertext_and_tag);

}  // namespace sallyport
