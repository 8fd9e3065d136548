// The listening end of the socket between sallyportd and sallyport-exec. frame.h describes the bytes.
//
// Who may speak is decided by the kernel's word about the peer's user id (SO_PEERCRED), before a byte
// is read: others are closed and counted. The socket is made in a folder that only its owner can
// write in (made with mode 0700 if missing). Its mode is 0600; when `allowed_uids` names users beyond
// ourselves it is 0666, because a file mode cannot name a user: then the folder's mode (0711, or 0750
// with a group) is the operator's, and SO_PEERCRED still decides.
// A socket file left by a dead process is replaced; one that answers is not (`conflict`), and a lock
// file beside it keeps two starting processes apart.
//
// The handler runs on a thread per connection, so it may block, and must be thread-safe. Its fault
// reaches the caller as that fault; its exception as `unknown`. A frame that is malformed, too large or
// slow closes its connection and nobody else's.
//
// stop() lets handlers at work finish and answer, and joins every thread; so does destruction.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace sallyport {

using IpcHandler = std::function<Result<Json>(const Json& request)>;

inline constexpr std::size_t ipc_connections_max = 64;  // each is a thread; the peer's pool is smaller

class IpcServer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<IpcServer>> start(std::string path, std::vector<uid_t> allowed_uids,
                                                                IpcHandler handler,
                                                                std::size_t max_connections = ipc_connections_max);
  ~IpcServer();
  IpcServer(const IpcServer&) = delete;
  IpcServer& operator=(const IpcServer&) = delete;

  void stop();
  [[nodiscard]] std::uint64_t refused_peers() const noexcept;  // another user's
  [[nodiscard]] std::uint64_t refused_full() const noexcept;   // beyond max_connections

 private:
  class Impl;
  explicit IpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
