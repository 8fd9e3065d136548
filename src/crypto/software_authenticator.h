// A passkey made of software, for the demo and the tests: it always says that its user is present
// and verified. It proves nothing about a person, so its credentials carry an AAGUID of their own,
// and production configurations refuse that AAGUID.
//
// Threads: const members may be used from many threads at once.
// Randomness: the ECDSA nonce is drawn by libcrypto, the one thing in crypto/ that is not a function
// of its arguments; two assertions over the same challenge differ in their signatures.
// Errors: create() faults on a seed that is no P-256 scalar.
//
//   SP_TRY(const auto passkey, SoftwareAuthenticator::create(seed, "example.org"));
//   auto assertion = passkey.make_assertion(challenge, "https://example.org", counter);
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/es256.h"
#include "crypto/secret.h"
#include "crypto/webauthn.h"

struct evp_pkey_st;

namespace sallyport {

// "sallyport-softke": sixteen bytes are all an AAGUID has.
inline constexpr std::array<std::uint8_t, 16> software_authenticator_aaguid = {'s', 'a', 'l', 'l', 'y', 'p', 'o', 'r',
                                                                               't', '-', 's', 'o', 'f', 't', 'k', 'e'};

struct SoftwareRegistration {
  Bytes attestation_object;  // format "none"
  Bytes client_data_json;
};

class SoftwareAuthenticator {
 public:
  // `scalar`: 32 bytes, the private key itself, between 1 and the order of P-256.
  [[nodiscard]] static Result<SoftwareAuthenticator> create(const SecretBytes& scalar, std::string_view rp_id);

  [[nodiscard]] SoftwareRegistration make_registration(ByteView challenge, std::string_view origin) const;
  // `user_verified`: with PIN or finger; without it somebody touched it, whoever that was (WebAuthn, 6.1).
  [[nodiscard]] Assertion make_assertion(ByteView challenge, std::string_view origin, std::uint32_t sign_count,
                                         bool user_verified = true) const;

  [[nodiscard]] const Es256PublicKey& public_key() const noexcept { return public_key_; }
  [[nodiscard]] const Bytes& credential_id() const noexcept { return credential_id_; }  // 32 bytes, from the key

 private:
  SoftwareAuthenticator(std::shared_ptr<evp_pkey_st> key, Es256PublicKey public_key, std::string_view rp_id);
  [[nodiscard]] Bytes authenticator_data(std::uint8_t flags, std::uint32_t sign_count) const;
  [[nodiscard]] Bytes sign(ByteView message) const;

  std::shared_ptr<evp_pkey_st> key_;
  Es256PublicKey public_key_;
  std::string rp_id_;
  Bytes credential_id_;
};

}  // namespace sallyport
