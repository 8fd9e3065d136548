// How one OpenLDAP is reached and read. check() refuses what must not be used: plain LDAP without
// TLS, a missing CA, attribute names that are none. It asks no server.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "core/model/ids.h"
#include "crypto/secret.h"

namespace sallyport {

struct LdapConfig {
  DirectoryId directory;
  OrganizationId organization;
  std::string url;         // "ldaps://host[:port]", or "ldap://host[:port]" with start_tls
  bool start_tls = false;  // required for ldap://, refused for ldaps://
  std::string ca_file;     // PEM; the only authorities trusted
  std::string bind_dn;
  SecretBytes bind_password;
  std::string people_base;  // accounts are searched below it, and nowhere else
  // Empty: groups are what memberOf lists (memberof or dynlist overlay). Otherwise groupOfNames and
  // groupOfUniqueNames below it are searched too, groups within groups included.
  std::string groups_base;
  std::string login_attribute = "uid";
  std::string mail_attribute = "mail";
  std::string display_name_attribute = "cn";
  std::string employment_attribute = "employeeType";
  std::string person_attribute = "employeeNumber";
  std::string marker_attribute = "sallyportMarker";
  std::string marker_class = "sallyportAccount";
  std::vector<std::string> admin_groups;      // by cn; ASCII letters compare without case
  std::vector<std::string> executive_groups;  // by cn
  Duration deadline = seconds(5);             // for each call, connecting included

  [[nodiscard]] Result<void> check() const;
};

}  // namespace sallyport
