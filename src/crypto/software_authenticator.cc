#include "crypto/software_authenticator.h"

#include <utility>

#include "base/assert.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/authenticator_data.h"
#include "crypto/hash.h"
#include "crypto/p256.h"

namespace sallyport {
namespace {

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

// The member order of WebAuthn L3 section 5.8.1.1, as browsers write it.
Bytes client_data(std::string_view type, ByteView challenge, std::string_view origin) {
  return bytes_of(concat(R"({"type":")", type, R"(","challenge":")", to_base64url(challenge), R"(","origin":)",
                         to_text(Json(origin)), R"(,"crossOrigin":false})"));
}

// {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CTAP2 canonical CBOR.
Bytes cose_key(const Es256PublicKey& key) {
  const ByteView coordinates = key.coordinates();
  Bytes out = {0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20};
  append(out, coordinates.first(32));
  append(out, Bytes{0x22, 0x58, 0x20});
  append(out, coordinates.last(32));
  return out;
}

// {"fmt": "none", "attStmt": {}, "authData": ...}
Bytes attestation_object(ByteView authenticator_data) {
  SALLYPORT_ASSERT(authenticator_data.size() < 256);
  Bytes out = {0xa3, 0x63};
  append(out, view_of("fmt"));
  out.push_back(0x64);
  append(out, view_of("none"));
  out.push_back(0x67);
  append(out, view_of("attStmt"));
  append(out, Bytes{0xa0, 0x68});
  append(out, view_of("authData"));
  append(out, Bytes{0x58, static_cast<std::uint8_t>(authenticator_data.size())});
  append(out, authenticator_data);
  return out;
}

}  // namespace

Result<SoftwareAuthenticator> SoftwareAuthenticator::create(const SecretBytes& scalar, std::string_view rp_id) {
  SP_TRY(auto pair, p256_key_pair(scalar));
  SP_TRY(auto public_key, Es256PublicKey::from_coordinates(ByteView(pair.point).subspan(1)));
  return SoftwareAuthenticator(std::move(pair.key), std::move(public_key), rp_id);
}

SoftwareAuthenticator::SoftwareAuthenticator(std::shared_ptr<evp_pkey_st> key, Es256PublicKey public_key,
                                             std::string_view rp_id)
    : key_(std::move(key)), public_key_(std::move(public_key)), rp_id_(rp_id) {
  const auto digest = sha256({view_of("sallyport software credential"), public_key_.coordinates()});
  credential_id_.assign(digest.bytes.begin(), digest.bytes.end());
}

SoftwareRegistration SoftwareAuthenticator::make_registration(ByteView challenge, std::string_view origin) const {
  auto data = authenticator_data(flag_user_present | flag_user_verified | flag_attested_credential, 0);
  append(data, software_authenticator_aaguid);
  append(data, Bytes{0x00, static_cast<std::uint8_t>(credential_id_.size())});
  append(data, credential_id_);
  append(data, cose_key(public_key_));
  return {attestation_object(data), client_data("webauthn.create", challenge, origin)};
}

Assertion SoftwareAuthenticator::make_assertion(ByteView challenge, std::string_view origin, std::uint32_t sign_count,
                                                bool user_verified) const {
  const auto flags = static_cast<std::uint8_t>(flag_user_present | (user_verified ? flag_user_verified : 0));
  Assertion assertion{authenticator_data(flags, sign_count), client_data("webauthn.get", challenge, origin), {}};
  auto message = assertion.authenticator_data;
  append(message, view_of(sha256(assertion.client_data_json)));
  assertion.signature = sign(message);
  return assertion;
}

Bytes SoftwareAuthenticator::authenticator_data(std::uint8_t flags, std::uint32_t sign_count) const {
  const auto rp_id_hash = sha256(view_of(rp_id_));
  Bytes data(rp_id_hash.bytes.begin(), rp_id_hash.bytes.end());
  data.push_back(flags);
  for (const int shift : {24, 16, 8, 0}) data.push_back(static_cast<std::uint8_t>(sign_count >> shift));
  return data;
}

Bytes SoftwareAuthenticator::sign(ByteView message) const {
  const OpensslErrorScope errors;
  Bytes signature(es256_signature_length_max);
  std::size_t length = signature.size();
  const OwnedMdContext context(EVP_MD_CTX_new());
  SALLYPORT_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  SALLYPORT_ASSERT(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()) == 1);
  signature.resize(length);
  return signature;
}

}  // namespace sallyport
