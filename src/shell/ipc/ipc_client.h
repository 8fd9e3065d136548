// The calling end of the socket between sallyportd and sallyport-exec: a small pool of connections,
// each carrying one call at a time. Thread-safe; a call blocks for at most `timeout`.
//
// Before anything is sent, the kernel is asked whose process listens (SO_PEERCRED): a socket file put
// there by another user gets nothing.
//
// Faults of call():
//   `unavailable`  certainly not handled: no connection, every connection busy until the deadline, or
//                  the frame could not be sent whole (the other side acts on whole frames only)
//   `unknown`      sent, and no answer came in time or the connection broke: it may have been handled
//   `invalid`      the request is larger than a frame
//   any kind       what the handler on the other side gave, passed through
// A connection whose call had no answer is closed, so a late answer can never meet another call.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace sallyport {

class IpcClient {
 public:
  // Connects at the first call, not here: the other process may still be starting.
  [[nodiscard]] static Result<std::unique_ptr<IpcClient>> create(std::string path, uid_t server_uid,
                                                                 std::size_t pool_size,
                                                                 std::chrono::milliseconds timeout);
  ~IpcClient();
  IpcClient(const IpcClient&) = delete;
  IpcClient& operator=(const IpcClient&) = delete;

  [[nodiscard]] Result<Json> call(const Json& request);

 private:
  class Impl;
  explicit IpcClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
