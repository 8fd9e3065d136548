#include "crypto/recovery_code.h"

#include <cstdint>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford: no i, l, o, u
constexpr std::size_t symbol_count = recovery_code_length * 8 / 5;
constexpr std::size_t group_length = 4;

// `symbols` is where this symbol stands: hyphens separate full groups, and end nothing.
constexpr bool starts_group(std::size_t symbols) { return symbols > 0 && symbols % group_length == 0; }

constexpr char folded(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == 'o') return '0';
  if (c == 'i' || c == 'l') return '1';
  return c;
}

}  // namespace

Result<SecretBytes> format_recovery_code(const SecretBytes& code) {
  if (code.size() != recovery_code_length)
    return fault(FaultKind::invalid, concat("a recovery code has 15 bytes, this one has ", code.size()),
                 "draw 15 fresh random bytes");
  Bytes text;
  text.reserve(recovery_code_text_length);
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t symbols = 0;
  for (const auto byte : code.reveal()) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 5; held -= 5) {
      if (starts_group(symbols++)) text.push_back('-');
      text.push_back(static_cast<std::uint8_t>(alphabet[(bits >> (held - 5)) & 31]));
    }
  }
  return SecretBytes::take(std::move(text));
}

std::optional<SecretBytes> parse_recovery_code(std::string_view typed) {
  if (typed.size() > recovery_code_text_length) return std::nullopt;
  Bytes out;
  out.reserve(recovery_code_length + 3);  // the longest text without any hyphen
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t symbols = 0;
  bool good = true;
  bool hyphen_before = false;
  for (const char c : typed) {
    const bool hyphen = c == '-';
    good = good && (!hyphen || (starts_group(symbols) && !hyphen_before));
    hyphen_before = hyphen;
    if (hyphen) continue;
    const auto value = alphabet.find(folded(c));
    good = good && value != std::string_view::npos;
    bits = (bits << 5) | static_cast<std::uint32_t>(value & 31);
    ++symbols;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> held));
  }
  auto code = SecretBytes::take(std::move(out));  // taken before the verdict, so that a refusal wipes too
  if (!good || hyphen_before || symbols != symbol_count) return std::nullopt;
  return code;
}

Result<Digest> recovery_code_digest(const SecretBytes& server_key, const SecretBytes& code) {
  if (server_key.size() < recovery_code_key_length_min)
    return fault(FaultKind::invalid,
                 concat("the recovery code key has ", server_key.size(), " bytes, at least 32 are needed"),
                 "check the key file named in the configuration");
  if (code.size() != recovery_code_length)
    return fault(FaultKind::invalid, concat("a recovery code has 15 bytes, this one has ", code.size()));
  return hmac_sha256(server_key, {view_of("sallyport recovery code v1"), code.reveal()});
}

}  // namespace sallyport
