// Texts and their numbers.
#include "core/policy/symbols.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"

namespace sallyport {
namespace {

TEST(Symbols, tell_texts_apart_by_every_letter_of_every_length) {
  std::set<std::string> texts;
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string same(size, 'a');
    texts.insert(same);
    for (std::size_t at = 0; at < size; ++at)
      for (const char other : {'b', '\0', '\xE1'}) texts.insert(std::string(same).replace(at, 1, 1, other));
  }
  Symbols symbols;
  std::set<Symbol> seen;
  for (const auto& text : texts) {
    EXPECT_EQ(symbols.find(text), no_symbol);
    const auto symbol = symbols.intern(text);
    EXPECT_TRUE(seen.insert(symbol).second);
    EXPECT_EQ(symbols.text(symbol), text);
  }
  for (const auto& text : texts) EXPECT_EQ(symbols.text(symbols.find(text)), text);
  EXPECT_EQ(symbols.size(), texts.size() + 1);
}

// Names of a policy often differ in their last letters only. Where these did not reach the low bits, thousands of names
// began their search at 32 places.
TEST(Symbols, names_that_end_differently_begin_at_different_places) {
  for (const auto* before : {"", "client-", "CN=Team-", "OU=Groups,DC=example,DC=org,CN="})
    for (const auto* after : {"", ",DC=example,DC=org"}) {
      std::set<std::uint64_t> low, high;
      for (int i = 0; i < 2'000; ++i) {
        const auto hash = Symbols::hash(concat(before, i, after));
        low.insert(hash % 4'096);
        high.insert(hash >> 52U);
      }
      EXPECT_GT(low.size(), 1'400U) << before << after;  // some 1,580 of chance
      EXPECT_GT(high.size(), 1'400U) << before << after;
    }
}

}  // namespace
}  // namespace sallyport
