#include "core/ledger/tiles.h"

#include <algorithm>

#include "base/text.h"

namespace sallyport {
namespace {

constexpr std::size_t groups_max = 5;  // 10^15 tiles

std::optional<unsigned> digits(std::string_view text, std::size_t length_min, std::size_t length_max) {
  if (text.size() < length_min || text.size() > length_max) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

// Decimal without leading zeros, as levels and widths are written.
std::optional<unsigned> small_number(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return digits(text, 1, 3);
}

std::string group(std::uint64_t value) {
  const auto text = std::to_string(value % 1000);
  return concat(std::string(3 - text.size(), '0'), text);
}

}  // namespace

std::optional<TilePlace> parse_tile_path(std::span<const std::string> segments) {
  TilePlace place;
  if (segments.size() < 2) return std::nullopt;
  if (segments[0] == "entries") {
    place.entries = true;
  } else {
    const auto level = small_number(segments[0]);
    if (!level || *level > tile_level_max) return std::nullopt;
    place.level = *level;
  }
  auto rest = segments.subspan(1);
  std::string_view last = rest.back();
  if (rest.size() >= 2 && rest[rest.size() - 2].ends_with(".p")) {
    const auto width = small_number(rest.back());
    if (!width || *width == 0 || *width >= tile_width_max) return std::nullopt;
    place.width = *width;
    rest = rest.first(rest.size() - 1);
    last = rest.back();
    last.remove_suffix(2);
  }
  if (rest.size() > groups_max) return std::nullopt;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool is_last = i + 1 == rest.size();
    std::string_view text = is_last ? last : std::string_view(rest[i]);
    if (!is_last) {
      if (!text.starts_with('x')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto value = digits(text, 3, 3);
    if (!value || (i == 0 && *value == 0 && rest.size() > 1)) return std::nullopt;  // no empty group in front
    place.number = place.number * 1000 + *value;
  }
  return place;
}

std::string tile_path(const TilePlace& place) {
  auto number = group(place.number);
  for (auto left = place.number / 1000; left > 0; left /= 1000) number = concat("x", group(left), "/", number);
  return concat("tile/", place.entries ? std::string("entries") : std::to_string(place.level), "/", number,
                place.width < tile_width_max ? concat(".p/", place.width) : "");
}

unsigned tile_width_at(unsigned level, std::uint64_t number, std::uint64_t tree_size) {
  const auto hashes = tree_size >> (8 * level);
  const auto begin = number * tile_width_max;  // at most 10^15 tiles
  if (begin >= hashes) return 0;
  return static_cast<unsigned>(std::min<std::uint64_t>(hashes - begin, tile_width_max));
}

}  // namespace sallyport
