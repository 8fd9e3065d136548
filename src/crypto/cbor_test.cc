#include "crypto/cbor.h"

#include <gtest/gtest.h>

#include <limits>

#include "crypto/test_support.h"

namespace sallyport {
namespace {

Result<std::int64_t> integer(std::string_view text) {
  const auto bytes = hex(text);
  return CborReader(bytes).integer();
}

Result<std::size_t> item_length(std::string_view text) {
  const auto bytes = hex(text);
  SP_TRY(const auto item, CborReader(bytes).item());
  return item.size();
}

// RFC 8949 appendix A.
TEST(cbor, integers_of_rfc_8949_are_read) {
  EXPECT_EQ(integer("00"), 0);
  EXPECT_EQ(integer("17"), 23);
  EXPECT_EQ(integer("1818"), 24);
  EXPECT_EQ(integer("1903e8"), 1000);
  EXPECT_EQ(integer("1a000f4240"), 1'000'000);
  EXPECT_EQ(integer("1b000000e8d4a51000"), 1'000'000'000'000);
  EXPECT_EQ(integer("20"), -1);
  EXPECT_EQ(integer("3903e7"), -1000);
  EXPECT_EQ(integer("1b7fffffffffffffff"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer("3b7fffffffffffffff"), std::numeric_limits<std::int64_t>::min());
}

TEST(cbor, numbers_too_large_or_too_long_are_refused) {
  EXPECT_FAULT(integer("1b8000000000000000"), "64-bit integer");
  EXPECT_FAULT(integer("3b8000000000000000"), "64-bit integer");
  EXPECT_FAULT(integer("1817"), "longer than it needs");
  EXPECT_FAULT(integer("1900ff"), "longer than it needs");
  EXPECT_FAULT(integer("1a0000ffff"), "longer than it needs");
  EXPECT_FAULT(integer("1b00000000ffffffff"), "longer than it needs");
  EXPECT_FAULT(integer("1c"), "reserved length");
  EXPECT_FAULT(integer("40"), "64-bit integer");
}

TEST(cbor, items_are_stepped_over_whole) {
  EXPECT_EQ(item_length("a26161016162820203ff"), 9U);
  EXPECT_EQ(item_length("83f4f5f6"), 4U);
  EXPECT_EQ(item_length("8181818000"), 4U);  // four levels, and a byte behind them
}

TEST(cbor, what_authenticators_do_not_write_is_refused) {
  EXPECT_FAULT(item_length("8181818180"), "nested too deep");
  EXPECT_FAULT(item_length("c000"), "a tag");
  EXPECT_FAULT(item_length("f7"), "unknown simple value");
  EXPECT_FAULT(item_length("f93c00"), "a float");
  EXPECT_FAULT(item_length("5fff"), "indefinite");
}

TEST(cbor, lengths_beyond_the_end_are_refused_at_once) {
  EXPECT_FAULT(item_length(""), "too early at byte 0");
  EXPECT_FAULT(item_length("19"), "too early");
  EXPECT_FAULT(item_length("4201"), "too early");
  EXPECT_FAULT(item_length("9b7fffffffffffffff"), "too early");
  EXPECT_FAULT(item_length("bb8000000000000000"), "too early");
  EXPECT_FAULT(item_length("a101"), "too early");
  const auto map = hex("a201020304");
  CborReader reader(map);
  EXPECT_EQ(reader.map_header(), 2U);
  const auto short_map = hex("a301020304");
  EXPECT_FAULT(CborReader(short_map).map_header(), "too early");
}

TEST(cbor, a_refused_kind_leaves_the_reader_where_it_was) {
  const auto bytes = hex("63666d74");
  CborReader reader(bytes);
  EXPECT_FAULT(reader.byte_string(), "does not hold a byte string at byte 0");
  EXPECT_EQ(reader.text_string(), "fmt");
  EXPECT_TRUE(reader.at_end());
}

}  // namespace
}  // namespace sallyport
