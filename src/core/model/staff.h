// The people who work with Sallyport. A staff member is a natural person with roles, for a time, and
// with one passkey; every change to the list is signed by an operator's passkey, so that a web
// server in an attacker's hands cannot appoint an approver.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/record.h"
#include "core/model/ids.h"

namespace sallyport {

// What one may do in Sallyport. Each is its own right; none contains another.
enum class StaffRole : std::uint8_t {
  agent,      // opens cases, and checks on site in those of others
  approver,
  reviewer,
  operator_,
  voucher,    // gives their word for claimants whom they know
};
[[nodiscard]] std::string_view to_string(StaffRole role) noexcept;
template <>
struct EnumValues<StaffRole> {
  static constexpr std::array<StaffRole, 5> all{StaffRole::agent, StaffRole::approver, StaffRole::reviewer,
                                                StaffRole::operator_, StaffRole::voucher};
};

// The public half of an authenticator bound to a staff member (WebAuthn credential record).
struct Passkey {
  Bytes credential_id;
  Bytes public_key;   // ES256: x || y, 64 bytes
  Bytes aaguid;       // 16 bytes: the authenticator's model
  std::string attestation;  // "none", "self", "packed_certificate": what vouched for the model
  bool software = false;    // made by our own software authenticator: demo and tests only

  static constexpr auto fields() {
    return record_fields("credential_id", &Passkey::credential_id, "public_key", &Passkey::public_key, "aaguid",
                         &Passkey::aaguid, "attestation", &Passkey::attestation, "software", &Passkey::software);
  }
  friend bool operator==(const Passkey&, const Passkey&) = default;
};

struct StaffMember {
  StaffId id;
  PersonId person;
  OrganizationId organization;
  TeamId team;
  std::vector<StaffRole> roles;
  std::vector<RoleName> seats;  // roles that approver constraints ask for: "desk_lead", "tier0_approver"
  Instant ends_at;              // the appointment ends by itself
  Passkey passkey;

  static constexpr auto fields() {
    using S = StaffMember;
    return record_fields("id", &S::id, "person", &S::person, "organization", &S::organization, "team", &S::team,
                         "roles", &S::roles, "seats", &S::seats, "ends_at", &S::ends_at, "passkey", &S::passkey);
  }
  [[nodiscard]] bool has(StaffRole role) const;
  friend bool operator==(const StaffMember&, const StaffMember&) = default;
};

// A WebAuthn assertion as it stands in the ledger: enough to check the signature years later.
struct SignedAssertion {
  Bytes credential_id;
  Bytes authenticator_data;
  Bytes client_data_json;
  Bytes signature;

  static constexpr auto fields() {
    using A = SignedAssertion;
    return record_fields("credential_id", &A::credential_id, "authenticator_data", &A::authenticator_data,
                         "client_data_json", &A::client_data_json, "signature", &A::signature);
  }
  friend bool operator==(const SignedAssertion&, const SignedAssertion&) = default;
};

}  // namespace sallyport
