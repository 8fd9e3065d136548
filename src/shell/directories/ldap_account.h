// What an LDAP entry says about an account: the reading half of LdapDirectory. Pure.
//
//   active      unless pwdAccountLockedTime is 000001010000Z, which is how ppolicy says "locked until
//               an administrator says otherwise"
//   suspended   pwdEndTime is 19700101000000Z, which only Sallyport writes: ppolicy lets nobody in after the end,
//               whatever its lockout settings are. Suspended accounts count as locked
//   locked      pwdAccountLockedTime is present. A lock whose time ran out stays visible until the
//               next sign-in and counts as a lock: undoing it harms nobody.
//   holder      the employeeNumber, in lower case, which is what `staff add --person` takes; an account
//               without one usable number is refused, for nobody could be told apart from its holder
//   account     entryUUID: it survives renaming, and is never given twice
#pragma once

#include <string>
#include <vector>

#include "ports/directory.h"
#include "shell/directories/ldap_config.h"
#include "shell/directories/ldap_connection.h"

namespace sallyport {

inline constexpr std::string_view suspended_since = "19700101000000Z";

// One account as read in one go, with what a guarded write needs. Read for its marker alone, it has no
// group_dns, and its state_token is not one to compare.
struct LdapAccount {
  LdapEntry entry;
  std::vector<std::string> group_dns;
  Marker marker;
  StateToken state_token;
  std::string csn;
  bool locked = false;
  bool disabled = false;
  bool suspended = false;
  bool has_end = false;  // another pwdEndTime
  bool has_marker_class = false;
};

[[nodiscard]] std::vector<std::string> attributes_to_read(const LdapConfig& config);
// A fault when the entry lacks what every entry must have, or shows our marker twice.
[[nodiscard]] Result<LdapAccount> account_of(const LdapConfig& config, LdapEntry entry,
                                             std::vector<std::string> group_dns);
[[nodiscard]] Result<AccountRecord> record_of(const LdapConfig& config, const LdapAccount& account, Instant now);
[[nodiscard]] bool equal_ignoring_ascii_case(std::string_view a, std::string_view b);

}  // namespace sallyport
