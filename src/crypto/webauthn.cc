#include "crypto/webauthn.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "crypto/assertion.h"
#include "crypto/attestation.h"
#include "crypto/authenticator_data.h"
#include "crypto/client_data.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

Result<AssertionFacts> check_assertion(const Es256PublicKey& key, const Assertion& assertion,
                                       const AssertionExpectation& expected) {
  SP_CHECK(check_client_data(assertion.client_data_json, {"webauthn.get", expected.challenge, expected.origins}));
  SP_TRY(const auto data, parse_authenticator_data(assertion.authenticator_data));
  if (data.attested)
    return fault(FaultKind::invalid, "the authenticator data registers a credential, expected an assertion");
  SP_CHECK(check_authenticator_data(data, expected.rp_id, expected.user_verification_required));
  if (assertion.signature.empty() || assertion.signature.size() > es256_signature_length_max)
    return fault(FaultKind::invalid, concat("a signature of ", assertion.signature.size(), " bytes, expected 1 to ",
                                            es256_signature_length_max));
  SP_CHECK(verify_assertion_statement(key, assertion, data, expected));
  return AssertionFacts{data.has(flag_user_verified), data.has(flag_backup_eligible), data.has(flag_backed_up),
                        data.sign_count};
}

Result<Registration> check_registration(ByteView attestation_object, ByteView client_data_json,
                                        const RegistrationExpectation& expected) {
  SP_CHECK(check_client_data(client_data_json, {"webauthn.create", expected.challenge, expected.origins}));
  SP_TRY(const auto object, parse_attestation_object(attestation_object));
  SP_TRY(const auto data, parse_authenticator_data(object.authenticator_data));
  SP_CHECK(check_authenticator_data(data, expected.rp_id, true));
  if (!data.attested) return fault(FaultKind::invalid, "the authenticator data holds no attested credential");
  SP_TRY(auto attestation, verify_attestation(object, data, sha256(client_data_json), expected.rp_id));
  Registration registration{.credential_id = {data.attested->credential_id.begin(), data.attested->credential_id.end()},
                            .key = data.attested->key,
                            .sign_count = data.sign_count,
                            .backup_eligible = data.has(flag_backup_eligible),
                            .attestation = attestation.kind,
                            .attestation_certificate = std::move(attestation.certificate)};
  std::ranges::copy(data.attested->aaguid, registration.aaguid.begin());
  return registration;
}

}  // namespace

Result<AssertionFacts> verify_assertion(const Es256PublicKey& key, const Assertion& assertion,
                                        const AssertionExpectation& expected) {
  auto facts = check_assertion(key, assertion, expected);
  if (!facts) return with_context("passkey assertion", std::move(facts).error());
  return facts;
}

Result<Registration> verify_registration(ByteView attestation_object, ByteView client_data_json,
                                         const RegistrationExpectation& expected) {
  auto registration = check_registration(attestation_object, client_data_json, expected);
  if (!registration) return with_context("passkey registration", std::move(registration).error());
  return registration;
}

}  // namespace sallyport
