#include "core/ledger/tiles.h"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

std::optional<TilePlace> parsed(std::vector<std::string> segments) { return parse_tile_path(segments); }

TEST(Tiles, the_examples_of_the_specification_are_read) {
  EXPECT_EQ(parsed({"0", "x001", "x234", "067"}), (TilePlace{false, 0, 1234067, 256}));
  EXPECT_EQ(parsed({"0", "000"}), (TilePlace{false, 0, 0, 256}));
  EXPECT_EQ(parsed({"1", "x001", "234.p", "17"}), (TilePlace{false, 1, 1234, 17}));
  EXPECT_EQ(parsed({"entries", "273.p", "112"}), (TilePlace{true, 0, 273, 112}));
}

TEST(Tiles, what_is_written_is_read_again) {
  for (const std::uint64_t number : {0U, 1U, 999U, 1000U, 1001U, 999'999U, 1'000'000U, 1'234'067U})
    for (const unsigned width : {1U, 17U, 255U, 256U})
      for (const bool entries : {false, true}) {
        const TilePlace place{entries, entries ? 0U : 2U, number, width};
        std::vector<std::string> segments;
        auto path = tile_path(place);
        for (std::size_t at = 0; at != std::string::npos;) {
          const auto slash = path.find('/', at);
          segments.push_back(path.substr(at, slash == std::string::npos ? slash : slash - at));
          at = slash == std::string::npos ? slash : slash + 1;
        }
        EXPECT_EQ(segments.front(), "tile");
        segments.erase(segments.begin());
        EXPECT_EQ(parse_tile_path(segments), place) << path;
      }
}

TEST(Tiles, each_has_one_spelling) {
  for (const auto& segments :
       std::vector<std::vector<std::string>>{{"0"},
                                             {"0", "1"},
                                             {"0", "0001"},
                                             {"00", "000"},
                                             {"6", "000"},
                                             {"-1", "000"},
                                             {"0", "001", "234"},
                                             {"0", "x000", "234"},
                                             {"0", "x001", "x234"},
                                             {"0", "000.p"},
                                             {"0", "000.p", "0"},
                                             {"0", "000.p", "256"},
                                             {"0", "000.p", "017"},
                                             {"0", "000", "17"},
                                             {"entry", "000"},
                                             {"0", "x001", "x001", "x001", "x001", "x001", "001"}})
    EXPECT_EQ(parse_tile_path(segments), std::nullopt) << segments.back();
}

// The specification's: a tree of 70,000 has 273 full tiles of level 0 and one of 112, and so on.
TEST(Tiles, a_tree_has_the_tiles_that_the_specification_counts) {
  EXPECT_EQ(tile_width_at(0, 272, 70'000), 256U);
  EXPECT_EQ(tile_width_at(0, 273, 70'000), 112U);
  EXPECT_EQ(tile_width_at(0, 274, 70'000), 0U);
  EXPECT_EQ(tile_width_at(1, 0, 70'000), 256U);
  EXPECT_EQ(tile_width_at(1, 1, 70'000), 17U);
  EXPECT_EQ(tile_width_at(2, 0, 70'000), 1U);
  EXPECT_EQ(tile_width_at(3, 0, 70'000), 0U);
}

}  // namespace
}  // namespace sallyport
