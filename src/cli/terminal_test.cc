#include "cli/terminal.h"

#include <gtest/gtest.h>

namespace sallyport::cli {
namespace {

TEST(PlainText, LeavesWordsOfAnyLanguageAlone) {
  EXPECT_EQ(plain_text("Zoë Crane, 山田 — ok"), "Zoë Crane, 山田 — ok");
}

TEST(PlainText, ShowsEscapeSequencesInsteadOfObeyingThem) {
  EXPECT_EQ(plain_text("\x1b[2Jmilo"), "\\x1b[2Jmilo");
  EXPECT_EQ(plain_text("a\rb\nc\x7f"), "a\\x0db\\x0ac\\x7f");
  EXPECT_EQ(plain_text("\xc2\x9b"
                       "31m"),
            "\\xc2\\x9b31m");  // C1: the one-character CSI
}

TEST(PlainText, ShowsMarksThatReorderALine) {
  EXPECT_EQ(plain_text("a\xe2\x80\xae"
                       "b"),
            "a\\xe2\\x80\\xaeb");  // U+202E right-to-left override
  EXPECT_EQ(plain_text("a\xe2\x81\xa6"
                       "b"),
            "a\\xe2\\x81\\xa6"
            "b");  // U+2066 isolate
  EXPECT_EQ(plain_text("a\xe2\x80\x93"
                       "b"),
            "a\xe2\x80\x93"
            "b");  // an en dash is only a dash
}

TEST(PlainText, ShowsBytesThatAreNoUtf8) { EXPECT_EQ(plain_text("a\xff\xc3"), "a\\xff\\xc3"); }

TEST(Shown, GivesWhatIsThereOrADash) {
  const auto json = Json::object({{"n", 3},
                                  {"s", "x"},
                                  {"nothing", nullptr},
                                  {"empty", ""},
                                  {"list", Json::array({"a", 2})},
                                  {"none", Json::array()}});
  EXPECT_EQ(shown(json, "n"), "3");
  EXPECT_EQ(shown(json, "s"), "x");
  EXPECT_EQ(shown(json, "nothing"), "-");
  EXPECT_EQ(shown(json, "empty"), "-");
  EXPECT_EQ(shown(json, "list"), "a, 2");
  EXPECT_EQ(shown(json, "none"), "-");
  EXPECT_EQ(shown(json, "absent", "none"), "none");
}

}  // namespace
}  // namespace sallyport::cli
