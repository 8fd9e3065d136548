#include "crypto/at_rest.h"

#include <utility>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/aes_gcm.h"

namespace sallyport {
namespace {

constexpr std::size_t overhead = aes_gcm_nonce_length + aes_gcm_tag_length;
static_assert(at_rest_nonce_length == aes_gcm_nonce_length);

}  // namespace

Bytes seal_at_rest(const SecretBytes& key, ByteView nonce, ByteView aad, const SecretBytes& secret) {
  SALLYPORT_ASSERT(key.size() == at_rest_key_length);
  SALLYPORT_ASSERT(secret.size() <= at_rest_secret_length_max);
  const auto ciphertext = aes_gcm_seal(key, nonce, aad, secret);
  Bytes out;
  out.reserve(nonce.size() + ciphertext.size());
  out.insert(out.end(), nonce.begin(), nonce.end());
  out.insert(out.end(), ciphertext.begin(), ciphertext.end());
  return out;
}

Result<SecretBytes> open_at_rest(const SecretBytes& key, ByteView aad, ByteView sealed) {
  if (key.size() != at_rest_key_length)
    return fault(FaultKind::invalid, concat("the key for secrets at rest has ", key.size(), " bytes, expected 32"),
                 "check the key file named in the configuration");
  if (sealed.size() < overhead || sealed.size() > at_rest_secret_length_max + overhead)
    return fault(FaultKind::corrupt, concat("a sealed secret of ", sealed.size(), " bytes"),
                 "restore the row from a backup, or enroll again");
  auto opened = aes_gcm_open(key, sealed.first(aes_gcm_nonce_length), aad, sealed.subspan(aes_gcm_nonce_length));
  if (!opened)
    return fault(FaultKind::corrupt, "a sealed secret does not open: another key, another row, or changed bytes",
                 "check the key file, then restore the row from a backup or enroll again");
  return std::move(*opened);
}

}  // namespace sallyport
