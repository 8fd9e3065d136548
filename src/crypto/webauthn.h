// Passkeys, the relying party's side: WebAuthn Level 3 sections 7.1 (registration) and 7.2
// (assertion), for ES256 credentials.
//
// Who checks what. clientDataJSON, rpIdHash, the flags and every size are checked by us, so that a
// refusal names the step that failed. Then libfido2 verifies the signature, of an assertion and of an
// attestation with its certificate formats, and checks rpIdHash and flags once more. It makes the key
// anew for each assertion: measured, 85 us against 54 us with libcrypto and a kept key. We take the
// well-kept library all the same; an audit of a hundred thousand approvals waits three seconds longer.
// webauthn_test.cc holds libcrypto's own verdict against it.
//
// What is left to the caller, because it needs memory: that the credential belongs to the account
// and is new at registration, that the challenge was issued, is fresh and is used once, what a sign
// count that does not grow means, and which AAGUIDs and attestation certificates are trusted.
//
// Pure functions of their arguments; any number of threads. Errors: one fault for each step, and no
// fault holds more of the input than an origin.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/es256.h"

namespace sallyport {

struct Assertion {
  Bytes authenticator_data;
  Bytes client_data_json;
  Bytes signature;
};

struct AssertionExpectation {
  std::string rp_id;
  std::vector<std::string> origins;  // compared as exact text
  Bytes challenge;                   // at least 16 bytes
  bool user_verification_required = true;
};

struct AssertionFacts {
  bool user_verified = false;
  bool backup_eligible = false;
  bool backed_up = false;
  std::uint32_t sign_count = 0;
  friend bool operator==(const AssertionFacts&, const AssertionFacts&) = default;
};

[[nodiscard]] Result<AssertionFacts> verify_assertion(const Es256PublicKey& key, const Assertion& assertion,
                                                      const AssertionExpectation& expected);

// User verification is always required here: a passkey that nobody unlocked at its birth is no passkey.
struct RegistrationExpectation {
  std::string rp_id;
  std::vector<std::string> origins;
  Bytes challenge;
};

struct Registration {
  enum class Attestation {
    none,                // nothing is said about the maker; the AAGUID is hearsay
    self,                // signed with the credential's own key; the AAGUID is hearsay
    packed_certificate,  // signed by the certificate given; whose it is, the caller decides
  };
  Bytes credential_id;  // 1 to 1023 bytes
  Es256PublicKey key;
  std::array<std::uint8_t, 16> aaguid{};
  std::uint32_t sign_count = 0;
  bool backup_eligible = false;
  Attestation attestation = Attestation::none;
  Bytes attestation_certificate;  // DER, the leaf; empty unless packed_certificate
};

[[nodiscard]] Result<Registration> verify_registration(ByteView attestation_object, ByteView client_data_json,
                                                       const RegistrationExpectation& expected);

}  // namespace sallyport
