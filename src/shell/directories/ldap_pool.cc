#include "shell/directories/ldap_pool.h"

namespace sallyport {

Result<LdapPool::Lease> LdapPool::lend(Deadline deadline, Want want) {
  std::vector<std::unique_ptr<LdapConnection>> stale;  // closed after the lock is released
  {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_until(lock, deadline, [&] { return lent_ < ldap_connections_max; }))
      return fault(FaultKind::unavailable, "all connections to the directory are busy", "try again in a moment");
    ++lent_;
    if (want == Want::any && !idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(connection), true);
    }
    // One idle connection was found dead, so its neighbours most likely are too.
    if (want == Want::fresh) stale.swap(idle_);
  }
  stale.clear();
  auto opened = LdapConnection::open(config_, deadline);
  if (opened) return Lease(this, std::move(*opened), false);
  {
    const std::scoped_lock lock(mutex_);
    --lent_;
  }
  returned_.notify_one();
  return std::unexpected(std::move(opened).error());
}

void LdapPool::give_back(std::unique_ptr<LdapConnection> connection) noexcept {
  {
    const std::scoped_lock lock(mutex_);
    --lent_;
    // idle_ never holds more than were lent at once; room was reserved by the limit
    if (!connection->broken() && idle_.size() < ldap_connections_max) idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

}  // namespace sallyport
