// Who may do what, and which policy is in force: the stream "organization" of the ledger.
// Every change is signed with an operator's passkey over exactly that change, so the process that
// faces the network can neither appoint an approver nor loosen a policy. The first operator is
// named in the ledger's first entry, whose hash the executor and the auditor are given by hand.
//
// Pure: decide() checks a proposed change, evolve() applies a recorded one; auditors run both.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/record.h"
#include "core/model/denial.h"
#include "core/model/staff.h"
#include "core/policy/policy.h"
#include "crypto/es256.h"

namespace sallyport {

enum class Environment : std::uint8_t { demo, production };  // production refuses software passkeys
[[nodiscard]] std::string_view to_string(Environment environment) noexcept;
template <>
struct EnumValues<Environment> {
  static constexpr std::array<Environment, 2> all{Environment::demo, Environment::production};
};

// -- events -----------------------------------------------------------------------------------
struct LedgerOpened {
  std::string origin;  // the ledger's name in checkpoints
  Environment environment = Environment::production;
  std::string rp_id;                 // WebAuthn relying party
  std::vector<std::string> origins;  // that a passkey's client data may name
  StaffMember root;                  // the first operator
  Bytes executor_key;                // HPKE public key to which claimants seal secrets

  static constexpr auto fields() {
    using E = LedgerOpened;
    return record_fields("origin", &E::origin, "environment", &E::environment, "rp_id", &E::rp_id, "origins",
                         &E::origins, "root", &E::root, "executor_key", &E::executor_key);
  }
};

// What an operator signs: the number keeps a signature from being used for a second change.
struct ChangeSignature {
  std::uint64_t number = 0;  // of this change, from 1
  StaffId by;
  SignedAssertion assertion;

  static constexpr auto fields() {
    using S = ChangeSignature;
    return record_fields("number", &S::number, "by", &S::by, "assertion", &S::assertion);
  }
};

struct StaffEnrolled {
  StaffMember member;
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("member", &StaffEnrolled::member, "signature", &StaffEnrolled::signature);
  }
};

struct StaffRemoved {
  StaffId staff;
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("staff", &StaffRemoved::staff, "signature", &StaffRemoved::signature);
  }
};

struct PolicyActivated {
  std::string text;
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("text", &PolicyActivated::text, "signature", &PolicyActivated::signature);
  }
};

using OrganizationEvent = std::variant<LedgerOpened, StaffEnrolled, StaffRemoved, PolicyActivated>;
using OrganizationChange = std::variant<StaffEnrolled, StaffRemoved, PolicyActivated>;

// -- state ------------------------------------------------------------------------------------
struct OrganizationState {
  std::uint64_t version = 0;  // events in the stream
  std::uint64_t changes = 0;  // signed changes so far
  LedgerOpened opened;
  std::map<StaffId, StaffMember> staff;     // those enrolled and not removed; ended ones stay until removed
  std::map<StaffId, Es256PublicKey> keys;   // each checked once, when it came
  std::shared_ptr<const Policy> policy;     // in force; null: none yet, and then every case is refused

  [[nodiscard]] const StaffMember* member(const StaffId& id) const;
  [[nodiscard]] const StaffMember* member_with_credential(const Bytes& credential_id) const;
};

// -- what is signed -----------------------------------------------------------------------------
// The canonical JSON of a change without its signature, and the WebAuthn challenge over it.
[[nodiscard]] std::string change_statement(const OrganizationState& state, const OrganizationChange& change);
[[nodiscard]] Bytes challenge_of(std::string_view domain, std::string_view statement);
inline constexpr std::string_view change_domain = "sallyport/organization-change/v1";

// Checks one assertion by `signer` over `statement`. The key material is the ledger's.
[[nodiscard]] Ruling<void> check_assertion(const OrganizationState& state, const StaffMember& signer,
                                           const SignedAssertion& assertion, std::string_view domain,
                                           std::string_view statement);

[[nodiscard]] Ruling<OrganizationEvent> decide(const OrganizationState& state, const OrganizationChange& change,
                                               Instant now);
// Applies a recorded event. A fault means that the stored event does not fit: the ledger is corrupt.
[[nodiscard]] Result<void> evolve(OrganizationState& state, const OrganizationEvent& event);

}  // namespace sallyport
