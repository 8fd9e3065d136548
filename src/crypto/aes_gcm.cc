#include "crypto/aes_gcm.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "crypto/openssl_owned.h"

namespace sallyport {
namespace {

const EVP_CIPHER* cipher_for(const SecretBytes& key) {
  SALLYPORT_ASSERT(key.size() == 16 || key.size() == 32);
  return key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
}

int as_int(std::size_t length) {
  SALLYPORT_ASSERT(length <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(length);
}

}  // namespace

Bytes aes_gcm_seal(const SecretBytes& key, ByteView nonce, ByteView aad, const SecretBytes& plaintext) {
  const OpensslErrorScope errors;
  SALLYPORT_ASSERT(nonce.size() == aes_gcm_nonce_length);
  const OwnedCipherContext context(EVP_CIPHER_CTX_new());
  SALLYPORT_ASSERT(context != nullptr);
  const auto clear = plaintext.reveal();
  Bytes out(clear.size() + aes_gcm_tag_length);
  int written = 0;
  SALLYPORT_ASSERT(EVP_EncryptInit_ex2(context.get(), cipher_for(key), key.reveal().data(), nonce.data(), nullptr) ==
                   1);
  if (!aad.empty())
    SALLYPORT_ASSERT(EVP_EncryptUpdate(context.get(), nullptr, &written, aad.data(), as_int(aad.size())) == 1);
  if (!clear.empty())
    SALLYPORT_ASSERT(EVP_EncryptUpdate(context.get(), out.data(), &written, clear.data(), as_int(clear.size())) == 1);
  std::array<std::uint8_t, aes_gcm_tag_length> tag{};
  SALLYPORT_ASSERT(EVP_EncryptFinal_ex(context.get(), tag.data(), &written) == 1 && written == 0);
  SALLYPORT_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, as_int(tag.size()), tag.data()) == 1);
  std::ranges::copy(tag, out.end() - aes_gcm_tag_length);
  return out;
}

std::optional<SecretBytes> aes_gcm_open(const SecretBytes& key, ByteView nonce, ByteView aad,
                                        ByteView ciphertext_and_tag) {
  const OpensslErrorScope errors;
  SALLYPORT_ASSERT(nonce.size() == aes_gcm_nonce_length);
  if (ciphertext_and_tag.size() < aes_gcm_tag_length) return std::nullopt;
  const auto ciphertext = ciphertext_and_tag.first(ciphertext_and_tag.size() - aes_gcm_tag_length);
  std::array<std::uint8_t, aes_gcm_tag_length> tag{};
  std::ranges::copy(ciphertext_and_tag.last(aes_gcm_tag_length), tag.begin());
  const OwnedCipherContext context(EVP_CIPHER_CTX_new());
  SALLYPORT_ASSERT(context != nullptr);
  Bytes out(ciphertext.size());
  int written = 0;
  SALLYPORT_ASSERT(EVP_DecryptInit_ex2(context.get(), cipher_for(key), key.reveal().data(), nonce.data(), nullptr) ==
                   1);
  SALLYPORT_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, as_int(tag.size()), tag.data()) == 1);
  if (!aad.empty())
    SALLYPORT_ASSERT(EVP_DecryptUpdate(context.get(), nullptr, &written, aad.data(), as_int(aad.size())) == 1);
  if (!ciphertext.empty())
    SALLYPORT_ASSERT(
        EVP_DecryptUpdate(context.get(), out.data(), &written, ciphertext.data(), as_int(ciphertext.size())) == 1);
  auto clear = SecretBytes::take(std::move(out));  // wiped below when the tag says no
  std::array<std::uint8_t, aes_gcm_tag_length> rest{};
  if (EVP_DecryptFinal_ex(context.get(), rest.data(), &written) != 1) return std::nullopt;
  return clear;
}

}  // namespace sallyport
