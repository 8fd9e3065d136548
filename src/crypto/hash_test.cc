#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "crypto/test_support.h"

namespace sallyport {
namespace {

// FIPS 180-4 examples, NIST "Secure Hashing" example values.
TEST(hash, sha256_gives_the_examples_of_fips_180) {
  EXPECT_EQ(to_hex(sha256(view_of("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(ByteView{})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(view_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(hash, parts_and_pieces_hash_like_the_whole) {
  const auto whole = sha256(view_of("attested"));
  EXPECT_EQ(sha256({view_of("atte"), view_of(""), view_of("sted")}), whole);
  Sha256 pieces;
  EXPECT_EQ(pieces.update(view_of("att")).update(view_of("ested")).finish(), whole);
  EXPECT_EQ(pieces.update(view_of("attested")).finish(), whole) << "finish() starts afresh";
}

// The roots of the empty leaf and of the first trees, as in RFC 6962's reference implementation
// (certificate-transparency, "ReferenceMerkleTree").
TEST(hash, leaves_and_nodes_are_told_apart_as_rfc_6962_asks) {
  const auto empty_leaf = hash_leaf({});
  EXPECT_EQ(to_hex(empty_leaf), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const auto second = hash_leaf(Bytes{0x00});
  EXPECT_EQ(to_hex(hash_node(empty_leaf, second)), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  Bytes as_entry(empty_leaf.bytes.begin(), empty_leaf.bytes.end());
  as_entry.insert(as_entry.end(), second.bytes.begin(), second.bytes.end());
  EXPECT_NE(hash_leaf(as_entry), hash_node(empty_leaf, second));
  EXPECT_NE(hash_node(second, empty_leaf), hash_node(empty_leaf, second));
}

// RFC 4231 sections 4.2, 4.3 and 4.7 (a key longer than the block).
TEST(hash, hmac_gives_the_vectors_of_rfc_4231) {
  EXPECT_EQ(to_hex(hmac_sha256(SecretBytes::take(Bytes(20, 0x0b)), {view_of("Hi There")})),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256(secret("Jefe"), {view_of("what do ya want "), view_of("for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(SecretBytes::take(Bytes(131, 0xaa)),
                               {view_of("Test Using Larger Than Block-Size Key - Hash Key First")})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 5869 appendix A.1 and A.3 (no salt, no info).
TEST(hash, hkdf_gives_the_vectors_of_rfc_5869) {
  const Bytes input(22, 0x0b);
  const auto key = hkdf_extract_sha256(hex("000102030405060708090a0b0c"), {input});
  EXPECT_EQ(to_hex(key.reveal()), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  EXPECT_EQ(to_hex(hkdf_expand_sha256(key, {hex("f0f1f2f3f4"), hex("f5f6f7f8f9")}, 42).reveal()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  const auto bare = hkdf_extract_sha256({}, {input});
  EXPECT_EQ(to_hex(bare.reveal()), "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
  EXPECT_EQ(to_hex(hkdf_expand_sha256(bare, {}, 42).reveal()),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(hash, hkdf_gives_its_longest_output_and_none_at_all) {
  const auto key = secret("a pseudorandom key of some 32 bytes");
  EXPECT_EQ(hkdf_expand_sha256(key, {}, hkdf_sha256_length_max).size(), hkdf_sha256_length_max);
  EXPECT_TRUE(hkdf_expand_sha256(key, {}, 0).empty());
  EXPECT_DEATH((void)hkdf_expand_sha256(key, {}, hkdf_sha256_length_max + 1), "");
}

}  // namespace
}  // namespace sallyport
