// Property: any bytes are refused or verified; what is verified as an assertion is what the authenticator signed, to
// the byte, whatever was done to it; and what is taken for a registration holds a key and an id that can be used.
//
// Input: a byte that says what the rest is (the attestation object, clientDataJSON, authenticator data as such; or
// edits, as edits.h has them, to a valid registration or assertion).
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "crypto/software_authenticator.h"
#include "edits.h"

namespace {

using namespace sallyport;

constexpr std::string_view rp_id = "example.org";
constexpr std::string_view origin = "https://example.org";
const Bytes challenge(32, 0x5A);

const SoftwareAuthenticator& authenticator() {
  static const auto made = SoftwareAuthenticator::create(SecretBytes::copy_of(Bytes(32, 0x11)), rp_id);
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}

void registered(const SoftwareRegistration& given) {
  const auto out = verify_registration(given.attestation_object, given.client_data_json,
                                       {std::string(rp_id), {std::string(origin)}, challenge});
  if (!out) return SALLYPORT_ASSERT(!out.error().what.empty());
  SALLYPORT_ASSERT(!out->credential_id.empty() && out->credential_id.size() <= 1023);
  SALLYPORT_ASSERT(Es256PublicKey::from_coordinates(out->key.coordinates()).has_value());
  SALLYPORT_ASSERT(out->attestation == Registration::Attestation::packed_certificate ||
                   out->attestation_certificate.empty());
}

void asserted(const Assertion& given, const Assertion& signed_one) {
  const auto out = verify_assertion(authenticator().public_key(), given,
                                    {std::string(rp_id), {std::string(origin)}, challenge, true});
  if (!out) return SALLYPORT_ASSERT(!out.error().what.empty());
  SALLYPORT_ASSERT(out->user_verified);
  SALLYPORT_ASSERT(given.authenticator_data == signed_one.authenticator_data);
  SALLYPORT_ASSERT(given.client_data_json == signed_one.client_data_json);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest{data + 1, size - 1};
  static const auto valid = authenticator().make_registration(challenge, origin);
  static const auto signed_one = authenticator().make_assertion(challenge, origin, 7);
  const Bytes raw(rest.begin(), rest.end());
  auto registration = valid;
  auto assertion = signed_one;
  switch (data[0] % 5) {
    case 0:
      registration.attestation_object = raw;
      registered(registration);
      break;
    case 1:
      registration.client_data_json = assertion.client_data_json = raw;
      registered(registration);
      asserted(assertion, signed_one);
      break;
    case 2:
      assertion.authenticator_data = raw;
      asserted(assertion, signed_one);
      break;
    case 3: {
      const std::array fields{&registration.attestation_object, &registration.client_data_json};
      fuzz::apply(rest, fields);
      registered(registration);
      break;
    }
    default: {
      const std::array fields{&assertion.authenticator_data, &assertion.client_data_json, &assertion.signature};
      fuzz::apply(rest, fields);
      asserted(assertion, signed_one);
    }
  }
  return 0;
}
