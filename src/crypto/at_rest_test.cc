#include "crypto/at_rest.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/aes_gcm.h"
#include "crypto/test_support.h"

namespace sallyport {
namespace {

const Bytes nonce(12, 0x07);
SecretBytes key(std::uint8_t fill = 0x2b) { return SecretBytes::take(Bytes(32, fill)); }

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16 (AES-256).
TEST(at_rest, aes_256_gcm_gives_the_vectors_of_its_authors) {
  const auto zero = SecretBytes::take(Bytes(32, 0));
  EXPECT_EQ(to_hex(aes_gcm_seal(zero, Bytes(12, 0), {}, SecretBytes())), "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(to_hex(aes_gcm_seal(zero, Bytes(12, 0), {}, SecretBytes::take(Bytes(16, 0)))),
            "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  EXPECT_EQ(
      to_hex(aes_gcm_seal(
          secret_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
          hex("cafebabefacedbaddecaf888"), hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
          secret_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b5"
                     "25b16aedf5aa0de657ba637b39"))),
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a"
      "0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
}

TEST(at_rest, a_secret_opens_in_its_own_row_only) {
  const auto row = bytes_of("totp_seed/account-7");
  const auto sealed = seal_at_rest(key(), nonce, row, secret("seed of twenty bytes"));
  EXPECT_EQ(sealed.size(), 12U + 20U + 16U);
  EXPECT_TRUE(std::ranges::equal(ByteView(sealed).first(12), nonce));
  const auto opened = open_at_rest(key(), row, sealed);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(shown(*opened), "seed of twenty bytes");
  EXPECT_FAULT(open_at_rest(key(), bytes_of("totp_seed/account-8"), sealed), "does not open");
  EXPECT_FAULT(open_at_rest(key(0x2c), row, sealed), "does not open");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] ^= 0x80;
    EXPECT_FAULT(open_at_rest(key(), row, changed), "does not open");
  }
}

TEST(at_rest, impossible_lengths_are_refused) {
  const auto sealed = seal_at_rest(key(), nonce, {}, SecretBytes());
  EXPECT_EQ(sealed.size(), 28U);
  ASSERT_TRUE(open_at_rest(key(), {}, sealed).has_value());
  EXPECT_TRUE(open_at_rest(key(), {}, sealed)->empty());
  EXPECT_FAULT(open_at_rest(key(), {}, ByteView(sealed).first(27)), "27 bytes");
  EXPECT_FAULT(open_at_rest(key(), {}, Bytes(at_rest_secret_length_max + 29, 0)), "4125 bytes");
  EXPECT_FAULT(open_at_rest(SecretBytes::take(Bytes(16, 1)), {}, sealed), "has 16 bytes");
  EXPECT_DEATH((void)seal_at_rest(SecretBytes::take(Bytes(16, 1)), nonce, {}, secret("x")), "");
  EXPECT_DEATH((void)seal_at_rest(key(), Bytes(11, 0), {}, secret("x")), "");
}

}  // namespace
}  // namespace sallyport
