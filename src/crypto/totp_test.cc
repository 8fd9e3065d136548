#include "crypto/totp.h"

#include <gtest/gtest.h>

#include "crypto/base32.h"
#include "crypto/test_support.h"

namespace sallyport {
namespace {

const auto rfc_seed = [] { return secret("12345678901234567890"); };
constexpr Instant at_seconds(std::int64_t n) { return {n * 1000}; }

TEST(totp, the_counters_of_rfc_4226_appendix_d_give_its_codes) {
  constexpr std::string_view codes[] = {"755224", "287082", "359152", "969429", "338314",
                                        "254676", "287922", "162583", "399871", "520489"};
  std::int64_t step = 0;
  for (const auto code : codes) EXPECT_EQ(totp_code(rfc_seed(), step++), code);
}

// RFC 6238 appendix B prints eight digits; six-digit codes are their last six.
TEST(totp, the_times_of_rfc_6238_appendix_b_match_at_their_steps) {
  struct Row {
    std::int64_t seconds;
    std::string_view eight_digits;
    std::int64_t step;
  };
  constexpr Row rows[] = {{59, "94287082", 0x1},
                          {1111111109, "07081804", 0x23523EC},
                          {1111111111, "14050471", 0x23523ED},
                          {1234567890, "89005924", 0x273EF07},
                          {2000000000, "69279037", 0x3F940AA},
                          {20000000000, "65353130", 0x27BC86AA}};
  for (const auto& row : rows) {
    EXPECT_EQ(totp_step_at(at_seconds(row.seconds)), row.step);
    EXPECT_EQ(
        totp_matching_step(rfc_seed(), row.eight_digits.substr(2), at_seconds(row.seconds), totp_no_step_accepted),
        row.step);
  }
}

TEST(totp, a_clock_may_be_one_step_off_and_not_two) {
  const auto now = at_seconds(30 * 1000 + 12);
  for (std::int64_t step = 997; step <= 1003; ++step) {
    const auto matched = totp_matching_step(rfc_seed(), totp_code(rfc_seed(), step), now, totp_no_step_accepted);
    if (step >= 999 && step <= 1001) {
      EXPECT_EQ(matched, step);
    } else {
      EXPECT_EQ(matched, std::nullopt) << step;
    }
  }
}

TEST(totp, the_window_turns_with_the_last_millisecond_of_a_step) {
  const auto code = totp_code(rfc_seed(), 1001);
  EXPECT_EQ(totp_matching_step(rfc_seed(), code, {999 * 30'000 + 29'999}, -1), std::nullopt);
  EXPECT_EQ(totp_matching_step(rfc_seed(), code, {1000 * 30'000}, -1), 1001);
  EXPECT_EQ(totp_matching_step(rfc_seed(), code, {1002 * 30'000 + 29'999}, -1), 1001);
  EXPECT_EQ(totp_matching_step(rfc_seed(), code, {1003 * 30'000}, -1), std::nullopt);
}

TEST(totp, a_code_is_good_once_and_closes_all_earlier_steps) {
  const auto now = at_seconds(30 * 1000);
  const auto code = totp_code(rfc_seed(), 1000);
  EXPECT_EQ(totp_matching_step(rfc_seed(), code, now, 999), 1000);
  EXPECT_EQ(totp_matching_step(rfc_seed(), code, now, 1000), std::nullopt);
  EXPECT_EQ(totp_matching_step(rfc_seed(), totp_code(rfc_seed(), 999), now, 1000), std::nullopt);
  EXPECT_EQ(totp_matching_step(rfc_seed(), totp_code(rfc_seed(), 1001), now, 1000), 1001);
}

TEST(totp, what_is_not_six_digits_matches_nothing) {
  const auto now = at_seconds(30 * 1000);
  const auto code = totp_code(rfc_seed(), 1000);
  ASSERT_TRUE(totp_matching_step(rfc_seed(), code, now, -1).has_value());
  for (const auto& wrong :
       {std::string(), code.substr(1), code + "0", " " + code, code.substr(0, 3) + " " + code.substr(3),
        std::string("12345x"), std::string("-12345"), std::string(6, '\0')})
    EXPECT_EQ(totp_matching_step(rfc_seed(), wrong, now, -1), std::nullopt) << wrong;
  EXPECT_EQ(totp_matching_step(rfc_seed(), code, {-1}, -1), std::nullopt);
  EXPECT_EQ(totp_matching_step(secret("another seed, 20 by."), code, now, -1), std::nullopt);
}

TEST(totp, seeds_out_of_bounds_match_nothing) {
  const auto short_seed = SecretBytes::take(Bytes(15, 1));
  const auto long_seed = SecretBytes::take(Bytes(129, 1));
  for (int code = 0; code < 1000; ++code) {
    const auto text = concat("000", std::to_string(1000 + code).substr(1));
    EXPECT_EQ(totp_matching_step(short_seed, text, at_seconds(60), -1), std::nullopt);
    EXPECT_EQ(totp_matching_step(long_seed, text, at_seconds(60), -1), std::nullopt);
  }
  EXPECT_DEATH((void)totp_code(short_seed, 1), "");
}

// RFC 4648 section 10, without the padding that authenticator apps do not read.
TEST(base32, the_vectors_of_rfc_4648_go_both_ways) {
  constexpr std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                       {"f", "MY"},
                                                                       {"fo", "MZXQ"},
                                                                       {"foo", "MZXW6"},
                                                                       {"foob", "MZXW6YQ"},
                                                                       {"fooba", "MZXW6YTB"},
                                                                       {"foobar", "MZXW6YTBOI"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(shown(to_base32(secret(plain))), text);
    const auto decoded = from_base32(text);
    ASSERT_TRUE(decoded.has_value()) << text;
    EXPECT_EQ(shown(*decoded), plain);
  }
}

TEST(base32, a_second_spelling_is_refused) {
  for (const std::string_view text :
       {"my", "MY======", "MZ", "M", "MZX", "MZXW6Y", "MZXW6 YQ", "MZXW6Y1", "MZXW6Y0Q", "MZXR"})
    EXPECT_FALSE(from_base32(text).has_value()) << text;
  EXPECT_FALSE(from_base32(std::string(520, 'A')).has_value());
  EXPECT_TRUE(from_base32(std::string(512, 'A')).has_value());
}

}  // namespace
}  // namespace sallyport
