// For webauthn_test.cc only: a workshop that builds ceremonies field by field and signs whatever was
// built, so that a mutant is wrong in exactly one property and right in its signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/authenticator_data.h"
#include "crypto/hash.h"
#include "crypto/p256.h"
#include "crypto/test_support.h"
#include "crypto/webauthn.h"

namespace sallyport {

inline const std::string our_rp_id = "desk.example.org";
inline const std::string our_origin = "https://desk.example.org";
inline const Bytes our_challenge(32, 0x5a);

inline void add(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

inline P256KeyPair test_key(std::uint8_t fill = 0x11) { return *p256_key_pair(SecretBytes::take(Bytes(32, fill))); }

inline Es256PublicKey public_of(const P256KeyPair& pair) {
  return *Es256PublicKey::from_coordinates(ByteView(pair.point).subspan(1));
}

inline Bytes sign_with(const P256KeyPair& pair, ByteView message) {
  Bytes signature(es256_signature_length_max);
  std::size_t length = signature.size();
  const OwnedMdContext context(EVP_MD_CTX_new());
  EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, pair.key.get()), 1);
  EXPECT_EQ(EVP_DigestSign(context.get(), signature.data(), &length, message.data(), message.size()), 1);
  signature.resize(length);
  return signature;
}

// libcrypto's opinion of the signature alone, with a key of its own making: the check on libfido2.
inline bool libcrypto_agrees(const Es256PublicKey& key, const Assertion& assertion) {
  Bytes point = {0x04};
  add(point, key.coordinates());
  const auto own = p256_public_key(point);
  auto message = assertion.authenticator_data;
  add(message, view_of(sha256(assertion.client_data_json)));
  const auto& signature = assertion.signature;
  const OpensslErrorScope errors;
  const OwnedMdContext context(EVP_MD_CTX_new());
  return own && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, own->get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

struct ClientDataParts {
  std::string type;
  std::string challenge = to_base64url(our_challenge);
  std::string origin = our_origin;
  std::string tail = R"(,"crossOrigin":false)";

  [[nodiscard]] Bytes bytes() const {
    return bytes_of(
        concat(R"({"type":")", type, R"(","challenge":")", challenge, R"(","origin":")", origin, '"', tail, '}'));
  }
};

struct AuthenticatorDataParts {
  std::string rp_id = our_rp_id;
  std::uint8_t flags = flag_user_present | flag_user_verified;
  std::uint32_t sign_count = 7;
  Bytes attested = {};
  Bytes extensions = {};
  Bytes behind = {};

  [[nodiscard]] Bytes bytes() const {
    const auto hash = sha256(view_of(rp_id));
    Bytes out(hash.bytes.begin(), hash.bytes.end());
    out.push_back(flags);
    for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<std::uint8_t>(sign_count >> shift));
    add(out, attested);
    add(out, extensions);
    add(out, behind);
    return out;
  }
};

struct AssertionParts {
  ClientDataParts client = {.type = "webauthn.get"};
  AuthenticatorDataParts data = {};

  [[nodiscard]] Assertion signed_by(const P256KeyPair& pair) const {
    Assertion assertion{data.bytes(), client.bytes(), {}};
    auto message = assertion.authenticator_data;
    add(message, view_of(sha256(assertion.client_data_json)));
    assertion.signature = sign_with(pair, message);
    return assertion;
  }
};

inline Bytes cose_key_of(const P256KeyPair& pair, std::uint8_t algorithm = 0x26) {
  Bytes out = {0xa5, 0x01, 0x02, 0x03, algorithm, 0x20, 0x01, 0x21, 0x58, 0x20};
  add(out, ByteView(pair.point).subspan(1, 32));
  add(out, Bytes{0x22, 0x58, 0x20});
  add(out, ByteView(pair.point).subspan(33, 32));
  return out;
}

inline Bytes attested_credential(ByteView cose_key, std::size_t id_length = 16) {
  Bytes out(16, 0xaa);
  add(out, Bytes{static_cast<std::uint8_t>(id_length >> 8), static_cast<std::uint8_t>(id_length)});
  add(out, Bytes(id_length, 0x1d));
  add(out, cose_key);
  return out;
}

inline Bytes cbor_text(std::string_view text) {
  Bytes out = {static_cast<std::uint8_t>(0x60 + text.size())};
  add(out, view_of(text));
  return out;
}

inline Bytes cbor_bytes(ByteView content) {
  Bytes out = {0x59, static_cast<std::uint8_t>(content.size() >> 8), static_cast<std::uint8_t>(content.size())};
  if (content.size() < 256) out = {0x58, static_cast<std::uint8_t>(content.size())};
  add(out, content);
  return out;
}

struct RegistrationParts {
  ClientDataParts client = {.type = "webauthn.create"};
  AuthenticatorDataParts data = {.flags = flag_user_present | flag_user_verified | flag_attested_credential,
                                 .sign_count = 0,
                                 .attested = attested_credential(cose_key_of(test_key()))};
  std::string format = "none";
  Bytes statement = {0xa0};
  Bytes behind = {};

  [[nodiscard]] Bytes object() const {
    Bytes out = {0xa3};
    add(out, cbor_text("fmt"));
    add(out, cbor_text(format));
    add(out, cbor_text("attStmt"));
    add(out, statement);
    add(out, cbor_text("authData"));
    add(out, cbor_bytes(data.bytes()));
    add(out, behind);
    return out;
  }
  // {"alg": ..., "sig": ...}: self attestation, section 8.2.
  void attest_with(const P256KeyPair& pair, std::uint8_t algorithm = 0x26) {
    auto message = data.bytes();
    add(message, view_of(sha256(client.bytes())));
    format = "packed";
    statement = {0xa2};
    add(statement, cbor_text("alg"));
    statement.push_back(algorithm);
    add(statement, cbor_text("sig"));
    add(statement, cbor_bytes(sign_with(pair, message)));
  }
};

}  // namespace sallyport
