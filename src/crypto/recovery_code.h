// Recovery codes: what an account holder printed and put in a drawer. 120 random bits, shown in
// Crockford's base32 as six groups of four, "k7qm-2n4x-9w3t-hc5r-v8ea-0j6b".
//
// Reading is forgiving where people err and strict elsewhere: upper and lower case are the same, o is
// 0, i and l are 1, and the hyphens between the groups may be left out. Anything else is no code.
//
// The server keeps HMAC-SHA-256 of the bits under a key that is not in the database. A slow password
// hash would add nothing: nobody searches 2^120 values, stolen database or not, while a hash that
// takes 20 ms and 19 MiB of memory for each guess hands strangers a way to exhaust the server. (NIST
// SP 800-63B, look-up secrets: from 112 bits on, an approved one-way function is enough.)
//
// Threads: pure functions; the random bits come from the caller.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace sallyport {

inline constexpr std::size_t recovery_code_length = 15;       // bytes: 24 symbols of 5 bits, none left over
inline constexpr std::size_t recovery_code_text_length = 29;  // 24 symbols and 5 hyphens
inline constexpr std::size_t recovery_code_key_length_min = 32;  // as strong as the hash

// The text for the account holder's eyes; a fault unless there are 15 bytes.
[[nodiscard]] Result<SecretBytes> format_recovery_code(const SecretBytes& code);
// The 15 bytes behind what somebody typed.
[[nodiscard]] std::optional<SecretBytes> parse_recovery_code(std::string_view typed);
// What the server keeps and compares; a fault when the key or the code is too short.
[[nodiscard]] Result<Digest> recovery_code_digest(const SecretBytes& server_key, const SecretBytes& code);

}  // namespace sallyport
