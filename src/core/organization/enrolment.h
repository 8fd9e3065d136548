// What the ledger says of authenticators and sessions: that they were bound, when, and by whose
// doing. The secrets themselves are never in the ledger. Streams: "account/<directory>/<account>"
// and "staff/<id>".
//
// Pure: the desks ask check_enrolment() before they record, auditors ask it again afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/record.h"
#include "core/model/ids.h"
#include "core/model/staff.h"
#include "core/organization/organization.h"

namespace sallyport {

inline constexpr Duration token_valid_for = hours(4);        // half a shift: a stolen token is dead by lunch
inline constexpr Duration invitation_valid_for = hours(24);  // a working day to bind an authenticator
inline constexpr std::string_view sign_in_domain = "sallyport/sign-in/v1";

// An operator has the server send a one-time code to the address on file; whoever reads it there
// binds authenticators, so no member of staff ever sees their secrets.
struct EnrolmentInvited {
  DirectoryId directory;
  AccountId account;
  StaffId by;
  Instant expires_at;
  std::optional<Duration> since_recovery = std::nullopt;  // since an account of theirs was recovered; absent: never
  static constexpr auto fields() {
    using E = EnrolmentInvited;
    return record_fields("directory", &E::directory, "account", &E::account, "by", &E::by, "expires_at", &E::expires_at,
                         "since_recovery", &E::since_recovery);
  }
};

struct SignalEnrolled {
  DirectoryId directory;
  AccountId account;
  SignalName signal;
  std::uint32_t count = 1;  // of codes on the sheet; 1 for an authenticator
  static constexpr auto fields() {
    using E = SignalEnrolled;
    return record_fields("directory", &E::directory, "account", &E::account, "signal", &E::signal, "count", &E::count);
  }
};

// A member of staff signed in with their passkey. The token itself is known to them alone.
struct TokenIssued {
  StaffId staff;
  Digest token;
  std::string nonce;  // of the challenge that was signed
  SignedAssertion assertion;
  Instant expires_at;
  static constexpr auto fields() {
    using E = TokenIssued;
    return record_fields("staff", &E::staff, "token", &E::token, "nonce", &E::nonce, "assertion", &E::assertion,
                         "expires_at", &E::expires_at);
  }
};

struct TokenRevoked {
  StaffId staff;
  Digest token;
  static constexpr auto fields() { return record_fields("staff", &TokenRevoked::staff, "token", &TokenRevoked::token); }
};

using EnrolmentEvent = std::variant<EnrolmentInvited, SignalEnrolled, TokenIssued, TokenRevoked>;

// What a member of staff signs to sign in: canonical JSON.
[[nodiscard]] std::string sign_in_statement(const OrganizationState& state, const StaffId& staff,
                                            std::string_view nonce);

// May this be recorded at this moment? A token needs the signature of a member of staff whose appointment
// runs, an invitation an operator; neither lives longer than it may. That an authenticator was bound on
// an invitation the account's own stream tells (core/ledger/readjudicate.h).
[[nodiscard]] Ruling<void> check_enrolment(const OrganizationState& state, const EnrolmentEvent& event, Instant at);

}  // namespace sallyport
