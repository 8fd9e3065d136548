// Makes the socket file and owns it: the folder's check, the lock, the leftover of a dead process.
// Internal to shell/ipc; ipc_server.h says what it promises.
#pragma once

#include <string>

#include "base/result.h"
#include "shell/ipc/frame.h"

namespace sallyport::ipc {

class Listener {
 public:
  // `socket_mode` 0600 or 0666.
  [[nodiscard]] static Result<Listener> open(const std::string& path, mode_t socket_mode);
  Listener(Listener&&) noexcept = default;
  ~Listener();  // removes the socket file; the lock file stays, so that nobody locks a deleted one
  [[nodiscard]] const Descriptor& socket() const { return socket_; }

 private:
  Listener(std::string path, Descriptor lock, Descriptor socket)
      : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}
  std::string path_;
  Descriptor lock_;
  Descriptor socket_;
};

}  // namespace sallyport::ipc
