// The demo's directory, seen from outside: would it let this person sign in? OpenLDAP is asked with
// ldapwhoami, as anybody could. The embedded directory belongs to the running server, so a copy of
// its file is asked.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "cli/problem.h"
#include "crypto/secret.h"
#include "ports/entropy.h"
#include "shell/wiring/operate.h"

namespace sallyport::cli {

class DemoDirectory {
 public:
  virtual ~DemoDirectory() = default;
  // The directory for `init`.
  [[nodiscard]] virtual std::vector<std::string> init_arguments() const = 0;
  // The password that the person had when the demo began; null for somebody it does not know.
  [[nodiscard]] virtual const SecretBytes* starting_password(const std::string& login) const = 0;
  [[nodiscard]] virtual Answer<bool> lets_in(const std::string& login, const SecretBytes& password) = 0;
  [[nodiscard]] virtual std::string check_name() const = 0;  // "ldapwhoami"
};

// `settings` as tests/servers/openldap.sh prints them; `folder` takes a password file while it is asked.
[[nodiscard]] Answer<std::unique_ptr<DemoDirectory>> open_ldap_demo(const std::string& settings,
                                                                    const std::string& folder);
// Writes a seed of made-up people into `folder`; the site's directory file is `site`/site_embedded_directory_file.
[[nodiscard]] Answer<std::unique_ptr<DemoDirectory>> make_embedded_demo(const std::string& folder,
                                                                        const std::string& site, Entropy& entropy);

}  // namespace sallyport::cli
