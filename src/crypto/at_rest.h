// Secrets in the database: TOTP seeds and the like, sealed with AES-256-GCM under a key that is not
// in the database. The additional data says which row and column the secret belongs to, so that a
// row copied over another does not open.
//
// The nonce is 12 random bytes from ports/entropy.h and is prepended to the output. At 2^32 seals
// under one key the chance of a repeated nonce reaches 2^-32 (NIST SP 800-38D section 8.3); sites
// have thousands of seals, and a key is rotated by sealing everything again.
//
// Errors: sealing asserts its lengths, since key and nonce come from our own code; opening faults.
// Threads: pure functions.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace sallyport {

inline constexpr std::size_t at_rest_key_length = 32;
inline constexpr std::size_t at_rest_nonce_length = 12;
inline constexpr std::size_t at_rest_secret_length_max = 4096;  // the longest kept secret is a seed of 128 bytes

[[nodiscard]] Bytes seal_at_rest(const SecretBytes& key, ByteView nonce, ByteView aad, const SecretBytes& secret);
[[nodiscard]] Result<SecretBytes> open_at_rest(const SecretBytes& key, ByteView aad, ByteView sealed);

}  // namespace sallyport
