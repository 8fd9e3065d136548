// Base32 (RFC 4648 section 6) for TOTP seeds, as authenticator apps read them: upper case, without
// padding. Text and bytes are both secret, so both stand in SecretBytes. Decoding is strict, one
// spelling for each value; whoever takes what a person typed folds case and spaces first.
// Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "crypto/secret.h"

namespace sallyport {

inline constexpr std::size_t base32_text_length_max = 512;  // seeds have at most 128 bytes, 205 symbols

[[nodiscard]] SecretBytes to_base32(const SecretBytes& bytes);
[[nodiscard]] std::optional<SecretBytes> from_base32(std::string_view text);

}  // namespace sallyport
