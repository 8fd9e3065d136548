// A site to put under load: `sallyport init` and `sallyport up` in a folder of its own, a mail server
// in this process, an operator, an agent, an approver, and a policy under which one account may have
// many cases. Accounts are `bench0`, `bench1`, ...: the directory must hold them already.
//
// Stopped by its destructor. One thread makes it; const members may then be used from many.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/api.h"
#include "cli/demo_process.h"
#include "cli/passkey_file.h"
#include "shell/notify/smtp_sink.h"
#include "shell/wiring/system.h"

namespace sallyport::bench {

struct SiteOptions {
  std::string programs;                          // folder with the four programs
  std::string folder;                            // must exist and be empty
  std::vector<std::string> directory_arguments;  // of `sallyport init`
};

// What an account holder has to show, and when the authenticator's next code is due.
struct Account {
  std::string login;
  SecretBytes totp_seed;
  SecretBytes recovery_code;
  std::int64_t last_step = -1;
};

struct ServerProcess {
  std::string name;
  pid_t pid = 0;
};

class Site {
 public:
  [[nodiscard]] static cli::Answer<std::unique_ptr<Site>> make(const SiteOptions& options);
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  // By invitation, mail and code, eight at a time.
  [[nodiscard]] cli::Answer<std::vector<Account>> enrol(std::size_t accounts);
  [[nodiscard]] cli::Answer<cli::Api> connect() const;
  [[nodiscard]] cli::Answer<std::int64_t> ledger_size() const;  // of the newest checkpoint

  [[nodiscard]] SecretBytes agent_token() const { return SecretBytes::copy_of(agent_token_.reveal()); }
  [[nodiscard]] SecretBytes approver_token() const { return SecretBytes::copy_of(approver_token_.reveal()); }
  [[nodiscard]] const cli::SoftwarePasskey& approver() const { return *approver_; }
  [[nodiscard]] const std::vector<ServerProcess>& processes() const { return processes_; }

 private:
  Site() = default;
  [[nodiscard]] cli::Answer<void> start(const SiteOptions& options);
  [[nodiscard]] cli::Answer<cli::SoftwarePasskey> make_passkey(const std::string& staff);
  [[nodiscard]] cli::Answer<SecretBytes> sign_in(const cli::SoftwarePasskey& passkey) const;
  [[nodiscard]] cli::Answer<void> put_policy_in_force(cli::Api& root, const cli::SoftwarePasskey& root_key);
  [[nodiscard]] cli::Answer<cli::SoftwarePasskey> appoint(cli::Api& root, const cli::SoftwarePasskey& root_key,
                                                          const std::string& id, const std::string& role);
  [[nodiscard]] cli::Answer<Account> enrol_one(cli::Api& operator_api, cli::Api& holder, std::string login);

  SystemEntropy entropy_;
  std::string folder_, server_, ca_;
  std::unique_ptr<SmtpSink> mail_;
  std::optional<cli::ChildProcess> up_;
  std::optional<cli::SoftwarePasskey> approver_;
  SecretBytes root_token_, agent_token_, approver_token_;
  std::vector<ServerProcess> processes_;
};

}  // namespace sallyport::bench
