#include "core/policy/yaml.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/text.h"

namespace sallyport {
namespace {

// The tree as JSON: mappings as lists of pairs, so that order shows.
Json tree(const YamlNode& node) {
  Json out = Json::array();
  switch (node.kind) {
    case YamlNode::Kind::scalar: return node.text;
    case YamlNode::Kind::sequence:
      for (const auto& item : node.items) out.push(tree(item));
      return out;
    case YamlNode::Kind::mapping:
      for (const auto& [key, value] : node.members) out.push(concat(key.text, ":")), out.push(tree(value));
      return out;
  }
  return out;
}

std::string read(std::string_view text) {
  const auto node = parse_yaml(text, "p");
  return node ? to_text(tree(*node)) : node.error().what;
}

struct Row {
  std::string_view text;
  std::string_view gives;
};

TEST(Yaml, reads_its_part_of_the_language) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"a: 1", R"(["a:","1"])"},
           {"a: 1\nb: 2\n", R"(["a:","1","b:","2"])"},
           {"a:\n  b: 1\n  c:\n    d: 2\ne: 3", R"(["a:",["b:","1","c:",["d:","2"]],"e:","3"])"},
           {"- 1\n- 2", R"(["1","2"])"},
           {"- a: 1\n  b: 2\n- c: 3", R"([["a:","1","b:","2"],["c:","3"]])"},
           {"- - 1\n  - 2\n- 3", R"([["1","2"],"3"])"},
           {"-\n  a: 1", R"([["a:","1"]])"},
           {"a:\n- 1\n- 2\nb: 3", R"(["a:",["1","2"],"b:","3"])"},  // a list may stand under its key
           {"a:\n  - 1\nb: 3", R"(["a:",["1"],"b:","3"])"},
           {"a:", R"(["a:",""])"},
           {"a:\nb: 1", R"(["a:","","b:","1"])"},
           {"a: {b: 1, c: [x, y]}", R"(["a:",["b:","1","c:",["x","y"]]])"},
           {"a: {b: 1,\n    c: 2,\n  }", R"(["a:",["b:","1","c:","2"]])"},
           {"[]", "[]"},
           {"{}", "[]"},
           {"[a, ]", R"(["a"])"},
           {"[[], {}, [a]]", R"([[],[],["a"]])"},
           {"{\"a\":1}", R"(["a:","1"])"},  // no space is needed after a quoted key
           {"# before\na: 1 # after\n\n  # between\nb: 2", R"(["a:","1","b:","2"])"},
           {"a: b#c", R"(["a:","b#c"])"},
           {"a: \"b # c\"", R"(["a:","b # c"])"},
           {"a: 'it''s'", R"(["a:","it's"])"},
           {"'it''s': a", R"(["it's:","a"])"},
           {R"(a: "x \"y\" \\ \/ \n \t")", R"(["a:","x \"y\" \\ / \n \t"])"},
           {"\"a: b\": c", R"(["a: b:","c"])"},
           {"a b: c d", R"(["a b:","c d"])"},
           {"a:b: c", R"(["a:b:","c"])"},
           {"a: http://x/?y=z", R"(["a:","http://x/?y=z"])"},
           {"a : 1", R"(["a:","1"])"},
           {"a: -1", R"(["a:","-1"])"},
           {"\r\na: 1\r\nb:\r\n  - 2\r\n", R"(["a:","1","b:",["2"]])"},
           {"\xEF\xBB\xBF"
            "a: 1\nb: 2",
            R"(["a:","1","b:","2"])"},
           {"a: \xC3\xA9", "[\"a:\",\"\xC3\xA9\"]"},
           {"  a: 1\n  b: 2", R"(["a:","1","b:","2"])"},
           {"just text", R"("just text")"},
       })
    EXPECT_EQ(read(text), gives) << text;
}

TEST(Yaml, names_line_and_column_of_what_it_refuses) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"", "p:1:1: the text is empty"},
           {"# only a comment\n", "p:2:1: the text is empty"},
           {"a: 1\na: 2", "p:2:1: the key `a` stands here twice (first at line 1)"},
           {"a: 1\n\"a\": 2", "p:2:1: the key `a` stands here twice (first at line 1)"},
           {"x: {a: 1, b: 2, a: 3}", "p:1:17: the key `a` stands here twice (first at line 1)"},
           {"x:\n  a: 1\n  b: 2\n  a: 3", "p:4:3: the key `a` stands here twice (first at line 2)"},
           {"\ta: 1", "p:1:2: a tab stands in the indentation"},
           {"a:\n\tb: 1", "p:2:2: a tab stands in the indentation"},
           {"a:\n  \tb: 1", "p:2:4: a tab stands in the indentation"},
           {"-\ta: 1", "p:1:2: a tab stands in the indentation"},
           {"a: &x 1", "p:1:4: anchors are not used here"},
           {"a: &x {b: 1}", "p:1:4: anchors are not used here"},  // with a colon further on, it looks like a key
           {"a: &x\n  b: 1", "p:1:4: anchors are not used here"},
           {"- &x a: 1", "p:1:3: anchors are not used here"},
           {"&x a: 1", "p:1:1: anchors are not used here"},
           {"[&x a]", "p:1:2: anchors are not used here"},
           {"a: *x", "p:1:4: aliases are not used here"},
           {"a:\n  <<: *x", "p:2:7: aliases are not used here"},
           {"a: *x : 1", "p:1:4: aliases are not used here"},
           {"a: !", "p:1:4: tags are not used here"},
           {"a: !!str 1", "p:1:4: tags are not used here"},
           {"a: !!map {b: 1}", "p:1:4: tags are not used here"},
           {"!t a: 1", "p:1:1: tags are not used here"},
           {"{a: !t [b]}", "p:1:5: tags are not used here"},
           {"a: '!t'", R"(["a:","!t"])"},  // in quotes it is a value
           {"a: b!", R"(["a:","b!"])"},
           {"a: |\n  text", "p:1:4: block scalars are not used here"},
           {"a: >-\n  text", "p:1:4: block scalars are not used here"},
           {"--- \na: 1", "p:1:1: document marks are not used here"},
           {"a: 1\n---\nb: 2", "p:2:1: a key is expected here"},
           {"a: 1\n...", "p:2:1: a key is expected here"},
           {"...", "p:1:1: document marks are not used here"},
           {"[a,\n---\n]", "p:2:1: document marks are not used here"},
           {"%YAML 1.2", "p:1:1: directives are not used here"},
           {"a: %x", "p:1:4: a value may not begin with `%`"},
           {"a: @x", "p:1:4: a value may not begin with `@`"},
           {"a: `x", "p:1:4: a value may not begin with ```"},
           {"a: ,", "p:1:4: a value may not begin with `,`"},
           {"a: ]", "p:1:4: a value may not begin with `]`"},
           {"? a: b", "p:1:1: explicit keys are not used here"},
           {"? a", "p:1:1: explicit keys are not used here"},
           {"a: - b", "p:1:4: a value is expected here"},
           {"a: -", "p:1:4: a value is expected here"},
           {"[-]", "p:1:2: a value is expected here"},
           {"a: b: c", "p:1:4: a mapping begins in the middle of a line"},
           {"a: 1\n  b: 2", "p:2:3: this line is indented unlike the lines above it"},
           {"a:\n    b: 1\n  c: 2", "p:3:3: this line is indented unlike the lines above it"},
           {"  a: 1\nb: 2", "p:2:1: this line is indented unlike the lines above it"},
           {"a: one\n  two", "p:2:3: this line is indented unlike the lines above it"},  // YAML would join the lines
           {"- 1\n -2", "p:2:2: this line is indented unlike the lines above it"},
           {"-", "p:1:1: this line is indented unlike the lines above it"},
           {"-\n- a", "p:2:1: a list item is empty"},
           {"a: 1\n- b", "p:2:1: a key is expected here"},
           {"- b\na: 1", "p:2:1: this line is indented unlike the lines above it"},
           {"a: 'x", "p:1:6: the quote is not closed on its line"},
           {"a: 'x\n y'", "p:1:6: the quote is not closed on its line"},
           {"a: \"x", "p:1:6: the quote is not closed on its line"},
           {R"(a: "\x41")", "p:1:6: this escape is not used here"},
           {R"(a: "\u0041")", "p:1:6: this escape is not used here"},
           {"a: 'x' y", "p:1:8: something follows the value on its line"},
           {"a: 'x'#y", "p:1:7: something follows the value on its line"},
           {"a: [1] x", "p:1:8: something follows the value on its line"},
           {"{a: 1}: b", "p:1:7: something follows the value on its line"},
           {"[a b: c]", "p:1:5: `,` or `]` is expected"},
           {"[a", "p:1:3: `,` or `]` is expected"},
           {"[a\nb]", "p:2:1: `,` or `]` is expected"},
           {"{a: 1", "p:1:6: `,` or `}` is expected"},
           {"{a}", "p:1:3: `:` is expected after the key"},
           {"{a:b}", "p:1:5: `:` is expected after the key"},
           {"{a: , b: 1}", "p:1:5: a value may not begin with `,`"},
           {"[,]", "p:1:2: a value may not begin with `,`"},
           {"{: 1}", "p:1:2: a value in {} or [] may not begin with `:`"},
           {"[x?y]", "p:1:3: a value in {} or [] may not hold `?`"},
           {"{a\n: b}", "p:1:3: `:` is expected after the key"},
           {"[?x]", "p:1:2: a value in {} or [] may not begin with `?`"},
           {"{a: :x}", "p:1:5: a value in {} or [] may not begin with `:`"},
           {"\"\": 1", "p:1:1: a key is empty"},
           {"[a,#b\nc]", "p:1:4: a comment needs a space before it"},
           {"a: \xff", "p:1:4: the text is not UTF-8: the byte 0xff stands here"},
           {"a: 1\n# \xC3\xA9 \xC3(", "p:2:6: the text is not UTF-8: the byte 0xc3 stands here"},
           {"\xEF\xBB\xBF"
            "a: 1\nb: \xE2\x82",
            "p:2:4: the text is not UTF-8: the byte 0xe2 stands here"},
           {"a: \xED\xA0\x80", "p:1:4: the text is not UTF-8: the byte 0xed stands here"},  // half of a pair
       })
    EXPECT_EQ(read(text), gives) << text;
}

