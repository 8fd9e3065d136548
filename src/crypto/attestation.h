// Attestation objects and their statements: WebAuthn Level 3 sections 6.5.4, 8.2 ("packed") and 8.7
// ("none"). For the sources of crypto/ only. The structure is read by us, the statement's signature
// is verified by libfido2 from the same bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/authenticator_data.h"
#include "crypto/webauthn.h"

namespace sallyport {

inline constexpr std::size_t attestation_object_length_max = 8192;  // 2 KiB of data, and a few certificates of 1 KiB

struct AttestationObject {
  std::string_view format;
  ByteView statement;  // one CBOR map
  ByteView authenticator_data;
};

struct AttestationVerdict {
  Registration::Attestation kind = Registration::Attestation::none;
  Bytes certificate;
};

[[nodiscard]] Result<AttestationObject> parse_attestation_object(ByteView bytes);
[[nodiscard]] Result<AttestationVerdict> verify_attestation(const AttestationObject& object,
                                                            const AuthenticatorData& data,
                                                            const Digest& client_data_hash, const std::string& rp_id);

}  // namespace sallyport
