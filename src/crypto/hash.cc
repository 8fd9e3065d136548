// SHA256_Init and its like are marked deprecated by OpenSSL 3. We call them on purpose, and only in
// this file: the EVP way looks the algorithm up and allocates a context, which costs more than the
// hashing of the 65 bytes of a Merkle node (measured: 0.092 us against 0.127 us a node), and an
// audit hashes some hundred million of them. Both ways run the same code with SHA instructions.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/assert.h"

namespace sallyport {
namespace {

constexpr std::size_t block_size = 64;

void begin(SHA256_CTX& context) { SALLYPORT_ASSERT(SHA256_Init(&context) == 1); }

void add(SHA256_CTX& context, ByteView bytes) {
  SALLYPORT_ASSERT(bytes.empty() || SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
}

Digest end(SHA256_CTX& context) {
  Digest digest;
  SALLYPORT_ASSERT(SHA256_Final(digest.bytes.data(), &context) == 1);
  return digest;
}

// HMAC by its definition: H(key ^ opad, H(key ^ ipad, text)), RFC 2104 section 2. Written out so
// that every copy of the key is on this stack and is wiped on the way out.
class Hmac {
 public:
  explicit Hmac(ByteView key) {
    if (key.size() > block_size) {
      auto short_key = sha256(key);
      std::ranges::copy(short_key.bytes, pad_.begin());
      OPENSSL_cleanse(short_key.bytes.data(), short_key.bytes.size());
    } else {
      std::ranges::copy(key, pad_.begin());
    }
    start_with(0x36);
  }
  ~Hmac() {
    OPENSSL_cleanse(pad_.data(), pad_.size());
    OPENSSL_cleanse(&context_, sizeof context_);
  }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  void update(ByteView bytes) { add(context_, bytes); }

  Digest finish() {
    const auto inner = end(context_);
    start_with(0x36 ^ 0x5c);  // the pad still carries 0x36
    add(context_, view_of(inner));
    return end(context_);
  }

 private:
  void start_with(std::uint8_t mask) {
    for (auto& byte : pad_) byte = static_cast<std::uint8_t>(byte ^ mask);
    begin(context_);
    add(context_, pad_);
  }

  std::array<std::uint8_t, block_size> pad_{};
  SHA256_CTX context_{};
};

SecretBytes as_secret(Digest digest) {
  auto secret = SecretBytes::copy_of(view_of(digest));
  OPENSSL_cleanse(digest.bytes.data(), digest.bytes.size());
  return secret;
}

}  // namespace

struct Sha256::State {
  SHA256_CTX context{};
  ~State() { OPENSSL_cleanse(&context, sizeof context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) { begin(state_->context); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(ByteView bytes) {
  add(state_->context, bytes);
  return *this;
}

Digest Sha256::finish() {
  const auto digest = end(state_->context);
  begin(state_->context);
  return digest;
}

Digest sha256(ByteView bytes) { return sha256({bytes}); }

Digest sha256(std::initializer_list<ByteView> parts) {
  SHA256_CTX context;
  begin(context);
  for (const auto part : parts) add(context, part);
  return end(context);
}

Digest hash_leaf(ByteView entry) {
  constexpr std::array<std::uint8_t, 1> leaf_prefix{0x00};
  return sha256({leaf_prefix, entry});
}

Digest hash_node(const Digest& left, const Digest& right) {
  constexpr std::array<std::uint8_t, 1> node_prefix{0x01};
  return sha256({node_prefix, left.bytes, right.bytes});
}

Digest hmac_sha256(const SecretBytes& key, std::initializer_list<ByteView> parts) {
  Hmac mac(key.reveal());
  for (const auto part : parts) mac.update(part);
  return mac.finish();
}

SecretBytes hkdf_extract_sha256(ByteView salt, std::initializer_list<ByteView> input) {
  Hmac mac(salt);  // an absent salt is 32 zero bytes, and HMAC pads with zeros: the same key
  for (const auto part : input) mac.update(part);
  return as_secret(mac.finish());
}

SecretBytes hkdf_expand_sha256(const SecretBytes& pseudorandom_key, std::initializer_list<ByteView> info,
                               std::size_t length) {
  SALLYPORT_ASSERT(length <= hkdf_sha256_length_max);
  Bytes output;
  output.reserve(length);
  SecretBytes previous;
  for (std::uint8_t counter = 1; output.size() < length; ++counter) {
    Hmac mac(pseudorandom_key.reveal());
    mac.update(previous.reveal());
    for (const auto part : info) mac.update(part);
    mac.update({&counter, 1});
    previous = as_secret(mac.finish());
    const auto taken = previous.reveal().first(std::min(previous.size(), length - output.size()));
    output.insert(output.end(), taken.begin(), taken.end());
  }
  return SecretBytes::take(std::move(output));
}

}  // namespace sallyport
