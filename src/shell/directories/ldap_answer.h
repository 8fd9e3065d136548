// What an answer to our guarded Modify means. Pure.
#pragma once

#include "ports/directory.h"
#include "shell/directories/ldap_connection.h"

namespace sallyport {

// Result codes that say the Modify was not applied become not_done; every other code than success,
// and no answer at all, is unknown.
[[nodiscard]] WriteResult meaning_of(const LdapAnswer& answer, bool set_a_password);

}  // namespace sallyport
