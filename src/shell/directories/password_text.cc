#include "shell/directories/password_text.h"

#include <algorithm>

#include "base/json.h"

namespace sallyport {

std::optional<std::string> password_text_refusal(const SecretBytes& password) {
  const auto bytes = password.reveal();
  if (bytes.empty()) return "the password is empty";
  if (bytes.size() > password_bytes_max) return "the password is too long: at most 256 bytes";
  if (!is_valid_utf8(text_of(bytes))) return "the password is not valid text";
  if (std::ranges::any_of(bytes, [](std::uint8_t c) { return c < 0x20 || c == 0x7f; }))
    return "the password holds a control character";
  // LDAP servers take "{SCHEME}..." for an already hashed password, or for another place to ask
  // ("{SASL}somebody@else"): a claimant must not be able to store either.
  if (bytes.front() == '{') return "the password must not begin with a brace";
  return std::nullopt;
}

}  // namespace sallyport
