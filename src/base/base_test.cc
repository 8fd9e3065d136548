// Bytes, time, ids and records: each accepts one spelling, and the nearest other is refused.
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "../tests/support/seeded.h"
#include "base/record.h"
#include "base/result.h"

namespace sallyport {
namespace {

// -- bytes ------------------------------------------------------------------------------------

TEST(Bytes, base64_is_rfc_4648_section_10) {
  const std::array<std::array<const char*, 3>, 7> vectors{{{"", "", ""},
                                                           {"f", "Zg==", "Zg"},
                                                           {"fo", "Zm8=", "Zm8"},
                                                           {"foo", "Zm9v", "Zm9v"},
                                                           {"foob", "Zm9vYg==", "Zm9vYg"},
                                                           {"fooba", "Zm9vYmE=", "Zm9vYmE"},
                                                           {"foobar", "Zm9vYmFy", "Zm9vYmFy"}}};
  for (const auto& [plain, base64, base64url] : vectors) {
    EXPECT_EQ(to_base64(view_of(plain)), base64);
    EXPECT_EQ(from_base64(base64), bytes_of(plain));
    EXPECT_EQ(to_base64url(view_of(plain)), base64url);
    EXPECT_EQ(from_base64url(base64url), bytes_of(plain));
  }
  EXPECT_EQ(to_base64(Bytes{0xFB, 0xFF}), "+/8=");
  EXPECT_EQ(to_base64url(Bytes{0xFB, 0xFF}), "-_8");
}

TEST(Bytes, base64_has_one_spelling) {
  for (const auto* text : {"Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm9", "Zm9v\n", " Zm9v", "Zm 9",
                           "Zg==Zg==", "Zm9vYg==x", "-_8=", "Zm9v====", "Z"})
    EXPECT_FALSE(from_base64(text)) << text;
  for (const auto* text : {"Zg==", "Zh", "Zm9", "Z", "Zm9vY", "+/8", "Zm9v\n", "Zm9v "})
    EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Bytes, hex_is_lower_case_and_even) {
  EXPECT_EQ(to_hex(Bytes{0x00, 0xAB, 0xFF}), "00abff");
  EXPECT_EQ(from_hex("00abff"), (Bytes{0x00, 0xAB, 0xFF}));
  for (const auto* text : {"0", "0g", "AB", "0x", " 00", "00 "}) EXPECT_FALSE(from_hex(text)) << text;
  EXPECT_TRUE(digest_from_hex(std::string(64, 'a')));
  EXPECT_FALSE(digest_from_hex(std::string(62, 'a')));
  EXPECT_FALSE(digest_from_hex(std::string(66, 'a')));
}

TEST(Bytes, every_spelling_reads_back) {
  Seeded random(7);
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes(random.below(70));
    for (auto& b : bytes) b = static_cast<std::uint8_t>(random.next());
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
  }
}

// -- time -------------------------------------------------------------------------------------

TEST(Instant, is_written_as_rfc_3339_in_utc_with_milliseconds) {
  EXPECT_EQ(to_rfc3339(Instant{0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(Instant{951827696789}), "2000-02-29T12:34:56.789Z");
  EXPECT_EQ(to_rfc3339(Instant{253402300799999}), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(instant_from_rfc3339("2000-02-29T12:34:56.789Z"), Instant{951827696789});
}

TEST(Instant, reads_that_form_alone) {
  for (const auto* text : {"1969-12-31T23:59:59.999Z",      "2026-02-29T00:00:00.000Z",
                           "1900-02-29T00:00:00.000Z",      "2026-13-01T00:00:00.000Z",
                           "2026-00-01T00:00:00.000Z",      "2026-01-00T00:00:00.000Z",
                           "2026-04-31T00:00:00.000Z",      "2026-01-01T24:00:00.000Z",
                           "2026-01-01T00:60:00.000Z",      "2026-01-01T00:00:60.000Z",
                           "2026-01-01T00:00:00Z",          "2026-01-01T00:00:00.00Z",
                           "2026-01-01T00:00:00.0000Z",     "2026-01-01t00:00:00.000Z",
                           "2026-01-01T00:00:00.000z",      "2026-01-01 00:00:00.000Z",
                           "2026-01-01T00:00:00.000+00:00", "2026-1-01T00:00:00.0000Z",
                           "+026-01-01T00:00:00.000Z",      "-026-01-01T00:00:00.000Z",
                           "2026-01-01T00:00:00.000Z ",     "",
                           "2026-01-01T00:00:-1.000Z"})
    EXPECT_FALSE(instant_from_rfc3339(text)) << text;
  EXPECT_TRUE(instant_from_rfc3339("2024-02-29T23:59:59.999Z"));
}

TEST(Instant, every_moment_reads_back) {
  Seeded random(8);
  for (int i = 0; i < 5000; ++i) {
    const Instant at{static_cast<std::int64_t>(random.next() % 253402300800000U)};
    EXPECT_EQ(instant_from_rfc3339(to_rfc3339(at)), at);
  }
}

TEST(Duration, is_one_number_and_one_unit) {
  EXPECT_EQ(duration_from_text("90s"), seconds(90));
  EXPECT_EQ(duration_from_text("30m"), minutes(30));
  EXPECT_EQ(duration_from_text("4h"), hours(4));
  EXPECT_EQ(duration_from_text("3d"), days(3));
  EXPECT_EQ(duration_from_text("250ms"), Duration{250});
  EXPECT_EQ(duration_from_text("0s"), Duration{0});
  EXPECT_EQ(duration_from_text("36500d"), days(36500));
  for (const auto* text : {"", "1", "m", "-1m", "-0s", "+1m", "1.5h", "1h30m", " 1m", "1m ", "1 m", "1M", "1w", "1y",
                           "36501d", "9223372036854775807ms", "99999999999999999999s", "0x1s"})
    EXPECT_FALSE(duration_from_text(text)) << text;
}

TEST(Duration, is_written_in_its_largest_whole_unit) {
  EXPECT_EQ(to_string(Duration{0}), "0s");
  EXPECT_EQ(to_string(Duration{1}), "1ms");
  EXPECT_EQ(to_string(seconds(90)), "90s");
  EXPECT_EQ(to_string(minutes(60)), "1h");
  EXPECT_EQ(to_string(hours(48)), "2d");
  for (const auto ms : {0LL, 1LL, 999LL, 1000LL, 60'000LL, 3'600'001LL, 86'400'000LL})
    EXPECT_EQ(duration_from_text(to_string(Duration{ms})), Duration{ms});
}

// -- ids --------------------------------------------------------------------------------------

using FruitId = StrongId<struct FruitIdTag>;

TEST(StrongId, is_one_to_sixty_four_safe_characters) {
  for (const auto* text : {"a", "0", "case-4f6k", "a.b_c-d", "..", "-"}) EXPECT_TRUE(FruitId::parse(text)) << text;
  EXPECT_TRUE(FruitId::parse(std::string(64, 'x')));
  EXPECT_FALSE(FruitId::parse(std::string(65, 'x')));
  for (const auto* text : {"", "A", "a b", "a/b", "a\n", "\xC3\xA9", "a:b", "a@b", "a\\", "a%"})
    EXPECT_FALSE(FruitId::parse(text)) << text;
  EXPECT_FALSE(FruitId::parse(std::string_view("a\0b", 3)));
  EXPECT_TRUE(FruitId().empty());
}

// -- records ----------------------------------------------------------------------------------

enum class Taste : std::uint8_t { sweet, sour };
std::string_view to_string(Taste taste) { return taste == Taste::sweet ? "sweet" : "sour"; }

struct Seed {
  std::uint8_t weight = 0;
  static constexpr auto fields() { return record_fields("weight", &Seed::weight); }
};

struct Fruit {
  FruitId id;
  std::string name;
  bool ripe = false;
  std::uint32_t count = 0;
  Digest digest;
  Bytes pulp;
  Instant picked;
  Duration keeps;
  Taste taste = Taste::sweet;
  std::vector<Seed> seeds;
  std::optional<std::string> note;
  static constexpr auto fields() {
    using F = Fruit;
    return record_fields("id", &F::id, "name", &F::name, "ripe", &F::ripe, "count", &F::count, "digest", &F::digest,
                         "pulp", &F::pulp, "picked", &F::picked, "keeps", &F::keeps, "taste", &F::taste, "seeds",
                         &F::seeds, "note", &F::note);
  }
};

}  // namespace

template <>
struct EnumValues<Taste> {
  static constexpr std::array all{Taste::sweet, Taste::sour};
};

namespace {

Json apple() {
  return Json::object({{"id", "apple-1"},
                       {"name", "Apple"},
                       {"ripe", true},
                       {"count", 3},
                       {"digest", std::string(64, '0')},
                       {"pulp", "AQI"},
                       {"picked", "2026-09-01T08:00:00.000Z"},
                       {"keeps", "30d"},
                       {"taste", "sour"},
                       {"seeds", Json::array({Json::object({{"weight", 1}})})}});
}

std::string refusal(const Json& json) {
  const auto fruit = record_from_json<Fruit>(json);
  return fruit ? "accepted" : fruit.error().what;
}

TEST(Record, reads_back_what_it_wrote) {
  const auto fruit = record_from_json<Fruit>(apple());
  ASSERT_TRUE(fruit) << fruit.error().what;
  EXPECT_EQ(fruit->taste, Taste::sour);
  EXPECT_EQ(fruit->pulp, (Bytes{1, 2}));
  EXPECT_EQ(fruit->keeps, days(30));
  EXPECT_FALSE(fruit->note);
  EXPECT_EQ(record_to_json(*fruit), apple());
  std::string text;
  append_record(text, *fruit);
  EXPECT_EQ(text, to_text(apple()));
  EXPECT_EQ(refusal(apple().set("note", "crisp")), "accepted");
}

TEST(Record, refuses_a_missing_member_by_name) {
  const auto whole = apple();
  for (const auto& [key, value] : whole.as_object()) {
    Json without = Json::object();
    for (const auto& [other, kept] : whole.as_object())
      if (other != key) without.set(other, kept);
    EXPECT_EQ(refusal(without), concat("`", key, "` is missing"));
  }
}

TEST(Record, refuses_an_unknown_member_by_name) {
  EXPECT_EQ(refusal(apple().set("colour", "red")), "`colour` is not known here");
  EXPECT_EQ(refusal(apple().set("seeds", Json::array({Json::object({{"weight", 1}, {"size", 1}})}))),
            "`seeds`: `size` is not known here");
}

TEST(Record, refuses_a_wrong_type_by_name) {
  EXPECT_EQ(refusal(Json(1)), "an object is expected");
  EXPECT_EQ(refusal(apple().set("name", 1)), "`name` must be a string");
  EXPECT_EQ(refusal(apple().set("ripe", 1)), "`ripe` must be true or false");
  EXPECT_EQ(refusal(apple().set("count", "3")), "`count` must be a whole number in range");
  EXPECT_EQ(refusal(apple().set("count", -1)), "`count` must be a whole number in range");
  EXPECT_EQ(refusal(apple().set("count", std::int64_t{1} << 32)), "`count` must be a whole number in range");
  EXPECT_EQ(refusal(apple().set("seeds", Json::array({Json::object({{"weight", 256}})}))),
            "`seeds`: `weight` must be a whole number in range");
  EXPECT_EQ(refusal(apple().set("id", "Apple")), "`id` must be an id (1 to 64 of a-z 0-9 - _ .)");
  EXPECT_EQ(refusal(apple().set("id", "")), "`id` must be an id (1 to 64 of a-z 0-9 - _ .)");
  EXPECT_EQ(refusal(apple().set("digest", "00")), "`digest` must be 64 lower-case hex digits");
  EXPECT_EQ(refusal(apple().set("pulp", "AQI=")), "`pulp` must be base64url without padding");
  EXPECT_EQ(refusal(apple().set("picked", "yesterday")), "`picked` must be a time like 2026-01-31T09:00:00.000Z");
  EXPECT_EQ(refusal(apple().set("keeps", "long")), "`keeps` must be a duration like 30m");
  EXPECT_EQ(refusal(apple().set("taste", "bitter")), "`taste` must be one of the known names");
  EXPECT_EQ(refusal(apple().set("seeds", Json::object())), "`seeds` must be a list");
  EXPECT_EQ(refusal(apple().set("note", nullptr)), "`note` must be a string");  // absent is the one spelling of empty
}

TEST(Fault, gains_context_on_its_way_up) {
  const auto inner = [] -> Result<int> { return fault(FaultKind::not_found, "no such file", "create it"); };
  const auto outer = [&] -> Result<int> {
    auto result = inner();
    if (!result) return with_context("opening the ledger", result.error());
    return result;
  };
  EXPECT_EQ(outer().error(), (Fault{FaultKind::not_found, "opening the ledger: no such file", "create it"}));
}

}  // namespace
}  // namespace sallyport
