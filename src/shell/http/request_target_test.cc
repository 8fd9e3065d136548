#include "shell/http/request_target.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

using Segments = std::vector<std::string>;

Segments segments_of(std::string_view target) {
  const auto parsed = parse_request_target(target);
  return parsed ? parsed->segments : Segments{"refused: " + parsed.error().what};
}
bool refused(std::string_view target) {
  const auto parsed = parse_request_target(target);
  return !parsed && parsed.error().kind == FaultKind::invalid;
}

TEST(RequestTarget, splits_and_decodes_a_path) {
  EXPECT_EQ(segments_of("/"), Segments{});
  EXPECT_EQ(segments_of("/api/cases/case%201"), (Segments{"api", "cases", "case 1"}));
  EXPECT_EQ(segments_of("/a+b"), Segments{"a+b"});
  EXPECT_EQ(segments_of("/%C3%A9"), Segments{"\xC3\xA9"});
  EXPECT_EQ(segments_of("/claim/"), (Segments{"claim", ""}));
  EXPECT_EQ(segments_of("/..."), Segments{"..."});
}

TEST(RequestTarget, keeps_the_path_as_it_was_sent) {
  const auto parsed = parse_request_target("/api/case%201?x=1");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->path, "/api/case%201");
}

TEST(RequestTarget, refuses_what_is_not_origin_form) {
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("*"));
  EXPECT_TRUE(refused("http://example.org/"));
  EXPECT_TRUE(refused("example.org:443"));
}

TEST(RequestTarget, refuses_a_percent_sign_without_two_hex_digits) {
  for (const char* target : {"/%", "/%4", "/%4g", "/%g4", "/a?b=%", "/a?%2=x"}) EXPECT_TRUE(refused(target)) << target;
  EXPECT_FALSE(refused("/%4A"));
}

TEST(RequestTarget, refuses_encoded_separators_control_characters_and_broken_utf8) {
  for (const char* target :
       {"/a%2Fb", "/a%2fb", "/a%5Cb", "/a%00", "/a%0D%0A", "/a%7F", "/%FF", "/%C0%AF", "/%ED%A0%80"})
    EXPECT_TRUE(refused(target)) << target;
  EXPECT_TRUE(refused("/a?b=%00"));
  EXPECT_FALSE(refused("/a?b=%2F"));  // in a query it separates nothing
}

TEST(RequestTarget, refuses_characters_that_must_be_encoded) {
  for (const char* target : {"/a b", "/a\\b", "/a#b", "/a\"", "/<a>", "/\xC3\xA9", "/a?b=[", "/{a}", "/a|b", "/a^"})
    EXPECT_TRUE(refused(target)) << target;
}

// The examples of RFC 3986 section 5.4 end in dot segments being removed; here they are refused.
TEST(RequestTarget, refuses_dot_segments_however_they_are_written) {
  for (const char* target : {"/.", "/..", "/a/../b", "/a/./b", "/%2e", "/%2E%2e", "/.%2e/a", "/a/.."})
    EXPECT_TRUE(refused(target)) << target;
}

TEST(RequestTarget, refuses_empty_segments_but_a_last_one) {
  EXPECT_TRUE(refused("//"));
  EXPECT_TRUE(refused("//a"));
  EXPECT_TRUE(refused("/a//b"));
  EXPECT_FALSE(refused("/a/"));
}

TEST(RequestTarget, reads_a_query_as_forms_write_it) {
  const auto parsed = parse_request_target("/a?q=x+y%2B1&empty=&flag&sub?=a/b");
  ASSERT_TRUE(parsed);
  const std::map<std::string, std::string> expected{{"q", "x y+1"}, {"empty", ""}, {"flag", ""}, {"sub?", "a/b"}};
  EXPECT_EQ(parsed->query, expected);
  EXPECT_TRUE(parse_request_target("/a?")->query.empty());
}

TEST(RequestTarget, refuses_a_query_key_that_is_empty_or_stands_twice) {
  for (const char* target : {"/a?=1", "/a?a=1&", "/a?&a=1", "/a?a=1&&b=2", "/a?a=1&a=1", "/a?a=1&%61=2"})
    EXPECT_TRUE(refused(target)) << target;
}

TEST(RequestTarget, refuses_the_first_thing_beyond_each_limit) {
  std::string path;
  for (std::size_t i = 0; i < path_segments_max; ++i) path += "/s";
  EXPECT_FALSE(refused(path));
  EXPECT_TRUE(refused(path + "/s"));

  std::string query = "/?";
  for (std::size_t i = 0; i < query_keys_max; ++i) query += (i == 0 ? "k" : "&k") + std::to_string(i);
  EXPECT_FALSE(refused(query));
  EXPECT_TRUE(refused(query + "&one_more"));

  EXPECT_FALSE(refused("/" + std::string(target_bytes_max - 1, 'a')));
  EXPECT_TRUE(refused("/" + std::string(target_bytes_max, 'a')));
}

TEST(RequestTarget, repeats_nothing_of_the_input_in_its_faults) {
  const auto parsed = parse_request_target("/secret-token/%");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().what.find("secret-token"), std::string::npos);
}

}  // namespace
}  // namespace sallyport
