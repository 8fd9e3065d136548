#include "shell/directories/password_hash.h"

#include <openssl/evp.h>

#include <charconv>

#include "base/text.h"

namespace sallyport {
namespace {

constexpr std::string_view scheme = "pbkdf2-sha256$";
constexpr std::size_t salt_bytes = 16;
constexpr std::size_t hash_bytes = 32;

Result<Bytes> derive(const SecretBytes& password, ByteView salt, unsigned iterations) {
  const auto bytes = password.reveal();
  Bytes out(hash_bytes);
  const int done = PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(bytes.data()), static_cast<int>(bytes.size()),
                                     salt.data(), static_cast<int>(salt.size()), static_cast<int>(iterations),
                                     EVP_sha256(), static_cast<int>(out.size()), out.data());
  if (done != 1) return fault(FaultKind::unavailable, "the crypto library could not hash a password");
  return out;
}

struct Stored {
  unsigned iterations = 0;
  Bytes salt;
  Bytes hash;
};

std::optional<Stored> parse(std::string_view text) {
  if (!text.starts_with(scheme)) return std::nullopt;
  text.remove_prefix(scheme.size());
  const auto first = text.find('$');
  const auto second = text.find('$', first == text.npos ? first : first + 1);
  if (second == text.npos) return std::nullopt;
  Stored stored;
  const auto number = text.substr(0, first);
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), stored.iterations);
  if (error != std::errc{} || stop != number.data() + number.size()) return std::nullopt;
  if (stored.iterations == 0 || stored.iterations > kdf_iterations_max) return std::nullopt;
  auto salt = from_base64(text.substr(first + 1, second - first - 1));
  auto hash = from_base64(text.substr(second + 1));
  if (!salt || !hash || salt->size() != salt_bytes || hash->size() != hash_bytes) return std::nullopt;
  stored.salt = std::move(*salt);
  stored.hash = std::move(*hash);
  return stored;
}

}  // namespace

Result<std::string> hash_password(const SecretBytes& password, unsigned iterations, Entropy& entropy) {
  if (iterations == 0 || iterations > kdf_iterations_max)
    return fault(FaultKind::invalid, "the number of hashing iterations is out of range");
  SP_TRY(const auto salt, entropy.bytes(salt_bytes));
  SP_TRY(const auto hash, derive(password, salt, iterations));
  return concat(scheme, iterations, '$', to_base64(salt), '$', to_base64(hash));
}

Result<bool> password_matches(const SecretBytes& password, std::string_view stored_text) {
  const auto stored = parse(stored_text);
  if (!stored) return fault(FaultKind::corrupt, "a stored password hash cannot be read");
  SP_TRY(const auto hash, derive(password, stored->salt, stored->iterations));
  return equal_constant_time(hash, stored->hash);
}

}  // namespace sallyport
