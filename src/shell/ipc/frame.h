// The bytes between sallyportd and sallyport-exec, and the sockets that carry them. Internal to
// shell/ipc.
//
// A connection begins with the listener's greeting, eight bytes, so that the caller knows it was
// accepted (and by this version) before it sends anything. Then frames in turns, one request, one
// answer: four bytes of length, big-endian, and that many bytes of JSON text. An answer is
// {"answer": ...} or {"fault": {"kind", "what", "next_step"}}. A length above `ipc_frame_bytes_max`,
// text that is not JSON (base/json.h) or an answer of another form ends the connection.
//
// Every function here blocks at most until its deadline. Failures are `unavailable` with `what`; what they
// mean for a call is the caller's to say.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "base/result.h"

struct sockaddr_un;

namespace sallyport::ipc {

inline constexpr std::size_t ipc_frame_bytes_max = 256 * 1024;  // a case with all its evidence is some tens of KiB
inline constexpr std::string_view greeting = "SALLY-1\n";

using Deadline = std::chrono::steady_clock::time_point;

// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

[[nodiscard]] std::string error_text(int error_number);  // "no such file or directory (2)"
[[nodiscard]] Result<sockaddr_un> address_of(const std::string& path);
[[nodiscard]] Result<Descriptor> new_socket();  // non-blocking, close-on-exec
[[nodiscard]] std::optional<uid_t> peer_uid(const Descriptor& socket);

[[nodiscard]] Result<void> send_all(const Descriptor& socket, std::string_view bytes, Deadline deadline);
[[nodiscard]] Result<void> receive_exactly(const Descriptor& socket, char* into, std::size_t size, Deadline deadline);
// The frame's length in front of its text; `invalid` when it is too long.
[[nodiscard]] Result<std::string> frame_of(const Json& value);
[[nodiscard]] Result<Json> receive_frame(const Descriptor& socket, Deadline deadline);

[[nodiscard]] Json answer_json(const Result<Json>& answer);
// The answer or the other side's fault; nothing if `json` is neither.
[[nodiscard]] std::optional<Result<Json>> answer_from(const Json& json);

}  // namespace sallyport::ipc
