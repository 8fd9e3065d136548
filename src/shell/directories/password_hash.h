// Salted password hashes for the embedded directory: PBKDF2-HMAC-SHA-256 (RFC 8018 section 5.2).
// The stored text "pbkdf2-sha256$<iterations>$<salt>$<hash>" carries its own cost, so the cost may
// be raised without touching old accounts. Pure but for the salt; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/secret.h"
#include "ports/entropy.h"

namespace sallyport {

// OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256. About 0.2 s on one core.
inline constexpr unsigned kdf_iterations_default = 600'000;
inline constexpr unsigned kdf_iterations_max = 10'000'000;  // seconds of work; a stored text asking more is an attack

[[nodiscard]] Result<std::string> hash_password(const SecretBytes& password, unsigned iterations, Entropy& entropy);
// Constant time in the hash. A fault when `stored` is no such text.
[[nodiscard]] Result<bool> password_matches(const SecretBytes& password, std::string_view stored);

}  // namespace sallyport
