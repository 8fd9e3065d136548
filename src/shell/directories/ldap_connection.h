// One bound TLS connection to an LDAP server, over libldap 2.5 (GnuTLS build on Debian).
//
// Every call gives a deadline and returns by it. After a lost answer the connection is broken and
// good for nothing but destruction: a late answer must not be taken for the next one.
// Not thread-safe; a connection belongs to one caller at a time (ldap_pool.h).
//
// Strange things of libldap, met and handled here:
//   - the host name "localhost" is replaced by the machine's own name before the certificate is
//     checked: dial an address with an IP SAN, or a real name;
//   - TLS options take effect only if LDAP_OPT_X_TLS_NEWCTX is set last;
//   - options come in from ldap.conf and ~/.ldaprc too, so every one that matters is set here;
//   - LDAP_OPT_NETWORK_TIMEOUT does not bound the TLS handshake: against a peer that accepts and
//     stays silent ldap_sasl_bind hung for good (measured). With LDAP_OPT_CONNECT_ASYNC it does,
//     to the hundredth of a second, and a request made too early answers LDAP_X_CONNECTING;
//   - freed message buffers keep what was in them, new passwords too. liblber lets a program bring
//     its allocator: ours wipes (whole process, set before the first use).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "shell/directories/ldap_config.h"

struct ldap;
struct ldapcontrol;
struct ldapmsg;

namespace sallyport {

using Deadline = std::chrono::steady_clock::time_point;

inline constexpr int ldap_message_bytes_max = 4 * 1024 * 1024;  // an entry with 20,000 groups; more is not an account

struct LdapEntry {
  std::string dn;
  std::map<std::string, std::vector<std::string>> attributes;  // names in lower case

  [[nodiscard]] const std::vector<std::string>& all(std::string_view name) const;
  [[nodiscard]] std::string first(std::string_view name) const;  // empty: none
};

struct LdapChange {
  enum class Kind { add, remove, replace };
  Kind kind = Kind::replace;
  std::string attribute;
  std::vector<ByteView> values;  // none with replace: remove the attribute if it is there
};

struct LdapModify {
  std::string dn;
  std::vector<LdapChange> changes;
  std::string assertion;  // RFC 4528 filter: nothing is changed unless the entry matches
  bool relax = false;  // ask to write operational attributes our account may manage
};

// What became of a Modify.
struct LdapAnswer {
  enum class Got { answer, nothing };  // nothing: it may or may not have been done
  Got got = Got::nothing;
  int code = 0;  // LDAP result code
  std::string diagnostic;
  std::optional<int> password_policy_error;  // draft-behera-ldap-password-policy section 6.2
};

class LdapConnection {
 public:
  ~LdapConnection();
  LdapConnection(const LdapConnection&) = delete;
  LdapConnection& operator=(const LdapConnection&) = delete;

  [[nodiscard]] static Result<std::unique_ptr<LdapConnection>> open(const LdapConfig& config, Deadline deadline);

  struct Search {
    std::string base;
    std::string filter;
    std::vector<std::string> attributes;
    int size_limit = 2;  // more matches than this is a fault
  };
  // Searches the whole subtree.
  [[nodiscard]] Result<std::vector<LdapEntry>> search(const Search& search, Deadline deadline);
  [[nodiscard]] LdapAnswer modify(const LdapModify& modify, Deadline deadline);
  [[nodiscard]] bool broken() const noexcept { return broken_; }

 private:
  explicit LdapConnection(ldap* handle) : handle_(handle) {}
  [[nodiscard]] Result<void> configure(const LdapConfig& config, Deadline deadline);
  [[nodiscard]] Result<void> start_tls(Deadline deadline);
  [[nodiscard]] Result<void> bind(const LdapConfig& config, Deadline deadline);
  [[nodiscard]] ldapmsg* wait_for(int id, Deadline deadline);
  [[nodiscard]] Fault unreachable(std::string_view doing) const;

  ldap* handle_;
  bool broken_ = false;
};

// RFC 4515 section 3: every byte that could end or widen a filter becomes \XX.
[[nodiscard]] std::string filter_escaped(std::string_view value);

}  // namespace sallyport
