// A directory of our own in one file, for `sallyport up`, small trials and tests: the same marker
// protocol, state token and refusals as LdapDirectory, without a server.
//
// Writes go to one thread that stores all waiting ones in one frame with one fdatasync (frame_log.h)
// and only then shows and answers them. A caller waits until the deadline and then gets `unknown`,
// which is true: the write may still land. When storing fails, what was under way is `unknown`; before
// anything else is written the file is read again and written anew, and while that fails too everything
// is `unavailable`.
//
// Password rules: 12 to 256 bytes of text, not the login, not the current or the last three. As in
// OpenLDAP, a new password also lifts the lock of failed sign-ins; a disabled account is refused.
// Accounts are kept in memory, hashes in the file (mode 0600). Thread-safe. One process at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "ports/directory.h"
#include "ports/entropy.h"
#include "shell/directories/embedded_account.h"
#include "shell/directories/frame_log.h"
#include "shell/directories/password_hash.h"

namespace sallyport {

inline constexpr std::size_t embedded_accounts_max = 100'000;      // 100 MB of memory; a larger site has a directory
inline constexpr std::size_t embedded_queue_max = 4096;            // writes waiting; more means the disk is ill
inline constexpr std::size_t embedded_password_bytes_min = 12;

struct EmbeddedConfig {
  DirectoryId directory;
  OrganizationId organization;
  std::string path;
  std::vector<std::string> admin_groups;
  std::vector<std::string> executive_groups;
  unsigned kdf_iterations = kdf_iterations_default;
  unsigned lockout_after = 5;  // failed sign-ins in a row; 0: never. Counted in memory only
  Duration deadline = seconds(5);
};

enum class SignIn { accepted, wrong_password, locked, disabled, no_such_account };

class EmbeddedDirectory final : public Directory {
 public:
  // `entropy` must outlive the directory.
  [[nodiscard]] static Result<std::unique_ptr<EmbeddedDirectory>> open(EmbeddedConfig config, Entropy& entropy);
  ~EmbeddedDirectory() override;
  EmbeddedDirectory(const EmbeddedDirectory&) = delete;
  EmbeddedDirectory& operator=(const EmbeddedDirectory&) = delete;

  // Fills an empty directory: all accounts or none. Gives how many.
  [[nodiscard]] Result<std::size_t> import_seed(const Json& seed);
  [[nodiscard]] std::size_t account_count() const;
  // What a sign-in form of the directory would do, lockout included.
  [[nodiscard]] Result<SignIn> verify_password(std::string_view login, const SecretBytes& password);

  [[nodiscard]] Result<AccountRecord> find_by_login(std::string_view login, Instant now) override;
  [[nodiscard]] Result<AccountRecord> find_by_id(const AccountId& account, Instant now) override;
  [[nodiscard]] Result<Observation> observe(const AccountId& account) override;
  [[nodiscard]] WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                const SecretBytes* secret) override;
  [[nodiscard]] WriteResult fence(const AccountId& account, const Marker& from, const Marker& to) override;

 private:
  [[nodiscard]] Result<AccountRecord> record_of(const EmbeddedAccount& account,
                                                Instant now) const;  // REQUIRES: lock held
  struct Pending {
    std::vector<EmbeddedAccount> accounts;
    enum class State { waiting, stored, failed } state = State::waiting;
  };
  // Changes a copy of the account, or says why not.
  using Change = std::function<std::optional<WriteResult>(EmbeddedAccount&)>;

  EmbeddedDirectory(EmbeddedConfig config, Entropy& entropy, std::unique_ptr<FrameLog> log);
  [[nodiscard]] WriteResult commit(const AccountId& account, const Change& change);
  [[nodiscard]] WriteResult store(std::unique_lock<std::mutex>& lock, std::vector<EmbeddedAccount> accounts,
                                  std::chrono::steady_clock::time_point deadline);
  void show(EmbeddedAccount account);
  [[nodiscard]] Result<std::vector<std::string>> hashes_with(const SecretBytes& password,
                                                             const EmbeddedAccount& account,
                                                             std::optional<std::string>& refusal);
  void write_loop();
  void compact_if_large();
  [[nodiscard]] bool mend();

  const EmbeddedConfig config_;
  Entropy& entropy_;
  std::unique_ptr<FrameLog> log_;  // the writer's alone once it runs
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable settled_;
  std::map<AccountId, EmbeddedAccount> accounts_;  // durable ones
  std::map<std::string, AccountId> by_login_;      // login in ASCII lower case
  std::map<AccountId, unsigned> failures_;
  std::set<AccountId> busy_;
  std::vector<std::shared_ptr<Pending>> queue_;
  bool broken_ = false;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace sallyport
