// Who is asking: staff sign in with their passkey and get a token that ends by itself. The ledger
// keeps the token's digest; the token is known to its bearer alone. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "app/adjudicator.h"
#include "app/sealed_rows.h"

namespace sallyport {

inline constexpr Duration token_valid_for = hours(4);      // half a shift: a stolen token is dead by lunch
inline constexpr Duration sign_in_within = minutes(2);     // from challenge to assertion
inline constexpr std::size_t sign_in_challenges_max = 1000;  // more at once is a flood; the oldest go first
inline constexpr std::string_view sign_in_domain = "sallyport/sign-in/v1";

struct SignInChallenge {
  std::string nonce;
  std::string statement;
  Bytes challenge;
  Bytes credential_id;
};

struct SignedIn {
  std::string token;
  Instant expires_at;
  StaffMember member;
};

class StaffDesk {
 public:
  StaffDesk(Adjudicator& adjudicator, const EventReader& reader, const SealedRows& rows, Entropy& entropy)
      : adjudicator_(adjudicator), reader_(reader), rows_(rows), entropy_(entropy) {}

  // An unknown id gets a challenge as well, for a credential that nobody has.
  [[nodiscard]] Result<SignInChallenge> challenge(const StaffId& staff);
  void sign_in(const StaffId& staff, const std::string& nonce, const SignedAssertion& assertion,
               std::move_only_function<void(Result<Ruling<SignedIn>>)> done);
  void sign_out(const std::string& token, DoneCallback done);

  struct Session {
    StaffMember member;
    Instant expires_at;
  };
  // Empty: no such token, or it or the appointment has ended.
  [[nodiscard]] Result<std::optional<Session>> session(const std::string& token);

 private:
  struct Pending {
    StaffId staff;
    Instant expires_at;
  };
  struct Known {
    StaffId staff;
    Instant expires_at;
  };
  [[nodiscard]] std::string statement(const StaffId& staff, const std::string& nonce) const;
  [[nodiscard]] bool take_pending(const StaffId& staff, const std::string& nonce);
  [[nodiscard]] Result<std::optional<Known>> known(const Digest& digest);

  Adjudicator& adjudicator_;
  const EventReader& reader_;
  const SealedRows& rows_;
  Entropy& entropy_;
  std::mutex mutex_;
  std::map<std::string, Pending> pending_;
  std::unordered_map<std::string, Known> tokens_;  // read from the view once
};

}  // namespace sallyport
