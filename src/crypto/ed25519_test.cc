#include "crypto/ed25519.h"

#include <gtest/gtest.h>

#include "crypto/test_support.h"

namespace sallyport {
namespace {

struct Vector {
  std::string_view seed, public_key, message, signature;
};

// RFC 8032 section 7.1, tests 1, 2 and 3.
constexpr Vector rfc_8032[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
     "55141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb"
     "00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc"
     "027beceea1ec40a"},
};

TEST(ed25519, the_vectors_of_rfc_8032_are_signed_and_verified) {
  for (const auto& vector : rfc_8032) {
    const auto key = Ed25519SigningKey::from_seed(secret_hex(vector.seed));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(to_hex(key->public_key()), vector.public_key);
    const auto message = hex(vector.message);
    EXPECT_EQ(to_hex(key->sign(message)), vector.signature);
    const auto signer = Ed25519PublicKey::from_bytes(hex(vector.public_key));
    ASSERT_TRUE(signer.has_value());
    EXPECT_TRUE(signer->verify(message, hex(vector.signature)));
  }
}

TEST(ed25519, a_signature_is_for_one_message_and_one_key) {
  const auto key = *Ed25519SigningKey::from_seed(secret_hex(rfc_8032[0].seed));
  const auto signer = *Ed25519PublicKey::from_bytes(key.public_key());
  const auto other = *Ed25519PublicKey::from_bytes(hex(rfc_8032[1].public_key));
  const auto signature = key.sign(view_of("tree 12"));
  EXPECT_TRUE(signer.verify(view_of("tree 12"), signature));
  EXPECT_FALSE(signer.verify(view_of("tree 13"), signature));
  EXPECT_FALSE(other.verify(view_of("tree 12"), signature));
  for (const std::size_t at : {std::size_t{0}, std::size_t{31}, std::size_t{32}, std::size_t{63}}) {
    auto changed = signature;
    changed[at] ^= 1;
    EXPECT_FALSE(signer.verify(view_of("tree 12"), changed)) << at;
  }
}

TEST(ed25519, signatures_of_other_lengths_are_refused) {
  const auto key = *Ed25519SigningKey::from_seed(secret_hex(rfc_8032[0].seed));
  const auto signer = *Ed25519PublicKey::from_bytes(key.public_key());
  const auto signature = key.sign(view_of("x"));
  Bytes longer(signature.begin(), signature.end());
  longer.push_back(0);
  EXPECT_FALSE(signer.verify(view_of("x"), ByteView(signature).first(63)));
  EXPECT_FALSE(signer.verify(view_of("x"), longer));
  EXPECT_FALSE(signer.verify(view_of("x"), {}));
}

// RFC 8032 section 5.1.7: S has to be below the order L. S + L verifies in careless implementations.
TEST(ed25519, a_second_spelling_of_a_signature_is_refused) {
  const auto signer = *Ed25519PublicKey::from_bytes(hex(rfc_8032[1].public_key));
  auto signature = hex(rfc_8032[1].signature);
  const auto order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(signer.verify(hex("72"), signature));
}

TEST(ed25519, keys_of_wrong_length_are_refused_with_their_length) {
  EXPECT_FAULT(Ed25519SigningKey::from_seed(secret("short")), "this one has 5");
  EXPECT_FAULT(Ed25519PublicKey::from_bytes(Bytes(33, 9)), "this one has 33");
}

TEST(ed25519, points_of_small_order_are_no_keys) {
  EXPECT_FAULT(Ed25519PublicKey::from_bytes(hex("0100000000000000000000000000000000000000000000000000000000000000")),
               "small order");
  EXPECT_FAULT(Ed25519PublicKey::from_bytes(hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")),
               "small order");
  EXPECT_FAULT(Ed25519PublicKey::from_bytes(hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")),
               "small order");
}

}  // namespace
}  // namespace sallyport
