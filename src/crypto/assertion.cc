#include "crypto/assertion.h"

#include <string_view>

#include "crypto/cbor.h"
#include "crypto/fido_owned.h"
#include "crypto/hash.h"
#include "crypto/openssl_owned.h"

namespace sallyport {
namespace {

constexpr std::string_view again = "start the ceremony again with the registered authenticator";

Result<void> accepted(int code, std::string_view what) { return fido_accepted(code, what, again); }

// libfido2 wants to be told of the extension outputs it knows, and refuses others of that kind. We
// ask for none, and section 7.2 step 18 has us ignore what comes unasked.
Result<void> expect_extensions(fido_assert_t* statement, ByteView extensions) {
  CborReader reader(extensions);
  SP_TRY(const auto pairs, reader.map_header());
  for (std::size_t i = 0; i < pairs; ++i) {
    SP_TRY(const auto name, reader.text_string());
    SP_CHECK(reader.item());
    const int known = name == "hmac-secret" ? FIDO_EXT_HMAC_SECRET : name == "credBlob" ? FIDO_EXT_CRED_BLOB : 0;
    if (known != 0)
      SP_CHECK(accepted(fido_assert_set_extensions(statement, known), "an authenticator extension is refused"));
  }
  return {};
}

Result<OwnedFidoAssertion> load_statement(const Assertion& assertion, const AuthenticatorData& data,
                                          const AssertionExpectation& expected) {
  auto owned = new_fido_assertion();
  auto* const statement = owned.get();
  const auto hash = sha256(assertion.client_data_json);
  const auto& raw = assertion.authenticator_data;
  const auto& signature = assertion.signature;
  const auto verification = expected.user_verification_required ? FIDO_OPT_TRUE : FIDO_OPT_OMIT;
  SP_CHECK(accepted(fido_assert_set_clientdata_hash(statement, hash.bytes.data(), hash.bytes.size()),
                    "the client data is refused"));
  SP_CHECK(accepted(fido_assert_set_rp(statement, expected.rp_id.c_str()), "the relying party is refused"));
  SP_CHECK(accepted(fido_assert_set_up(statement, FIDO_OPT_TRUE), "the assertion options are refused"));
  SP_CHECK(accepted(fido_assert_set_uv(statement, verification), "the assertion options are refused"));
  if (data.extensions) SP_CHECK(expect_extensions(statement, *data.extensions));
  SP_CHECK(accepted(fido_assert_set_count(statement, 1), "the assertion is refused"));
  SP_CHECK(accepted(fido_assert_set_authdata_raw(statement, 0, raw.data(), raw.size()),
                    "the authenticator data is refused"));
  SP_CHECK(accepted(fido_assert_set_sig(statement, 0, signature.data(), signature.size()), "the signature is refused"));
  return owned;
}

}  // namespace

Result<void> verify_assertion_statement(const Es256PublicKey& key, const Assertion& assertion,
                                        const AuthenticatorData& data, const AssertionExpectation& expected) {
  const OpensslErrorScope errors;
  SP_TRY(const auto statement, load_statement(assertion, data, expected));
  const int code = fido_assert_verify(statement.get(), 0, COSE_ES256, key.libfido2_key());
  if (code == FIDO_ERR_INVALID_SIG)
    return fault(FaultKind::invalid, "the signature was not made by the registered credential over this statement",
                 std::string(again));
  return accepted(code, "the assertion is refused");
}

}  // namespace sallyport
