// A handful of bound connections, lent to one caller at a time. Thread-safe. A connection that
// breaks is closed when it comes back; there is no checking in the background, since the next search
// tells just as well.
//
//   SP_TRY(auto lease, pool.lend(deadline, LdapPool::Want::any));
//   lease->search(...);                 // back in the pool when the lease dies
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "shell/directories/ldap_connection.h"

namespace sallyport {

inline constexpr std::size_t ldap_connections_max = 8;  // a recovery every few ms; kind to the server's limits

class LdapPool {
 public:
  class Lease {
   public:
    Lease(LdapPool* pool, std::unique_ptr<LdapConnection> connection, bool used_before)
        : pool_(pool), connection_(std::move(connection)), used_before_(used_before) {}
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    [[nodiscard]] LdapConnection* operator->() const noexcept { return connection_.get(); }
    // It may have died while it lay idle; a failing first search is then no news of the server.
    [[nodiscard]] bool used_before() const noexcept { return used_before_; }

   private:
    LdapPool* pool_;
    std::unique_ptr<LdapConnection> connection_;
    bool used_before_;
  };

  enum class Want { any, fresh };

  explicit LdapPool(LdapConfig config) : config_(std::move(config)) {}
  [[nodiscard]] const LdapConfig& config() const noexcept { return config_; }
  [[nodiscard]] Result<Lease> lend(Deadline deadline, Want want);

 private:
  void give_back(std::unique_ptr<LdapConnection> connection) noexcept;

  const LdapConfig config_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<LdapConnection>> idle_;
  std::size_t lent_ = 0;
};

}  // namespace sallyport
