#include "shell/http/head_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

using Found = HeadScan::Found;

// The same, in whatever pieces it comes.
Found scan(std::string_view bytes, std::size_t limit = 1000) {
  HeadScan whole(limit);
  const auto at_once = whole.feed(bytes);
  HeadScan apart(limit);
  auto one_by_one = Found::nothing;
  for (std::size_t i = 0; i < bytes.size() && one_by_one == Found::nothing; ++i)
    one_by_one = apart.feed(bytes.substr(i, 1));
  EXPECT_EQ(at_once, one_by_one) << bytes;
  return at_once;
}

TEST(HeadScan, passes_a_head_and_looks_at_nothing_behind_it) {
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: a\r\nX:\ty \xC3\xA9\r\n\r\n"), Found::nothing);
  EXPECT_EQ(scan(std::string_view("GET / HTTP/1.1\r\n\r\n\n \0\x7F\r", 24)), Found::nothing);  // the body
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: a"), Found::nothing);  // not all of it is here
}

TEST(HeadScan, refuses_half_a_line_end) {
  EXPECT_EQ(scan("GET / HTTP/1.1\nHost: a\r\n\r\n"), Found::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: a\n\r\n"), Found::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\rHost: a\r\n\r\n"), Found::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nX: y\r\r\n\r\n"), Found::malformed);
}

TEST(HeadScan, refuses_folded_headers) {
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nX: y\r\n z\r\n\r\n"), Found::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nX: y\r\n\tz\r\n\r\n"), Found::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\n X: y\r\n\r\n"), Found::malformed);
}

TEST(HeadScan, refuses_control_characters_but_the_tab) {
  for (int c = 0; c < 0x80; ++c) {
    if (c == '\r' || c == '\n') continue;
    const auto head = std::string("GET / HTTP/1.1\r\nX: a") + static_cast<char>(c) + "b\r\n\r\n";
    EXPECT_EQ(scan(head), (c < 0x20 && c != '\t') || c == 0x7F ? Found::malformed : Found::nothing) << c;
  }
}

TEST(HeadScan, counts_the_whole_head) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(scan(head, head.size()), Found::nothing);
  EXPECT_EQ(scan(head, head.size() - 1), Found::too_large);
  EXPECT_EQ(scan(head + std::string(5000, 'x'), head.size()), Found::nothing);
}

}  // namespace
}  // namespace sallyport
