// Who is asking: staff sign in with their passkey and get a token that ends by itself. The ledger
// keeps the token's digest; the token is known to its bearer alone. Thread-safe.
//
// A challenge carries its own proof (a keyed digest over whom it is for and when it was made), so
// whoever asks for challenges without end fills no memory and keeps nobody out. Those answered with
// a right signature are remembered until they end, and so is the moment this desk opened: each is
// answered once.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "app/adjudicator.h"
#include "app/sealed_rows.h"

namespace sallyport {

inline constexpr Duration sign_in_within = minutes(2);     // from challenge to assertion

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
      : adjudicator_(adjudicator), reader_(reader), rows_(rows), entropy_(entropy), opened_at_(adjudicator.now()) {}

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
  struct Known {
    StaffId staff;
    Instant expires_at;
    Bytes credential_id;  // that signed in: a passkey that is replaced takes its sessions along
  };
  [[nodiscard]] std::string proof_of(const StaffId& staff, std::string_view random, std::string_view issued) const;
  // When the challenge ends; empty: it is not one of this desk's for this person, or it has ended.
  [[nodiscard]] std::optional<Instant> end_of(const StaffId& staff, std::string_view nonce, Instant now) const;
  [[nodiscard]] bool use_once(const std::string& nonce, Instant ends_at, Instant now);
  [[nodiscard]] Result<std::optional<Known>> known(const Digest& digest);

  Adjudicator& adjudicator_;
  const EventReader& reader_;
  const SealedRows& rows_;
  Entropy& entropy_;
  std::mutex mutex_;
  const Instant opened_at_;
  std::map<std::string, Instant> answered_;  // nonces that gave a token, until they end
  std::unordered_map<std::string, Known> tokens_;  // read from the view once
};

}  // namespace sallyport
