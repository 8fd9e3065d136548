#include "crypto/secret.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <new>
#include <utility>

namespace sallyport {

SecretBytes::~SecretBytes() { wipe_self(); }

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  wipe_self();
  bytes_ = std::move(other.bytes_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretBytes SecretBytes::copy_of(ByteView bytes) {
  SecretBytes secret;
  if (bytes.empty()) return secret;
  secret.bytes_.reset(static_cast<std::uint8_t*>(OPENSSL_secure_malloc(bytes.size())));
  if (!secret.bytes_) throw std::bad_alloc();
  secret.size_ = bytes.size();
  std::ranges::copy(bytes, secret.bytes_.get());
  return secret;
}

SecretBytes SecretBytes::take(Bytes&& source) {
  auto secret = copy_of(source);
  wipe(source);
  return secret;
}

SecretBytes SecretBytes::take(std::string&& source) {
  auto secret = copy_of(view_of(source));
  wipe(source);
  return secret;
}

bool SecretBytes::equals_constant_time(ByteView other) const noexcept { return equal_constant_time(reveal(), other); }

void SecretBytes::Free::operator()(std::uint8_t* block) const noexcept { OPENSSL_secure_free(block); }

void SecretBytes::wipe_self() noexcept {
  if (bytes_) OPENSSL_cleanse(bytes_.get(), size_);
  bytes_.reset();
  size_ = 0;
}

bool equal_constant_time(ByteView a, ByteView b) noexcept {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& text) noexcept {
  // Growing into the capacity never allocates, and brings bytes of an earlier, longer value into reach.
  text.resize(text.capacity());
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void wipe(Bytes& bytes) noexcept {
  bytes.resize(bytes.capacity());
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace sallyport
