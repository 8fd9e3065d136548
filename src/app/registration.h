// Binding a passkey to a member of staff: from a WebAuthn registration to what the ledger keeps of it.
// The challenge is SHA-256 of the domain, a zero byte and the staff id, so a registration made for
// one person cannot be used for another. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/organization/organization.h"

namespace sallyport {

inline constexpr std::string_view registration_domain = "sallyport/registration/v1";

struct RelyingParty {
  Environment environment = Environment::production;
  std::string rp_id;
  std::vector<std::string> origins;
};

// `registration` is {"attestation_object","client_data_json"}, base64url. In production a passkey
// whose model no certificate vouches for is taken for a software key, and the ledger refuses those:
// without attestation the model is hearsay.
[[nodiscard]] Result<Passkey> passkey_from_registration(const Json& registration, const StaffId& id,
                                                        const RelyingParty& party);

}  // namespace sallyport
