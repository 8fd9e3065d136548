#include "crypto/recovery_code.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/test_support.h"

namespace sallyport {
namespace {

SecretBytes code_of(std::uint8_t first) {
  Bytes bytes(recovery_code_length);
  for (auto& byte : bytes) byte = first = static_cast<std::uint8_t>(first * 73 + 41);
  return SecretBytes::take(std::move(bytes));
}

TEST(recovery_code, the_text_has_six_groups_and_reads_back) {
  EXPECT_EQ(shown(*format_recovery_code(SecretBytes::take(Bytes(15, 0)))), "0000-0000-0000-0000-0000-0000");
  EXPECT_EQ(shown(*format_recovery_code(SecretBytes::take(Bytes(15, 0xff)))), "zzzz-zzzz-zzzz-zzzz-zzzz-zzzz");
  EXPECT_EQ(shown(*format_recovery_code(secret_hex("00443214c74254b635cf84653a56d7"))),
            "0123-4567-89ab-cdef-ghjk-mnpq");
  for (unsigned i = 0; i < 256; ++i) {
    const auto code = code_of(static_cast<std::uint8_t>(i));
    const auto text = *format_recovery_code(code);
    EXPECT_EQ(text.size(), recovery_code_text_length);
    const auto read = parse_recovery_code(text_of(text.reveal()));
    ASSERT_TRUE(read.has_value());
    EXPECT_TRUE(read->equals_constant_time(code.reveal()));
  }
}

TEST(recovery_code, what_people_confuse_is_read_as_meant) {
  const auto meant = parse_recovery_code("0123-4567-89ab-cdef-ghjk-mn10");
  ASSERT_TRUE(meant.has_value());
  for (const std::string_view typed :
       {"0123-4567-89AB-CDEF-GHJK-MN10", "o123-4567-89ab-cdef-ghjk-mnlo", "OI23-4567-89ab-cdef-ghjk-mnLO",
        "0i23-4567-89ab-cdef-ghjk-mnI0", "0123456789abcdefghjkmn10", "01234567-89abcdef-ghjkmn10"}) {
    const auto read = parse_recovery_code(typed);
    ASSERT_TRUE(read.has_value()) << typed;
    EXPECT_TRUE(read->equals_constant_time(meant->reveal())) << typed;
  }
}

TEST(recovery_code, anything_else_is_no_code) {
  for (const std::string_view typed :
       {"", "-", "0123-4567-89ab-cdef-ghjk-mnp", "0123-4567-89ab-cdef-ghjk-mnpqr", "0123-4567-89ab-cdef-ghjk-mnpq-",
        "-0123-4567-89ab-cdef-ghjk-mnpq", "0123--4567-89ab-cdefghjk-mnpq", "01-23-4567-89ab-cdef-ghjkmnpq",
        "0123 4567 89ab cdef ghjk mnpq", "0123-4567-89ab-cdef-ghjk-mnpu", "0123-4567-89ab-cdef-ghjk-mnp*",
        "0123_4567_89ab_cdef_ghjk_mnpq", " 123-4567-89ab-cdef-ghjk-mnpq"})
    EXPECT_FALSE(parse_recovery_code(typed).has_value()) << typed;
  EXPECT_FALSE(parse_recovery_code(std::string(100'000, '0')).has_value());
  EXPECT_FAULT(format_recovery_code(SecretBytes::take(Bytes(16, 1))), "this one has 16");
}

TEST(recovery_code, digests_differ_by_code_and_by_server_key) {
  const auto key = SecretBytes::take(Bytes(32, 1));
  const auto other_key = SecretBytes::take(Bytes(32, 2));
  const auto digest = recovery_code_digest(key, code_of(1));
  ASSERT_TRUE(digest.has_value());
  EXPECT_EQ(digest, recovery_code_digest(key, code_of(1)));
  EXPECT_NE(digest, recovery_code_digest(key, code_of(2)));
  EXPECT_NE(digest, recovery_code_digest(other_key, code_of(1)));
  EXPECT_FAULT(recovery_code_digest(SecretBytes::take(Bytes(31, 1)), code_of(1)), "31 bytes");
  EXPECT_FAULT(recovery_code_digest(key, secret("short")), "this one has 5");
}

}  // namespace
}  // namespace sallyport
