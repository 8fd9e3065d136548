// The 19 bytes before each part of a ledger file (docs/ledger_format.md, "The ledger file").
// Internal to core/ledger. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace sallyport::ledger_frame {

inline constexpr std::size_t header_size = 19;
inline constexpr std::size_t check_size = 4;

enum class Kind : std::uint8_t { block = 'E', checkpoint = 'C', end = 'Z' };

struct Header {
  Kind kind = Kind::end;
  std::uint64_t index = 0;   // first entry of a block; size of a checkpoint or of the ledger
  std::uint16_t count = 0;   // entries of a block, else 0
  std::uint32_t length = 0;  // bytes of a block's bundle or of a checkpoint's note, else 0
};

using HeaderBytes = std::array<std::uint8_t, header_size>;
using Check = std::array<std::uint8_t, check_size>;

// The first four bytes of SHA-256: finds accidents. Against people there are the signatures.
[[nodiscard]] Check check_of(ByteView bytes);
[[nodiscard]] HeaderBytes encode(const Header& header);
// Empty when the check does not fit or the kind is unknown.
[[nodiscard]] std::optional<Header> decode(const HeaderBytes& bytes);

}  // namespace sallyport::ledger_frame
