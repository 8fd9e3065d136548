// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104), HKDF-SHA-256 (RFC 5869) and the two hashes of a
// Merkle tree (RFC 6962 section 2.1). Pure functions of their arguments; any number of threads.
// They have no errors to report: these algorithms accept every input of a size that fits in memory,
// and a refusal by the library is a bug and asserts.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace sallyport {

[[nodiscard]] Digest sha256(ByteView bytes);
// The digest of the parts one after the other. Lengths are not mixed in: where the boundary between
// two parts matters, the caller writes it down.
[[nodiscard]] Digest sha256(std::initializer_list<ByteView> parts);

// For what does not fit in memory at once. finish() gives the digest and starts afresh.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  Sha256& update(ByteView bytes);
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// RFC 6962 section 2.1: a leaf starts with 0x00 and a node with 0x01, so that neither can pass for
// the other.
[[nodiscard]] Digest hash_leaf(ByteView entry);
[[nodiscard]] Digest hash_node(const Digest& left, const Digest& right);

[[nodiscard]] Digest hmac_sha256(const SecretBytes& key, std::initializer_list<ByteView> parts);

// RFC 5869 sections 2.2 and 2.3. Parts are joined without lengths, as above.
[[nodiscard]] SecretBytes hkdf_extract_sha256(ByteView salt, std::initializer_list<ByteView> input);
[[nodiscard]] SecretBytes hkdf_expand_sha256(const SecretBytes& pseudorandom_key, std::initializer_list<ByteView> info,
                                             std::size_t length);
inline constexpr std::size_t hkdf_sha256_length_max = 255 * 32;  // RFC 5869 section 2.3; more asserts

}  // namespace sallyport
