#include "crypto/hpke.h"

#include <gtest/gtest.h>

#include "crypto/test_support.h"

namespace sallyport {
namespace {

SecretBytes fresh(std::uint8_t fill) { return SecretBytes::take(Bytes(32, fill)); }

TEST(hpke, the_vector_of_rfc_9180_a_3_1_is_sealed_and_opened) {
  const auto vector = vector_file("hpke/rfc9180-a3-1.json");
  const auto at = [&](std::string_view key) { return hex(member(vector, key)); };
  const auto recipient = HpkePrivateKey::derive(SecretBytes::take(at("ikm_r")));
  ASSERT_TRUE(recipient.has_value());
  EXPECT_EQ(to_hex(recipient->public_key()), member(vector, "pk_rm"));
  const auto plaintext = SecretBytes::take(at("plaintext"));
  const auto sealed = hpke_seal_with(HpkeAead::aes_128_gcm, recipient->public_key(), at("info"), at("aad"), plaintext,
                                     SecretBytes::take(at("ikm_e")));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(to_hex(sealed->enc), member(vector, "pk_em"));
  EXPECT_EQ(to_hex(sealed->ciphertext), member(vector, "ciphertext"));
  const auto opened =
      hpke_open_with(HpkeAead::aes_128_gcm, *recipient, sealed->enc, at("info"), at("aad"), sealed->ciphertext);
  ASSERT_TRUE(opened.has_value());
  EXPECT_TRUE(opened->equals_constant_time(plaintext.reveal()));
}

TEST(hpke, messages_sealed_by_another_implementation_open) {
  const auto file = vector_file("hpke/pyca-p256-aes-256-gcm.json");
  const auto recipient = *HpkePrivateKey::derive(secret_hex(member(file, "ikm_r")));
  for (const auto& message : **file.array_at("messages")) {
    const auto at = [&](std::string_view key) { return hex(member(message, key)); };
    const auto opened = hpke_open(recipient, at("enc"), at("info"), at("aad"), at("ciphertext"));
    ASSERT_TRUE(opened.has_value()) << fault_text(opened);
    EXPECT_TRUE(opened->equals_constant_time(at("plaintext")));
  }
}

TEST(hpke, only_the_same_key_case_and_bytes_open_a_secret) {
  const auto executor = *HpkePrivateKey::derive(fresh(1));
  const auto other = *HpkePrivateKey::derive(fresh(2));
  const auto info = bytes_of("case-4f6k");
  const auto aad = bytes_of("set_password");
  const auto sealed = *hpke_seal(executor.public_key(), info, aad, secret("correct horse"), fresh(3));
  EXPECT_EQ(sealed.ciphertext.size(), 13U + 16U);
  const auto opened = hpke_open(executor, sealed.enc, info, aad, sealed.ciphertext);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(shown(*opened), "correct horse");
  EXPECT_FAULT(hpke_open(other, sealed.enc, info, aad, sealed.ciphertext), "does not open");
  EXPECT_FAULT(hpke_open(executor, sealed.enc, bytes_of("case-4f6m"), aad, sealed.ciphertext), "does not open");
  EXPECT_FAULT(hpke_open(executor, sealed.enc, info, bytes_of("unlock"), sealed.ciphertext), "does not open");
  EXPECT_FAULT(hpke_open_with(HpkeAead::aes_128_gcm, executor, sealed.enc, info, aad, sealed.ciphertext),
               "does not open");
  const auto elsewhere = *HpkePrivateKey::derive(fresh(4));
  EXPECT_FAULT(hpke_open(executor, elsewhere.public_key(), info, aad, sealed.ciphertext), "does not open");
  for (std::size_t i = 0; i < sealed.ciphertext.size(); ++i) {
    auto changed = sealed.ciphertext;
    changed[i] ^= 1;
    EXPECT_FAULT(hpke_open(executor, sealed.enc, info, aad, changed), "does not open");
  }
}

TEST(hpke, bad_points_and_lengths_are_refused) {
  const auto executor = *HpkePrivateKey::derive(fresh(1));
  const auto seal_to = [](ByteView key) { return hpke_seal(key, {}, {}, secret("x"), fresh(3)); };
  const auto& good = executor.public_key();
  EXPECT_TRUE(seal_to(good).has_value());
  EXPECT_FAULT(seal_to(ByteView(good).first(64)), "this one has 64");
  EXPECT_FAULT(seal_to(Bytes{0x00}), "this one has 1");  // SEC 1's point at infinity
  auto off_curve = good;
  off_curve.back() ^= 1;
  EXPECT_FAULT(seal_to(off_curve), "not on the curve");
  EXPECT_FAULT(hpke_open(executor, off_curve, {}, {}, Bytes(16, 0)), "not on the curve");
  auto hybrid = good;
  hybrid.front() = static_cast<std::uint8_t>(0x06 | (good.back() & 1));
  EXPECT_FAULT(seal_to(hybrid), "uncompressed");
  EXPECT_FAULT(hpke_open(executor, good, {}, {}, Bytes(15, 0)), "15 bytes");
  EXPECT_FAULT(hpke_open(executor, good, {}, {}, Bytes(4096 + 17, 0)), "4113 bytes");
  EXPECT_FAULT(HpkePrivateKey::derive(SecretBytes::take(Bytes(31, 1))), "31 bytes");
  EXPECT_FAULT(HpkePrivateKey::derive(SecretBytes::take(Bytes(65, 1))), "65 bytes");
  EXPECT_FAULT(hpke_seal(good, {}, {}, secret("x"), SecretBytes::take(Bytes(16, 1))), "16 bytes");
  EXPECT_TRUE(hpke_seal(good, {}, {}, SecretBytes::take(Bytes(4096, 1)), fresh(3)).has_value());
  EXPECT_FAULT(hpke_seal(good, {}, {}, SecretBytes::take(Bytes(4097, 1)), fresh(3)), "4097 bytes");
  EXPECT_FAULT(hpke_seal(good, Bytes(65'536, 1), {}, secret("x"), fresh(3)), "at most 65535");
}

}  // namespace
}  // namespace sallyport
