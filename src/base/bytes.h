// Byte strings and their three spellings: hex (digests in JSON and messages), base64 (C2SP notes,
// RFC 4648 section 4) and base64url without padding (WebAuthn, RFC 4648 section 5).
// Decoders are strict: one spelling for each value, no white space, no missing or odd bits.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// SHA-256 output. Compared as a value; a digest is public.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

[[nodiscard]] inline ByteView view_of(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline ByteView view_of(const Digest& digest) noexcept { return digest.bytes; }
[[nodiscard]] inline std::string_view text_of(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes bytes_of(std::string_view text) { return {view_of(text).begin(), view_of(text).end()}; }

[[nodiscard]] std::string to_hex(ByteView bytes);
[[nodiscard]] inline std::string to_hex(const Digest& digest) { return to_hex(view_of(digest)); }
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);  // lower case only
[[nodiscard]] std::optional<Digest> digest_from_hex(std::string_view text);

[[nodiscard]] std::string to_base64(ByteView bytes);
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);
[[nodiscard]] std::string to_base64url(ByteView bytes);
[[nodiscard]] std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace sallyport
