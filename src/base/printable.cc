#include "base/printable.h"

#include <cstdint>

#include "base/json.h"

namespace sallyport {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

std::string escaped(unsigned code) {
  std::string out = "\\u0000";
  for (std::size_t i = 0; i < 4; ++i) out[5 - i] = hex[code >> (4 * i) & 15];
  return out;
}

std::size_t sequence_length(std::uint8_t lead) { return lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2; }

unsigned code_of(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<std::uint8_t>(sequence[0]);
  unsigned code = static_cast<std::uint8_t>(sequence[0]) & (0x7FU >> sequence.size());
  for (const char c : sequence.substr(1)) code = code << 6 | (static_cast<std::uint8_t>(c) & 0x3F);
  return code;
}

// Unicode TR 9: embeddings, overrides, isolates and marks; and the two line ends that are no newline.
bool is_harmful(unsigned code) {
  return (code < 0x20 && code != '\n') || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E ||
         code == 0x200F || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto lead = static_cast<std::uint8_t>(text[0]);
    const auto length = sequence_length(lead);
    if (!is_valid_utf8(text.substr(0, length))) {
      out += "\\x";
      out.push_back(hex[lead >> 4]);
      out.push_back(hex[lead & 15]);
      text.remove_prefix(1);
      continue;
    }
    const auto sequence = text.substr(0, length);
    const auto code = code_of(sequence);
    if (is_harmful(code)) out += escaped(code);
    else out += sequence;
    text.remove_prefix(length);
  }
  return out;
}

std::string printable_line(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '\n') out += escaped('\n');
    else out.push_back(c);
  }
  return out;
}

}  // namespace sallyport
