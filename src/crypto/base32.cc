#include "crypto/base32.h"

#include <cstdint>
#include <utility>

namespace sallyport {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// Lengths modulo 8 that no whole number of bytes gives.
constexpr bool impossible_length(std::size_t length) {
  const auto tail = length % 8;
  return tail == 1 || tail == 3 || tail == 6;
}

}  // namespace

SecretBytes to_base32(const SecretBytes& bytes) {
  Bytes text;
  text.reserve((bytes.size() * 8 + 4) / 5);  // a growing vector would leave copies behind
  std::uint32_t bits = 0;
  int held = 0;
  for (const auto byte : bytes.reveal()) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 5; held -= 5)
      text.push_back(static_cast<std::uint8_t>(alphabet[(bits >> (held - 5)) & 31]));
  }
  if (held > 0) text.push_back(static_cast<std::uint8_t>(alphabet[(bits << (5 - held)) & 31]));
  return SecretBytes::take(std::move(text));
}

std::optional<SecretBytes> from_base32(std::string_view text) {
  if (text.size() > base32_text_length_max || impossible_length(text.size())) return std::nullopt;
  Bytes out;
  out.reserve(text.size() * 5 / 8);
  std::uint32_t bits = 0;
  int held = 0;
  bool good = true;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    good = good && value != std::string_view::npos;
    bits = (bits << 5) | static_cast<std::uint32_t>(value & 31);
    held += 5;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> held));
  }
  auto secret = SecretBytes::take(std::move(out));  // taken before the verdict, so that a refusal wipes too
  const auto left_over = bits & ((1U << held) - 1U);
  if (!good || left_over != 0) return std::nullopt;
  return secret;
}

}  // namespace sallyport
