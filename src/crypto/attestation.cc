#include "crypto/attestation.h"

#include "base/text.h"
#include "crypto/cbor.h"
#include "crypto/fido_owned.h"
#include "crypto/openssl_owned.h"

namespace sallyport {
namespace {

constexpr std::string_view other_attestation = "register with attestation \"none\" or a FIDO2 security key";

Result<void> accepted(int code, std::string_view what) { return fido_accepted(code, what, other_attestation); }

struct PackedStatement {
  std::int64_t algorithm = 0;
  bool has_signature = false;
  bool has_certificates = false;
};

// alg, sig and x5c are all that section 8.2 knows.
Result<PackedStatement> parse_packed_statement(ByteView bytes) {
  CborReader reader(bytes);
  PackedStatement statement;
  SP_TRY(const auto pairs, reader.map_header());
  bool has_algorithm = false;
  for (std::size_t i = 0; i < pairs; ++i) {
    SP_TRY(const auto key, reader.text_string());
    if (key == "alg" && !has_algorithm) {
      SP_TRY(statement.algorithm, reader.integer());
      has_algorithm = true;
    } else if (key == "sig" && !statement.has_signature) {
      SP_CHECK(reader.byte_string());
      statement.has_signature = true;
    } else if (key == "x5c" && !statement.has_certificates) {
      SP_CHECK(reader.item());
      statement.has_certificates = true;
    } else {
      return fault(FaultKind::invalid, "the packed attestation statement has an unknown or repeated member",
                   std::string(other_attestation));
    }
  }
  if (has_algorithm && statement.has_signature) return statement;
  return fault(FaultKind::invalid, "the packed attestation statement lacks its algorithm or signature",
               std::string(other_attestation));
}

// libfido2 wants to be told which extension outputs to expect, and refuses others. Browsers ask for
// these two unasked: credProtect with discoverable credentials, hmac-secret for the prf extension.
Result<void> expect_extensions(fido_cred_t* credential, ByteView extensions) {
  CborReader reader(extensions);
  SP_TRY(const auto pairs, reader.map_header());
  for (std::size_t i = 0; i < pairs; ++i) {
    SP_TRY(const auto name, reader.text_string());
    if (name == "credProtect") {
      SP_TRY(const auto level, reader.integer());
      if (level < FIDO_CRED_PROT_UV_OPTIONAL || level > FIDO_CRED_PROT_UV_REQUIRED)
        return fault(FaultKind::invalid, "the credProtect extension has an unknown level");
      SP_CHECK(
          accepted(fido_cred_set_prot(credential, static_cast<int>(level)), "the credProtect extension is refused"));
    } else if (name == "hmac-secret") {
      SP_CHECK(reader.item());
      SP_CHECK(
          accepted(fido_cred_set_extensions(credential, FIDO_EXT_HMAC_SECRET), "the hmac-secret extension is refused"));
    } else {
      SP_CHECK(reader.item());  // unsolicited extensions are ignored, section 7.1 step 28; libfido2 has the last word
    }
  }
  return {};
}

Result<OwnedFidoCredential> load_credential(const AttestationObject& object, const AuthenticatorData& data,
                                            const Digest& client_data_hash, const std::string& rp_id) {
  auto owned = new_fido_credential();
  auto* const credential = owned.get();
  const std::string format(object.format);
  const auto& hash = client_data_hash.bytes;
  SP_CHECK(accepted(fido_cred_set_type(credential, COSE_ES256), "the credential type is refused"));
  SP_CHECK(accepted(fido_cred_set_clientdata_hash(credential, hash.data(), hash.size()), "the client data is refused"));
  SP_CHECK(accepted(fido_cred_set_rp(credential, rp_id.c_str(), nullptr), "the relying party is refused"));
  SP_CHECK(accepted(fido_cred_set_rk(credential, FIDO_OPT_OMIT), "the credential options are refused"));
  SP_CHECK(accepted(fido_cred_set_uv(credential, FIDO_OPT_TRUE), "the credential options are refused"));
  if (data.extensions) SP_CHECK(expect_extensions(credential, *data.extensions));
  SP_CHECK(accepted(
      fido_cred_set_authdata_raw(credential, object.authenticator_data.data(), object.authenticator_data.size()),
      "the authenticator data is refused"));
  SP_CHECK(accepted(fido_cred_set_fmt(credential, format.c_str()), "the attestation format is refused"));
  return owned;
}

Result<AttestationVerdict> verify_none(const AttestationObject& object) {
  CborReader reader(object.statement);
  SP_TRY(const auto pairs, reader.map_header());
  if (pairs == 0) return AttestationVerdict{};
  return fault(FaultKind::invalid, "the attestation format is none, and yet there is a statement",
               std::string(other_attestation));
}

Result<AttestationVerdict> verify_packed(const AttestationObject& object, fido_cred_t* credential) {
  SP_TRY(const auto statement, parse_packed_statement(object.statement));
  SP_CHECK(accepted(fido_cred_set_attstmt(credential, object.statement.data(), object.statement.size()),
                    "the packed attestation statement is refused"));
  if (!statement.has_certificates) {
    if (statement.algorithm != COSE_ES256)
      return fault(FaultKind::invalid, "the self attestation names another algorithm than its credential",
                   std::string(other_attestation));
    SP_CHECK(accepted(fido_cred_verify_self(credential), "the self attestation does not verify"));
    return AttestationVerdict{Registration::Attestation::self, {}};
  }
  const auto* const certificate = fido_cred_x5c_ptr(credential);
  const auto length = fido_cred_x5c_len(credential);
  if (certificate == nullptr || length == 0)
    return fault(FaultKind::invalid, "the packed attestation has no certificate", std::string(other_attestation));
  SP_CHECK(accepted(fido_cred_verify(credential), "the attestation signature does not verify"));
  return AttestationVerdict{Registration::Attestation::packed_certificate, {certificate, certificate + length}};
}

}  // namespace

Result<AttestationObject> parse_attestation_object(ByteView bytes) {
  if (bytes.size() > attestation_object_length_max)
    return fault(FaultKind::invalid, concat("an attestation object of ", bytes.size(), " bytes, at most ",
                                            attestation_object_length_max, " are read"));
  CborReader reader(bytes);
  AttestationObject object;
  SP_TRY(const auto pairs, reader.map_header());
  for (std::size_t i = 0; i < pairs; ++i) {
    SP_TRY(const auto key, reader.text_string());
    if (key == "fmt" && object.format.empty()) {
      SP_TRY(object.format, reader.text_string());
    } else if (key == "attStmt" && object.statement.empty()) {
      SP_TRY(object.statement, reader.item());
    } else if (key == "authData" && object.authenticator_data.empty()) {
      SP_TRY(object.authenticator_data, reader.byte_string());
    } else {
      return fault(FaultKind::invalid, "the attestation object has an unknown or repeated member");
    }
  }
  if (!reader.at_end()) return fault(FaultKind::invalid, "bytes stand behind the attestation object");
  if (object.format.empty() || object.statement.empty() || object.authenticator_data.empty())
    return fault(FaultKind::invalid, "the attestation object lacks fmt, attStmt or authData");
  return object;
}

Result<AttestationVerdict> verify_attestation(const AttestationObject& object, const AuthenticatorData& data,
                                              const Digest& client_data_hash, const std::string& rp_id) {
  if (object.format != "none" && object.format != "packed")
    return fault(FaultKind::invalid, "the attestation format is neither none nor packed",
                 std::string(other_attestation));
  const OpensslErrorScope errors;
  SP_TRY(const auto credential, load_credential(object, data, client_data_hash, rp_id));
  if (object.format == "none") return verify_none(object);
  return verify_packed(object, credential.get());
}

}  // namespace sallyport
