// A directory in which accounts live, and in which Sallyport acts: OpenLDAP today.
//
// Acting exactly once on a system that cannot join our transaction: every account carries a marker
// (the "recovery marker", an attribute only Sallyport writes). One Modify changes the account AND
// replaces marker `from` by marker `to`; the directory applies both or neither, and refuses when the
// marker is not `from`. So a repeated or late request changes nothing, and after a lost answer the
// marker tells what happened. Measured on OpenLDAP 2.5: a replay answers noSuchAttribute (16).
//
// A write has three outcomes: done, not done, unknown. Unknown is resolved with observe() and
// fence(), never by asking again.
//
// Every call has a deadline and returns by it. Implementations are thread-safe. No secret is
// logged, kept or returned.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "core/cases/authorized_action.h"
#include "core/model/account.h"
#include "core/model/marker.h"
#include "crypto/secret.h"

namespace sallyport {

// An account as the directory shows it. The private half (login, display_name, mail) never enters
// the ledger as text.
struct AccountRecord {
  AccountFacts facts;
  std::string login;
  std::string display_name;
  std::string mail;  // empty: none on file
  Marker marker;
};

struct Observation {
  Marker marker;
  bool locked = false;
  std::string version;  // what the directory counts changes by (entryCSN), for the record
};

enum class WriteOutcome { done, not_done, unknown };

// Why a write was not done, in the claimant's terms where there are any.
enum class Refusal {
  none,
  password_rejected,   // the directory's own rules: too short, used before, ...
  state_changed,       // marker or state token is not what was decided upon
  not_permitted,       // our account may not do this there
  no_such_account,
  not_supported,       // this directory cannot do this action
  unavailable,         // could not connect: nothing was sent
  other,
};
[[nodiscard]] std::string_view to_string(Refusal refusal) noexcept;

struct WriteResult {
  WriteOutcome outcome = WriteOutcome::unknown;
  Refusal refusal = Refusal::none;
  std::string detail;  // what the directory said; never holds the new secret
};

class Directory {
 public:
  virtual ~Directory() = default;
  [[nodiscard]] virtual Result<AccountRecord> find_by_login(std::string_view login, Instant now) = 0;
  [[nodiscard]] virtual Result<AccountRecord> find_by_id(const AccountId& account, Instant now) = 0;
  [[nodiscard]] virtual Result<Observation> observe(const AccountId& account) = 0;
  // One guarded write. `secret` is the new password for password_reset, null otherwise. Gives
  // not_done/state_changed without writing when the marker is not `from` or the account's state
  // token is not the authorized one.
  [[nodiscard]] virtual WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                        const SecretBytes* secret) = 0;
  // Replaces marker `from` by `to` and nothing else, so that a write still under way can only fail.
  [[nodiscard]] virtual WriteResult fence(const AccountId& account, const Marker& from, const Marker& to) = 0;
};

}  // namespace sallyport
