// What a new password must be before any directory is asked: text that every sign-in form can take.
// Length and quality are the directory's own rules, not ours. Pure.
#pragma once

#include <optional>
#include <string>

#include "crypto/secret.h"

namespace sallyport {

inline constexpr std::size_t password_bytes_max = 256;  // more than any passphrase; bounds hashing work

// Why the password is refused, in the claimant's words; nothing when it is fine.
[[nodiscard]] std::optional<std::string> password_text_refusal(const SecretBytes& password);

}  // namespace sallyport
