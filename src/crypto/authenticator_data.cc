#include "crypto/authenticator_data.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "crypto/cbor.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::size_t rp_id_hash_length = 32;
constexpr std::size_t aaguid_length = 16;
constexpr std::size_t credential_header_length = aaguid_length + 2;  // and the length of the credential id

// COSE key parameters, RFC 9052 section 7.1 and RFC 9053 section 7.1.1.
constexpr std::int64_t cose_kty = 1;
constexpr std::int64_t cose_alg = 3;
constexpr std::int64_t cose_crv = -1;
constexpr std::int64_t cose_x = -2;
constexpr std::int64_t cose_y = -3;
constexpr std::int64_t cose_kty_ec2 = 2;
constexpr std::int64_t cose_alg_es256 = -7;
constexpr std::int64_t cose_crv_p256 = 1;

Result<void> expect_pair(CborReader& reader, std::int64_t key, std::int64_t value, std::string_view complaint) {
  SP_TRY(const auto found_key, reader.integer());
  SP_TRY(const auto found_value, reader.integer());
  if (found_key == key && found_value == value) return {};
  return fault(FaultKind::invalid, std::string(complaint), "register an ES256 credential");
}

Result<ByteView> coordinate(CborReader& reader, std::int64_t key) {
  SP_TRY(const auto found_key, reader.integer());
  SP_TRY(const auto value, reader.byte_string());
  if (found_key != key || value.size() != es256_coordinates_length / 2)
    return fault(FaultKind::invalid, "the credential key does not hold x and y of 32 bytes each",
                 "register an ES256 credential");
  return value;
}

// The canonical order (CTAP 2.1 section 8) of the five parameters that an ES256 key has: WebAuthn
// L3 section 6.5.1.1 allows it no others.
Result<Es256PublicKey> parse_cose_key(CborReader& reader) {
  SP_TRY(const auto pairs, reader.map_header());
  SP_CHECK(expect_pair(reader, cose_kty, cose_kty_ec2, "the credential key is not an elliptic-curve key"));
  SP_CHECK(expect_pair(reader, cose_alg, cose_alg_es256, "the credential algorithm is not ES256"));
  SP_CHECK(expect_pair(reader, cose_crv, cose_crv_p256, "the credential key is not on the curve P-256"));
  if (pairs != 5)
    return fault(FaultKind::invalid, "the credential key does not have exactly five parameters",
                 "register an ES256 credential");
  SP_TRY(const auto x, coordinate(reader, cose_x));
  SP_TRY(const auto y, coordinate(reader, cose_y));
  std::array<std::uint8_t, es256_coordinates_length> coordinates{};
  std::ranges::copy(y, std::ranges::copy(x, coordinates.begin()).out);
  return Es256PublicKey::from_coordinates(coordinates);
}

std::size_t credential_id_length(ByteView header) {
  return static_cast<std::size_t>((header[aaguid_length] << 8) | header[aaguid_length + 1]);
}

}  // namespace

Result<AuthenticatorData> parse_authenticator_data(ByteView bytes) {
  if (bytes.size() < authenticator_data_length_min || bytes.size() > authenticator_data_length_max)
    return fault(FaultKind::invalid, concat("authenticator data of ", bytes.size(), " bytes, expected ",
                                            authenticator_data_length_min, " to ", authenticator_data_length_max));
  AuthenticatorData data;
  data.rp_id_hash = bytes.first(rp_id_hash_length);
  data.flags = bytes[rp_id_hash_length];
  for (const auto byte : bytes.subspan(rp_id_hash_length + 1, 4)) data.sign_count = (data.sign_count << 8) | byte;

  auto rest = bytes.subspan(authenticator_data_length_min);
  if (data.has(flag_attested_credential)) {
    if (rest.size() < credential_header_length)
      return fault(FaultKind::invalid, "the attested credential data ends too early");
    const auto aaguid = rest.first(aaguid_length);
    const auto id_length = credential_id_length(rest);
    rest = rest.subspan(credential_header_length);
    if (id_length == 0 || id_length > credential_id_length_max)
      return fault(FaultKind::invalid,
                   concat("a credential id of ", id_length, " bytes, expected 1 to ", credential_id_length_max));
    if (id_length > rest.size()) return fault(FaultKind::invalid, "the attested credential data ends too early");
    const auto credential_id = rest.first(id_length);
    rest = rest.subspan(id_length);
    CborReader reader(rest);
    SP_TRY(auto key, parse_cose_key(reader));
    rest = rest.subspan(reader.offset());
    data.attested = AttestedCredential{aaguid, credential_id, std::move(key)};
  }
  if (data.has(flag_extensions)) {
    CborReader reader(rest);
    const auto is_map = !rest.empty() && (rest.front() >> 5) == 5;
    if (!is_map) return fault(FaultKind::invalid, "the authenticator extensions are not a CBOR map");
    SP_TRY(data.extensions, reader.item());
    rest = rest.subspan(reader.offset());
  }
  if (!rest.empty())
    return fault(FaultKind::invalid, concat(rest.size(), " bytes stand behind the authenticator data"));
  return data;
}

Result<void> check_authenticator_data(const AuthenticatorData& data, std::string_view rp_id,
                                      bool user_verification_required) {
  const auto expected = sha256(view_of(rp_id));
  if (!std::ranges::equal(data.rp_id_hash, expected.bytes))
    return fault(FaultKind::invalid, "the authenticator data is for another relying party (rpIdHash)",
                 "use the credential on the site it was registered for");
  if (!data.has(flag_user_present))
    return fault(FaultKind::invalid, "the authenticator did not see a person (user presence flag)",
                 "touch the authenticator when it asks");
  if (user_verification_required && !data.has(flag_user_verified))
    return fault(FaultKind::invalid, "the authenticator did not verify its user (user verification flag)",
                 "unlock the authenticator with its PIN or biometric");
  if (data.has(flag_backed_up) && !data.has(flag_backup_eligible))
    return fault(FaultKind::invalid, "the credential says it is backed up but not eligible for backup",
                 "use another authenticator");
  return {};
}

}  // namespace sallyport
