#include "shell/store/wal_checkpointer.h"

#include <sqlite3.h>

namespace sallyport {

namespace {

Result<void> checkpoint(Connection& connection, int mode) {
  const int code = sqlite3_wal_checkpoint_v2(connection.handle(), nullptr, mode, nullptr, nullptr);
  const int primary = code & 0xff;
  if (primary == SQLITE_OK || primary == SQLITE_BUSY || primary == SQLITE_LOCKED) return {};
  auto failed = sqlite_fault(connection.handle(), code);
  return with_context("copying the log into the database", std::move(failed.error()));
}

}  // namespace

Result<void> checkpoint_passively(Connection& connection) { return checkpoint(connection, SQLITE_CHECKPOINT_PASSIVE); }
Result<void> checkpoint_and_empty(Connection& connection) { return checkpoint(connection, SQLITE_CHECKPOINT_TRUNCATE); }

WalCheckpointer::WalCheckpointer(std::unique_ptr<Connection> connection, std::function<void(Fault)> on_failed)
    : connection_(std::move(connection)), on_failed_(std::move(on_failed)), thread_([this] { run(); }) {}

WalCheckpointer::~WalCheckpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  asked_or_stopped_.notify_one();
  thread_.join();
}

void WalCheckpointer::ask() {
  {
    const std::lock_guard lock(mutex_);
    asked_ = true;
  }
  asked_or_stopped_.notify_one();
}

void WalCheckpointer::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      asked_or_stopped_.wait(lock, [this] { return asked_ || stopped_; });
      if (stopped_) return;
      asked_ = false;
    }
    if (auto done = checkpoint_passively(*connection_); !done) {
      on_failed_(std::move(done).error());
      return;
    }
  }
}

}  // namespace sallyport