// What one parser takes for the end of a line and another does not would let a policy mean two things.
TEST(Yaml, refuses_characters_that_parsers_disagree_on) {
  for (const auto* text :
       {"# a comment\rb: 1", "a: 'x\ry'",
        "a: 1 # \xC2\x85"
        "b: 2",
        "a: x\xE2\x80\xA8y", "a: x\xE2\x80\xA9y", "a: \x01", "a: \x7f", "a: \xC2\x9F", "a: x\xEF\xBB\xBF"}) {
    const auto said = read(text);
    EXPECT_NE(said.find("a character stands here that cannot be seen"), std::string::npos) << text << " gave " << said;
  }
  EXPECT_EQ(read(std::string_view("a: \0b", 5)), "p:1:4: a character stands here that cannot be seen");
  EXPECT_EQ(read("a: 1\n# b\rc: 2"), "p:2:4: a character stands here that cannot be seen");
  EXPECT_EQ(read("a: \xC2\xA0"), "[\"a:\",\"\xC2\xA0\"]");
}

TEST(Yaml, bounds_nesting_and_size) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + "a" + std::string(n, ']'); };
  EXPECT_TRUE(parse_yaml(nested(16), "p"));
  EXPECT_FALSE(parse_yaml(nested(18), "p"));
  EXPECT_FALSE(parse_yaml(std::string(500'000, '['), "p"));
  std::string dashes;
  for (int i = 0; i < 100'000; ++i) dashes += "- ";
  EXPECT_FALSE(parse_yaml(dashes, "p"));
  EXPECT_FALSE(parse_yaml(std::string(2'000'000, 'a'), "p"));
}

TEST(Yaml, reads_a_large_line_in_linear_time) {
  std::string list = "[a";
  for (int i = 0; i < 250'000; ++i) list += ", a";
  const auto node = parse_yaml(list + "]", "p");  // quadratic, this would take minutes
  ASSERT_TRUE(node);
  EXPECT_EQ(node->items.size(), 250'001U);
}

TEST(Yaml, every_node_knows_its_place) {
  const auto node = *parse_yaml("a:\n  - {b: 1}\n", "p");
  const auto* list = node.find("a");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(std::pair(list->line, list->column), std::pair(std::size_t{2}, std::size_t{3}));
  const auto& value = list->items[0].members[0].value;
  EXPECT_EQ(std::pair(value.line, value.column), std::pair(std::size_t{2}, std::size_t{9}));
  EXPECT_EQ(node.find("b"), nullptr);
}

}  // namespace
}  // namespace sallyport
