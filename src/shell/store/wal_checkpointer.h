// Copies the write-ahead log into the database file on its own thread and connection, so that no
// commit waits for it (measured: the automatic checkpoint costs the committing thread 4 to 8 ms).
// Internal to shell/store. A failure is told once and ends the thread: after a failed flush the
// kernel may forget what was not written, so trying again would only seem to succeed.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "shell/store/sqlite.h"

namespace sallyport {

// One passive checkpoint: never waits for a writer or a reader. Being in another's way is no fault.
[[nodiscard]] Result<void> checkpoint_passively(Connection& connection);
// Copies the whole log and empties it, unless a reader is in the way: the next start has nothing to read again.
[[nodiscard]] Result<void> checkpoint_and_empty(Connection& connection);

class WalCheckpointer {
 public:
  WalCheckpointer(std::unique_ptr<Connection> connection, std::function<void(Fault)> on_failed);
  ~WalCheckpointer();  // waits for a checkpoint under way
  WalCheckpointer(const WalCheckpointer&) = delete;
  WalCheckpointer& operator=(const WalCheckpointer&) = delete;

  void ask();  // soon, and once for any number of calls until then

 private:
  void run();

  std::unique_ptr<Connection> connection_;
  std::function<void(Fault)> on_failed_;
  std::mutex mutex_;
  std::condition_variable asked_or_stopped_;
  bool asked_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace sallyport
