#include "shell/ipc/frame.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "base/text.h"

namespace sallyport::ipc {
namespace {

std::unexpected<Fault> broken(std::string what) { return fault(FaultKind::unavailable, std::move(what)); }

// Waits until the socket is ready for `events`, or broken, or the deadline passed.
Result<void> wait_for(const Descriptor& socket, short events, Deadline deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return broken("the time is up");
    pollfd ready{socket.get(), events, 0};
    const int count = ::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    if (count > 0) return {};
    if (count < 0 && errno != EINTR) return broken(concat("poll: ", error_text(errno)));
  }
}

std::optional<FaultKind> fault_kind_from(std::string_view text) {
  for (const auto kind : {FaultKind::invalid, FaultKind::not_found, FaultKind::conflict, FaultKind::unavailable,
                          FaultKind::rejected, FaultKind::corrupt, FaultKind::unknown})
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

std::optional<Fault> fault_from(const Json& json) {
  const auto kind = json.string_at("kind");
  auto what = json.string_at("what");
  auto next_step = json.string_at("next_step");
  if (!kind || !what || !next_step || !json.only_keys({"kind", "what", "next_step"})) return std::nullopt;
  const auto known = fault_kind_from(*kind);
  if (!known) return std::nullopt;
  return Fault{*known, std::move(*what), std::move(*next_step)};
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

std::string error_text(int error_number) {
  return concat(std::generic_category().message(error_number), " (", error_number, ")");
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool plain = !path.empty() && path.front() == '/' && path.find('\0') == std::string::npos;
  if (!plain || path.size() >= sizeof address.sun_path)
    return fault(FaultKind::invalid, "the socket's path is not absolute, or longer than a socket's path may be",
                 concat("give an absolute path of at most ", sizeof address.sun_path - 1, " bytes"));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Result<Descriptor> new_socket() {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return broken(concat("making a socket: ", error_text(errno)));
  return socket;
}

std::optional<uid_t> peer_uid(const Descriptor& socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return credentials.uid;
}

Result<void> send_all(const Descriptor& socket, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      SP_CHECK(wait_for(socket, POLLOUT, deadline));
    } else if (count < 0 && errno != EINTR) {
      return broken(concat("sending: ", error_text(errno)));
    }
  }
  return {};
}

Result<void> receive_exactly(const Descriptor& socket, char* into, std::size_t size, Deadline deadline) {
  while (size > 0) {
    const ssize_t count = ::recv(socket.get(), into, size, 0);
    if (count > 0) {
      into += count;
      size -= static_cast<std::size_t>(count);
    } else if (count == 0) {
      return broken("the other side closed the connection");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      SP_CHECK(wait_for(socket, POLLIN, deadline));
    } else if (errno != EINTR) {
      return broken(concat("receiving: ", error_text(errno)));
    }
  }
  return {};
}

Result<std::string> frame_of(const Json& value) {
  const std::string text = to_text(value);
  if (text.size() > ipc_frame_bytes_max)
    return fault(FaultKind::invalid, concat("a message of ", text.size(), " bytes is larger than a frame"));
  const auto size = static_cast<std::uint32_t>(text.size());
  std::string frame;
  frame.reserve(4 + text.size());
  for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>((size >> shift) & 0xFF));
  frame += text;
  return frame;
}

Result<Json> receive_frame(const Descriptor& socket, Deadline deadline) {
  std::array<char, 4> head{};
  SP_CHECK(receive_exactly(socket, head.data(), head.size(), deadline));
  std::size_t size = 0;
  for (const char c : head) size = (size << 8) | static_cast<unsigned char>(c);
  if (size > ipc_frame_bytes_max) return broken("the other side sent a frame that is too large");
  std::string text(size, '\0');
  SP_CHECK(receive_exactly(socket, text.data(), size, deadline));
  auto json = parse_json(text);
  if (!json) return broken("the other side sent a frame that is not JSON");  // its parser's words might quote it
  return json;
}

Json answer_json(const Result<Json>& answer) {
  if (answer) return Json::object({{"answer", *answer}});
  const Fault& f = answer.error();
  return Json::object(
      {{"fault", Json::object({{"kind", to_string(f.kind)}, {"what", f.what}, {"next_step", f.next_step}})}});
}

std::optional<Result<Json>> answer_from(const Json& json) {
  if (!json.is_object() || json.as_object().size() != 1) return std::nullopt;
  if (const Json* answer = json.find("answer")) return *answer;
  const Json* fault_json = json.find("fault");
  if (fault_json == nullptr || !fault_json->is_object()) return std::nullopt;
  auto f = fault_from(*fault_json);
  if (!f) return std::nullopt;
  return std::unexpected(std::move(*f));
}

}  // namespace sallyport::ipc
