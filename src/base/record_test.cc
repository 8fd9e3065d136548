#include "base/record.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

enum class Colour : std::uint8_t { red, green };
std::string_view to_string(Colour colour) noexcept { return colour == Colour::red ? "red" : "green"; }

using WallId = StrongId<struct WallIdTag>;

struct Nail {
  std::int64_t length = 0;
  static constexpr auto fields() { return record_fields("length", &Nail::length); }
};

struct Nothing {
  static constexpr auto fields() { return record_fields(); }
};

// One member of every type that a record may have, named so that their order is not the order here.
struct Wall {
  std::string text;
  WallId id;
  bool dry = false;
  std::uint32_t number = 0;
  std::int64_t below = 0;
  Digest digest;
  Bytes bytes;
  Instant at;
  Duration lasts;
  std::vector<Nail> nails;
  std::vector<std::string> words;
  std::optional<Nail> absent;
  std::optional<std::string> given;
  Json anything;

  static constexpr auto fields() {
    return record_fields("text", &Wall::text, "id", &Wall::id, "dry", &Wall::dry, "number", &Wall::number, "below",
                         &Wall::below, "digest", &Wall::digest, "bytes", &Wall::bytes, "at", &Wall::at, "lasts",
                         &Wall::lasts, "nails", &Wall::nails, "words", &Wall::words, "absent", &Wall::absent, "given",
                         &Wall::given, "anything", &Wall::anything);
  }
};

struct Painted {
  Colour colour = Colour::red;
  static constexpr auto fields() { return record_fields("colour", &Painted::colour); }
};

template <Record T>
std::string appended(const T& value) {
  std::string out;
  append_record(out, value);
  return out;
}

Wall wall() {
  Wall w;
  w.text = "a \"quoted\" \\ line\n\x01 caf\xC3\xA9 \x7F";
  w.id = *WallId::parse("north.1");
  w.number = 4'294'967'295U;
  w.below = -7;
  w.digest.bytes[0] = 0xAB;
  w.bytes = {0, 255, 17};
  w.at = *instant_from_rfc3339("2026-03-02T09:00:00.001Z");
  w.lasts = minutes(90);
  w.nails = {{1}, {2}};
  w.words = {"", "b"};
  w.given = "here";
  w.anything = Json::object({{"z", 1}, {"a", Json::array({Json(), true})}});
  return w;
}

TEST(Record, is_appended_as_the_same_text_as_its_tree) {
  EXPECT_EQ(appended(Wall()), to_text(record_to_json(Wall())));
  EXPECT_EQ(appended(wall()), to_text(record_to_json(wall())));
  auto other = wall();
  other.absent = Nail{9};
  other.given.reset();
  EXPECT_EQ(appended(other), to_text(record_to_json(other)));
  EXPECT_NE(appended(other), appended(wall()));
  EXPECT_EQ(appended(Nothing()), "{}");
}

TEST(Record, is_appended_behind_what_stands_there) {
  std::string out = "before ";
  append_record(out, Nail{3});
  EXPECT_EQ(out, R"(before {"length":3})");
}

TEST(Record, comes_back_from_its_appended_text) {
  const auto json = parse_json(appended(wall()));
  ASSERT_TRUE(json.has_value());
  const auto back = record_from_json<Wall>(*json);
  ASSERT_TRUE(back.has_value()) << back.error().what;
  EXPECT_EQ(appended(*back), appended(wall()));
}

}  // namespace

template <>
struct EnumValues<Colour> {
  static constexpr std::array<Colour, 2> all{Colour::red, Colour::green};
};

namespace {

TEST(Record, spells_an_enum_by_its_name) { EXPECT_EQ(appended(Painted{Colour::green}), R"({"colour":"green"})"); }

}  // namespace
}  // namespace sallyport
