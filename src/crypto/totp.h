// One-time codes from authenticator apps: TOTP (RFC 6238) with SHA-1, 6 digits and steps of 30
// seconds, the only parameters every app honors. The codes come from liboath.
//
// A code is good once: the caller keeps the last accepted step of each seed and gives it back, and
// only later steps match (RFC 6238 section 5.2). Guessing is bounded by the caller's attempt limit;
// with three steps open, a blind guess hits with 3 in a million.
//
// Threads: pure functions. Errors: none; what cannot match does not match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "crypto/secret.h"

namespace sallyport {

inline constexpr std::size_t totp_digits = 6;
inline constexpr std::int64_t totp_step_seconds = 30;      // RFC 6238 section 4.1
inline constexpr std::int64_t totp_window_steps = 1;       // RFC 6238 section 5.2: one step of drift either way
inline constexpr std::size_t totp_seed_length_min = 16;    // RFC 4226 section 4, R6: 128 bits
inline constexpr std::size_t totp_seed_length_max = 128;   // twice the block of SHA-1; no app makes longer ones
inline constexpr std::int64_t totp_no_step_accepted = -1;  // for a seed that was never used

// The step whose code this is, within the window around `now` and later than `last_accepted_step`.
// Nothing for wrong codes, replayed codes, codes that are not six digits, and seeds out of bounds.
[[nodiscard]] std::optional<std::int64_t> totp_matching_step(const SecretBytes& seed, std::string_view code,
                                                             Instant now, std::int64_t last_accepted_step);

// The step that holds an instant at or after 1970.
[[nodiscard]] constexpr std::int64_t totp_step_at(Instant at) { return at.milliseconds / (totp_step_seconds * 1000); }

// What the claimant's app shows. For tests and the demo: the server compares codes and never shows
// one. Asserts the bounds of the seed, and that the step is not negative.
[[nodiscard]] std::string totp_code(const SecretBytes& seed, std::int64_t step);

}  // namespace sallyport
