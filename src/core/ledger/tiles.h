// The paths of C2SP tlog-tiles (v0.1.0), under which any client of a transparency log reads ours. Pure.
//
//   tile/<L>/<N>[.p/<W>]         256 hashes (or W) of level L: each the root of a full subtree of 256^L leaves
//   tile/entries/<N>[.p/<W>]     the entries below tile N of level 0, each behind its length in two bytes
//
// N is written in groups of three digits, all but the last behind an `x`: 1234067 is `x001/x234/067`. One spelling for
// each tile: what is spelled otherwise is no tile.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace sallyport {

inline constexpr unsigned tile_width_max = 256;
inline constexpr unsigned tile_level_max = 5;  // 2^48 leaves: beyond any ledger that fits a disk

struct TilePlace {
  bool entries = false;  // else hashes
  unsigned level = 0;
  std::uint64_t number = 0;
  unsigned width = tile_width_max;  // fewer: a partial tile

  friend bool operator==(const TilePlace&, const TilePlace&) = default;
};

// The segments behind `tile`. Empty: no tile's.
[[nodiscard]] std::optional<TilePlace> parse_tile_path(std::span<const std::string> segments);
[[nodiscard]] std::string tile_path(const TilePlace& place);  // "tile/0/x001/234.p/17"

// How many hashes the tile has in a tree of so many leaves; 0: there is none.
[[nodiscard]] unsigned tile_width_at(unsigned level, std::uint64_t number, std::uint64_t tree_size);

}  // namespace sallyport
