#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>

#include "../tests/support/seeded.h"
#include "base/text.h"

namespace sallyport {
namespace {

std::string canonical(std::string_view text) {
  const auto parsed = parse_json(text);
  return parsed ? to_text(*parsed) : concat("refused: ", parsed.error().what);
}

TEST(Json, has_one_spelling_for_each_value) {
  EXPECT_EQ(canonical(" { \"b\" : [ 1 , true , null ] ,\n\t\"a\" : \"x\" } "), R"({"a":"x","b":[1,true,null]})");
  EXPECT_EQ(canonical("[]"), "[]");
  EXPECT_EQ(canonical("{}"), "{}");
  EXPECT_EQ(canonical(R"("\/\u0041\u00e9\ud83d\ude00")"), "\"/A\xC3\xA9\xF0\x9F\x98\x80\"");
}

// RFC 8785 section 3.2.2.2: the short escapes where they exist, \u00xx in lower case otherwise, nothing else.
TEST(Json, escapes_as_rfc_8785_says) {
  EXPECT_EQ(canonical(R"("\u0000\u0008\u0009\u000A\u000b\u000C\u000d\u001F\u0022\u005C\u002f\u007f")"),
            "\"\\u0000\\b\\t\\n\\u000b\\f\\r\\u001f\\\"\\\\/\x7f\"");
}

// RFC 8785 section 3.2.3, without its keys above U+D7FF.
TEST(Json, sorts_keys_as_rfc_8785_says) {
  EXPECT_EQ(canonical("{\"\xE2\x82\xAC\":1,\"\\r\":2,\"1\":3,\"\xC2\x80\":4,\"\xC3\xB6\":5}"),
            "{\"\\r\":2,\"1\":3,\"\xC2\x80\":4,\"\xC3\xB6\":5,\"\xE2\x82\xAC\":1}");
}

TEST(Json, takes_whole_numbers_of_64_bits) {
  EXPECT_EQ(canonical("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(canonical("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(canonical("0"), "0");
  EXPECT_EQ(canonical("9223372036854775808"), "refused: line 1, column 1: a number is too large");
  EXPECT_EQ(canonical("-9223372036854775809"), "refused: line 1, column 1: a number is too large");
}

struct Refused {
  const char* text;
  const char* why;
};

TEST(Json, refuses_what_has_a_second_spelling_or_none) {
  for (const auto& [text, why] :
       std::initializer_list<Refused>{{"", "column 1: expected a value"},
                                      {"  ", "column 3: expected a value"},
                                      {"1.0", "only whole numbers"},
                                      {"1e3", "only whole numbers"},
                                      {"1E3", "only whole numbers"},
                                      {"-0", "-0 is a second spelling of 0"},
                                      {"01", "a number begins with 0"},
                                      {"-01", "a number begins with 0"},
                                      {"+1", "expected a value"},
                                      {"-", "expected a value"},
                                      {".5", "expected a value"},
                                      {"NaN", "expected a value"},
                                      {"Infinity", "expected a value"},
                                      {"0x10", "expected the end"},
                                      {"tru", "expected a value"},
                                      {"nul", "expected a value"},
                                      {"truefalse", "expected the end"},
                                      {"1 2", "column 3: expected the end"},
                                      {"{} {}", "expected the end"},
                                      {"[1,]", "expected a value"},
                                      {"[,1]", "expected a value"},
                                      {"[1 2]", "expected `,` or `]`"},
                                      {"[1", "expected `,` or `]`"},
                                      {"{\"a\":1,}", "expected a key in quotes"},
                                      {"{a:1}", "expected a key in quotes"},
                                      {"{'a':1}", "expected a key in quotes"},
                                      {"{1:1}", "expected a key in quotes"},
                                      {"{\"a\" 1}", "expected `:`"},
                                      {"{\"a\":}", "expected a value"},
                                      {"{\"a\":1 \"b\":2}", "expected `,` or `}`"},
                                      {"{\"a\":1", "expected `,` or `}`"},
                                      {"{\"a\":1,\"a\":2}", "column 8: duplicate key `a`"},
                                      {"{\"a\":1,\"\\u0061\":2}", "duplicate key `a`"},
                                      {"{\"b\":1,\"a\":2,\"b\":3}", "duplicate key `b`"},
                                      {"[{\"x\":{\"k\":1,\"k\":1}}]", "duplicate key `k`"},
                                      {"// c\n1", "expected a value"},
                                      {"/**/1", "expected a value"},
                                      {"\"a", "the end of a string"},
                                      {"\"\\", "an escape"},
                                      {"\"\\x41\"", "an escape"},
                                      {"\"\\u12\"", "four hex digits"},
                                      {"\"\\u12g4\"", "four hex digits"},
                                      {"\"\\u-123\"", "four hex digits"},
                                      {"\"\\u+123\"", "four hex digits"},
                                      {"\"\\u 123\"", "four hex digits"},
                                      {"\"\\u0x1f\"", "four hex digits"},
                                      {"\"\\ud800\"", "a lone surrogate"},
                                      {"\"\\udc00\"", "a lone surrogate"},
                                      {"\"\\ud800\\ud800\"", "a lone surrogate"},
                                      {"\"\\ud800x\"", "a lone surrogate"},
                                      {"\"\\ud83d\\n\"", "a lone surrogate"},
                                      {"\"\n\"", "a control character"},
                                      {"\"\t\"", "a control character"},
                                      {"\"\x01\"", "a control character"},
                                      {"\"\xff\"", "not UTF-8"},
                                      {"\"\xc0\xaf\"", "not UTF-8"},          // overlong
                                      {"\"\xe0\x80\xaf\"", "not UTF-8"},      // overlong
                                      {"\"\xf0\x80\x80\xaf\"", "not UTF-8"},  // overlong
                                      {"\"\xed\xa0\x80\"", "not UTF-8"},      // a surrogate in UTF-8
                                      {"\"\xf4\x90\x80\x80\"", "not UTF-8"},  // above U+10FFFF
                                      {"\"\xe2\x82\"", "not UTF-8"},          // cut short
                                      {"\"\x80\"", "not UTF-8"},
                                      {"\xEF\xBB\xBF{}", "expected a value"},  // byte order mark
                                      {"{\"\\ue000\":1}", "above U+D7FF"},
                                      {"{\"\\ud83d\\ude00\":1}", "above U+D7FF"},
                                      {"{\"\xEF\xBF\xBD\":1}", "above U+D7FF"}}) {
    const auto said = canonical(text);
    EXPECT_TRUE(said.starts_with("refused: line ")) << text << " gave " << said;
    EXPECT_NE(said.find(why), std::string::npos) << text << " gave " << said;
  }
}

TEST(Json, names_line_and_column) {
  EXPECT_EQ(canonical("{\n  \"a\": 1,\n  \"b\": x\n}"), "refused: line 3, column 8: expected a value");
  EXPECT_EQ(canonical("{\"a\":1,\n \"a\":2}"), "refused: line 2, column 2: duplicate key `a`");
}

TEST(Json, nests_to_its_limit_and_no_deeper) {
  const auto nested = [](int levels) {
    const auto n = static_cast<std::size_t>(levels);
    return std::string(n, '[') + "1" + std::string(n, ']');
  };
  EXPECT_TRUE(parse_json(nested(json_depth_max)));
  const auto deeper = parse_json(nested(json_depth_max + 1));
  ASSERT_FALSE(deeper);
  EXPECT_NE(deeper.error().what.find("nested too deeply"), std::string::npos);
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '{')));
}

TEST(Json, holds_objects_sorted_and_replaces_members) {
  auto object = Json::object({{"b", 1}, {"a", 2}, {"b", 3}});
  object.set("c", nullptr).set("a", "x");
  EXPECT_EQ(to_text(object), R"({"a":"x","b":3,"c":null})");
  EXPECT_EQ(object.find("d"), nullptr);
  EXPECT_EQ(Json(1).find("a"), nullptr);
}

TEST(Json, readers_name_the_key_and_what_was_expected) {
  const auto object = Json::object({{"n", 1}, {"s", "x"}, {"t", true}, {"l", Json::array({1})}, {"o", Json::object()}});
  EXPECT_EQ(object.int_at("n").value(), 1);
  EXPECT_EQ(object.string_at("s").value(), "x");
  EXPECT_TRUE(object.bool_at("t").value());
  EXPECT_EQ(object.array_at("l").value()->size(), 1U);
  EXPECT_TRUE(object.object_at("o").value()->is_object());
  EXPECT_EQ(object.int_at("s").error().what, "`s` must be given as a whole number");
  EXPECT_EQ(object.string_at("x").error().what, "`x` must be given as a string");
  EXPECT_FALSE(object.bool_at("n"));
  EXPECT_FALSE(object.array_at("o"));
  EXPECT_FALSE(object.object_at("l"));
  EXPECT_TRUE(object.only_keys({"l", "n", "o", "s", "t"}));
  EXPECT_EQ(object.only_keys({"l", "n", "o", "s"}).error().what, "`t` is not known here");
  EXPECT_FALSE(Json(1).only_keys({}));
}

TEST(Json, pretty_text_says_the_same) {
  const auto value = *parse_json(R"({"a":[1,{"b":[]}],"c":{},"d":"x"})");
  EXPECT_EQ(to_pretty_text(value),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {},\n  \"d\": \"x\"\n}");
  EXPECT_EQ(*parse_json(to_pretty_text(value)), value);
}

Json random_json(Seeded& random, int depth) {
  switch (random.below(depth > 4 ? 4 : 6)) {
    case 0: return nullptr;
    case 1: return random.one_in(2);
    case 2: return static_cast<std::int64_t>(random.next());
    case 3: {
      std::string text;
      const std::vector<std::string> pieces{
          "a", "\"", "\\", "\n", "\x1f", "\x7f", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", std::string(1, '\0')};
      for (auto n = random.below(6); n > 0; --n) text += random.pick(pieces);
      return text;
    }
    case 4: {
      Json list = Json::array();
      for (auto n = random.below(4); n > 0; --n) list.push(random_json(random, depth + 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (auto n = random.below(4); n > 0; --n)
        object.set(concat("k", random.below(9)), random_json(random, depth + 1));
      return object;
    }
  }
}

TEST(Json, everything_written_reads_back_and_is_canonical) {
  Seeded random(2026);
  for (int i = 0; i < 20'000; ++i) {
    const auto value = random_json(random, 0);
    const auto text = to_text(value);
    const auto back = parse_json(text);
    ASSERT_TRUE(back) << text;
    ASSERT_EQ(*back, value);
    ASSERT_EQ(to_text(*back), text);
  }
}

TEST(Json, a_large_object_with_its_keys_backwards_is_read_as_fast_as_any) {
  std::string text = "{";
  constexpr int keys = 200'000;
  for (int i = 0; i < keys; ++i) text += concat(i == 0 ? "\"" : ",\"", 1'000'000 - i, "\":", i);
  const auto value = parse_json(text + "}");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->as_object().size(), std::size_t{keys});
  EXPECT_EQ(value->find("1000000")->as_int(), 0);
  EXPECT_EQ(value->find("800001")->as_int(), keys - 1);
  const auto twice = parse_json(text + ",\"900000\":0}");
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().what.find("duplicate key `900000`"), std::string::npos);
}

TEST(Json, limits_may_be_others_for_files_that_nobody_hashes) {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  EXPECT_FALSE(parse_json(deep));
  EXPECT_TRUE(parse_json(deep, {.depth_max = 39}));
  EXPECT_FALSE(parse_json(deep, {.depth_max = 38}));
  constexpr std::string_view key = "{\"\xF0\x9F\x94\x91\":1}";
  EXPECT_FALSE(parse_json(key));
  EXPECT_TRUE(parse_json(key, {.any_key = true}));
}

TEST(Json, text_is_indented_by_as_much_as_is_asked) {
  const auto value = *parse_json(R"({"b":[1,{"c":[]}],"a":{}})");
  EXPECT_EQ(to_indented_text(value, 1), "{\n \"a\": {},\n \"b\": [\n  1,\n  {\n   \"c\": []\n  }\n ]\n}");
  EXPECT_EQ(to_indented_text(value, 2), to_pretty_text(value));
}

TEST(JsonDeathTest, asking_for_the_wrong_type_is_a_bug_and_stops) {
  EXPECT_DEATH((void)Json(1).as_string(), "");
  EXPECT_DEATH((void)Json("x").set("a", 1), "");
}

}  // namespace
}  // namespace sallyport
