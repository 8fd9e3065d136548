// The two processes' configuration files, in the YAML subset of the policy language. A file with a
// mistake stops the start with file, line, column and what would be right; there is no half-read
// configuration and no option with an insecure value, but for `sandbox: none`, which is asked for by name and logged.
// Paths are relative to the file's folder.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "core/model/ids.h"
#include "crypto/secret.h"

namespace sallyport {

struct MailConfig {
  std::string url, from, ca_file, username, password_file;
};

struct DaemonConfig {
  std::string origin;           // the ledger's name
  std::string store;            // SQLite file
  std::string ledger_key_file;  // Ed25519 seed of its checkpoints, 64 hex digits
  std::string store_key_file;   // seals secret rows, 64 hex digits
  std::string address;          // IP address
  std::uint16_t port = 0;
  std::string certificate, private_key;  // both or none; none: loopback only
  std::string sockets;          // folder of the local sockets
  uid_t executor_uid = 0;
  MailConfig mail;
  std::vector<std::string> account_mail_domains;
  std::uint32_t threads = 2;
  bool sandbox = true;  // `sandbox: none`: the process is not confined (shell/sandbox)
};

struct LdapDirectoryConfig {
  DirectoryId id;
  OrganizationId organization;
  std::string url, ca_file, bind_dn, bind_password_file, people_base, groups_base, mail_attribute;
  bool start_tls = false;
  std::vector<std::string> admin_groups, executive_groups;
};

struct EmbeddedDirectoryConfig {
  DirectoryId id;
  OrganizationId organization;
  std::string file;
  std::vector<std::string> admin_groups, executive_groups;
  std::uint32_t kdf_iterations = 0;  // 0: the default
};

struct ExecutorConfig {
  std::string store;
  Digest genesis;
  std::string key_file;  // HPKE: 32 bytes of key material, 64 hex digits
  std::string sockets;
  uid_t daemon_uid = 0;
  std::variant<LdapDirectoryConfig, EmbeddedDirectoryConfig> directory;
  bool sandbox = true;  // as above
};

[[nodiscard]] Result<DaemonConfig> read_daemon_config(const std::string& path);
[[nodiscard]] Result<ExecutorConfig> read_executor_config(const std::string& path);

// A key file of 64 hex digits, readable by its owner alone; a fault otherwise.
[[nodiscard]] Result<SecretBytes> read_key_file(const std::string& path);
[[nodiscard]] Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

inline constexpr const char* daemon_socket_name = "ledger.sock";    // the daemon listens, the executor calls
inline constexpr const char* executor_socket_name = "exec.sock";    // the executor listens, the daemon calls

}  // namespace sallyport
