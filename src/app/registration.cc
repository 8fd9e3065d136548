#include "app/registration.h"

#include <algorithm>

#include "crypto/software_authenticator.h"
#include "crypto/webauthn.h"

namespace sallyport {
namespace {

std::string name_of(Registration::Attestation attestation) {
  switch (attestation) {
    case Registration::Attestation::none: return "none";
    case Registration::Attestation::self: return "self";
    case Registration::Attestation::packed_certificate: return "packed_certificate";
  }
  return "none";
}

}  // namespace

Result<Passkey> passkey_from_registration(const Json& registration, const StaffId& id, const RelyingParty& party) {
  SP_CHECK(registration.only_keys({"attestation_object", "client_data_json"}));
  SP_TRY(const auto object_text, registration.string_at("attestation_object"));
  SP_TRY(const auto client_text, registration.string_at("client_data_json"));
  const auto object = from_base64url(object_text);
  const auto client = from_base64url(client_text);
  if (!object || !client)
    return fault(FaultKind::invalid, "the registration is not base64url", "send it as the authenticator gave it");
  SP_TRY(const auto found,
         verify_registration(*object, *client,
                             {party.rp_id, party.origins, challenge_of(registration_domain, id.text())}));
  Passkey key;
  key.credential_id = found.credential_id;
  key.public_key.assign(found.key.coordinates().begin(), found.key.coordinates().end());
  key.aaguid.assign(found.aaguid.begin(), found.aaguid.end());
  key.attestation = name_of(found.attestation);
  key.software = std::ranges::equal(found.aaguid, software_authenticator_aaguid) ||
                 (party.environment == Environment::production && key.attestation != "packed_certificate");
  return key;
}

}  // namespace sallyport
