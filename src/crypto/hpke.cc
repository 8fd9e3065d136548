#include "crypto/hpke.h"

#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/aes_gcm.h"
#include "crypto/hash.h"
#include "crypto/p256.h"

namespace sallyport {

struct HpkeInternals {
  static EVP_PKEY* key_of(const HpkePrivateKey& key) { return key.key_.get(); }
};

namespace {

constexpr std::size_t hash_length = 32;
constexpr std::uint16_t kem_p256_sha256 = 0x0010;
constexpr std::uint16_t kdf_sha256 = 0x0001;

using TwoBytes = std::array<std::uint8_t, 2>;
constexpr TwoBytes i2osp(std::size_t number) {
  return {static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

// "KEM" || kem_id (section 4.1) and "HPKE" || kem_id || kdf_id || aead_id (section 5.1).
Bytes kem_suite() {
  const auto kem = i2osp(kem_p256_sha256);
  return {'K', 'E', 'M', kem[0], kem[1]};
}
Bytes hpke_suite(HpkeAead aead) {
  const auto kem = i2osp(kem_p256_sha256);
  const auto kdf = i2osp(kdf_sha256);
  const auto id = i2osp(static_cast<std::uint16_t>(aead));
  return {'H', 'P', 'K', 'E', kem[0], kem[1], kdf[0], kdf[1], id[0], id[1]};
}

// Section 4: LabeledExtract and LabeledExpand of one suite.
class LabeledKdf {
 public:
  explicit LabeledKdf(Bytes suite) : suite_(std::move(suite)) {}
  SecretBytes extract(ByteView salt, std::string_view label, ByteView input) const {
    return hkdf_extract_sha256(salt, {view_of("HPKE-v1"), suite_, view_of(label), input});
  }
  SecretBytes expand(const SecretBytes& key, std::string_view label, ByteView info, std::size_t length) const {
    return hkdf_expand_sha256(key, {i2osp(length), view_of("HPKE-v1"), suite_, view_of(label), info}, length);
  }

 private:
  Bytes suite_;
};

// Section 7.1.3. The bitmask of P-256 is 0xff, so a candidate is used as it comes. One in 2^32 is
// refused; 256 in a row mean that HKDF is broken.
Result<P256KeyPair> derive_key_pair(const SecretBytes& ikm) {
  if (ikm.size() < hpke_ikm_length_min || ikm.size() > hpke_ikm_length_max)
    return fault(
        FaultKind::invalid,
        concat("key material of ", ikm.size(), " bytes, expected ", hpke_ikm_length_min, " to ", hpke_ikm_length_max),
        "draw 32 fresh random bytes");
  const LabeledKdf kdf(kem_suite());
  const auto root = kdf.extract({}, "dkp_prk", ikm.reveal());
  for (int counter = 0; counter < 256; ++counter) {
    const auto byte = static_cast<std::uint8_t>(counter);
    const auto candidate = kdf.expand(root, "candidate", {&byte, 1}, p256_scalar_length);
    if (auto pair = p256_key_pair(candidate)) return pair;
  }
  return fault(FaultKind::invalid, "no key comes from this key material", "draw other random bytes");
}

Result<SecretBytes> shared_secret(EVP_PKEY* own, EVP_PKEY* peer, ByteView enc, ByteView recipient) {
  SP_TRY(const auto agreed, p256_agree(own, peer));
  Bytes kem_context(enc.begin(), enc.end());
  kem_context.insert(kem_context.end(), recipient.begin(), recipient.end());
  const LabeledKdf kdf(kem_suite());
  const auto extracted = kdf.extract({}, "eae_prk", agreed.reveal());
  return kdf.expand(extracted, "shared_secret", kem_context, hash_length);
}

struct Keys {
  SecretBytes key;
  SecretBytes nonce;
};

// Section 5.1, KeySchedule in base mode: no pre-shared key, and its id is empty. We send one message,
// so the nonce of sequence number 0 is the base nonce itself.
Keys key_schedule(HpkeAead aead, const SecretBytes& shared, ByteView info) {
  const LabeledKdf kdf(hpke_suite(aead));
  const auto psk_id_hash = kdf.extract({}, "psk_id_hash", {});
  const auto info_hash = kdf.extract({}, "info_hash", info);
  Bytes context = {0x00};  // mode_base
  for (const auto* const hash : {&psk_id_hash, &info_hash})
    context.insert(context.end(), hash->reveal().begin(), hash->reveal().end());
  const auto secret = kdf.extract(shared.reveal(), "secret", {});
  const std::size_t key_length = aead == HpkeAead::aes_128_gcm ? 16 : 32;
  return {kdf.expand(secret, "key", context, key_length),
          kdf.expand(secret, "base_nonce", context, aes_gcm_nonce_length)};
}

Result<void> check_context(ByteView info, ByteView aad) {
  if (info.size() <= hpke_context_length_max && aad.size() <= hpke_context_length_max) return {};
  return fault(FaultKind::invalid, concat("info of ", info.size(), " and aad of ", aad.size(), " bytes, at most ",
                                          hpke_context_length_max, " each"));
}

}  // namespace

Result<HpkePrivateKey> HpkePrivateKey::derive(const SecretBytes& ikm) {
  SP_TRY(auto pair, derive_key_pair(ikm));
  HpkePrivateKey made;
  made.key_ = std::move(pair.key);
  made.public_key_ = pair.point;
  return made;
}

Result<HpkeSealed> hpke_seal_with(HpkeAead aead, ByteView recipient_public_key, ByteView info, ByteView aad,
                                  const SecretBytes& plaintext, const SecretBytes& ephemeral_ikm) {
  SP_CHECK(check_context(info, aad));
  if (plaintext.size() > hpke_plaintext_length_max)
    return fault(FaultKind::invalid, concat("a secret of ", plaintext.size(), " bytes, at most ",
                                            hpke_plaintext_length_max, " are sealed"));
  SP_TRY(const auto recipient, p256_public_key(recipient_public_key));
  SP_TRY(const auto ephemeral, derive_key_pair(ephemeral_ikm));
  SP_TRY(const auto shared, shared_secret(ephemeral.key.get(), recipient.get(), ephemeral.point, recipient_public_key));
  const auto keys = key_schedule(aead, shared, info);
  return HpkeSealed{{ephemeral.point.begin(), ephemeral.point.end()},
                    aes_gcm_seal(keys.key, keys.nonce.reveal(), aad, plaintext)};
}

Result<SecretBytes> hpke_open_with(HpkeAead aead, const HpkePrivateKey& recipient, ByteView enc, ByteView info,
                                   ByteView aad, ByteView ciphertext) {
  SP_CHECK(check_context(info, aad));
  if (ciphertext.size() < aes_gcm_tag_length || ciphertext.size() > hpke_plaintext_length_max + aes_gcm_tag_length)
    return fault(FaultKind::invalid,
                 concat("a sealed secret of ", ciphertext.size(), " bytes, expected ", aes_gcm_tag_length, " to ",
                        hpke_plaintext_length_max + aes_gcm_tag_length));
  SP_TRY(const auto ephemeral, p256_public_key(enc));
  SP_TRY(const auto shared,
         shared_secret(HpkeInternals::key_of(recipient), ephemeral.get(), enc, recipient.public_key()));
  const auto keys = key_schedule(aead, shared, info);
  auto opened = aes_gcm_open(keys.key, keys.nonce.reveal(), aad, ciphertext);
  if (!opened)
    return fault(FaultKind::invalid, "the sealed secret does not open: another key, another case, or changed bytes",
                 "ask for it to be sealed again with the executor's current key");
  return std::move(*opened);
}

Result<HpkeSealed> hpke_seal(ByteView recipient_public_key, ByteView info, ByteView aad, const SecretBytes& plaintext,
                             const SecretBytes& ephemeral_ikm) {
  return hpke_seal_with(HpkeAead::aes_256_gcm, recipient_public_key, info, aad, plaintext, ephemeral_ikm);
}

Result<SecretBytes> hpke_open(const HpkePrivateKey& recipient, ByteView enc, ByteView info, ByteView aad,
                              ByteView ciphertext) {
  return hpke_open_with(HpkeAead::aes_256_gcm, recipient, enc, info, aad, ciphertext);
}

}  // namespace sallyport
