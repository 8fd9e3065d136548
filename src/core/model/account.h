// What was read of an account when a case was opened, as values that rules may read and the ledger
// may keep. Names, addresses and numbers of the person are not here: they are private material
// (docs/ledger_format.md, "Private material").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/record.h"
#include "core/model/ids.h"

namespace sallyport {

// What an action on this account was decided upon. If the directory shows another state token when
// the executor acts, the decision is void (R9).
using StateToken = std::string;

struct AccountFacts {
  DirectoryId directory;
  AccountId account;
  PersonId holder;               // the natural person the account belongs to
  OrganizationId organization;
  StateToken state_token;        // opaque; changes whenever the account's guarded state changes
  bool active = false;
  bool locked = false;
  bool admin = false;
  bool executive = false;
  std::string employment;        // "employee", "contractor", ...; empty: not known
  std::vector<std::string> groups;  // sorted, distinct
  std::optional<PersonId> manager;  // of the holder; absent: not known, and whoever may vouch may vouch for them
  Instant read_at;

  static constexpr auto fields() {
    using F = AccountFacts;
    return record_fields("directory", &F::directory, "account", &F::account, "holder", &F::holder, "organization",
                         &F::organization, "state_token", &F::state_token, "active", &F::active, "locked", &F::locked,
                         "admin", &F::admin, "executive", &F::executive, "employment", &F::employment, "groups",
                         &F::groups, "manager", &F::manager, "read_at", &F::read_at);
  }
  friend bool operator==(const AccountFacts&, const AccountFacts&) = default;
};

}  // namespace sallyport
