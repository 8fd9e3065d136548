// The bytes an authenticator signs: WebAuthn Level 3 section 6.1, "Authenticator Data", with the
// attested credential data of section 6.5.2. For the sources of crypto/ only. Parsing is strict and
// complete: every byte belongs to a field, and nothing stands behind the last one.
//
// Views point into the bytes given to parse_authenticator_data().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/es256.h"

namespace sallyport {

inline constexpr std::uint8_t flag_user_present = 0x01;
inline constexpr std::uint8_t flag_user_verified = 0x04;
inline constexpr std::uint8_t flag_backup_eligible = 0x08;
inline constexpr std::uint8_t flag_backed_up = 0x10;
inline constexpr std::uint8_t flag_attested_credential = 0x40;
inline constexpr std::uint8_t flag_extensions = 0x80;

inline constexpr std::size_t authenticator_data_length_min = 37;    // hash, flags and counter
inline constexpr std::size_t authenticator_data_length_max = 2048;  // 1023 bytes of id, a key, and room for extensions
inline constexpr std::size_t credential_id_length_max = 1023;  // WebAuthn L3 section 7.1, step 25

struct AttestedCredential {
  ByteView aaguid;  // 16 bytes
  ByteView credential_id;
  Es256PublicKey key;
};

struct AuthenticatorData {
  ByteView rp_id_hash;  // 32 bytes
  std::uint8_t flags = 0;
  std::uint32_t sign_count = 0;
  std::optional<AttestedCredential> attested = {};
  std::optional<ByteView> extensions = {};  // one CBOR map

  [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

[[nodiscard]] Result<AuthenticatorData> parse_authenticator_data(ByteView bytes);

// The steps that both ceremonies share: rpIdHash, UP, UV and "not backed up unless eligible".
[[nodiscard]] Result<void> check_authenticator_data(const AuthenticatorData& data, std::string_view rp_id,
                                                    bool user_verification_required);

}  // namespace sallyport
