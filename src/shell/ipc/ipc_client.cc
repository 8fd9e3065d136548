#include "shell/ipc/ipc_client.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "base/text.h"
#include "shell/ipc/frame.h"

namespace sallyport {
namespace {

using namespace ipc;

constexpr std::size_t pool_size_max = 64;  // as many as the other side takes

std::unexpected<Fault> not_delivered(std::string what) {
  return fault(FaultKind::unavailable, concat("the other Sallyport process was not reached: ", what),
               "check that it runs and that both use the same socket path");
}

// A kept connection that turned readable while nobody asked anything was closed (or is confused).
bool is_fresh(const Descriptor& socket) {
  pollfd ready{socket.get(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 0;
}

}  // namespace

class IpcClient::Impl {
 public:
  Impl(std::string path, uid_t server_uid, std::size_t pool_size, std::chrono::milliseconds timeout)
      : path_(std::move(path)), server_uid_(server_uid), pool_size_(pool_size), timeout_(timeout) {}

  Result<Json> call(const Json& request) {
    SP_TRY(const std::string frame, frame_of(request));
    const Deadline deadline = std::chrono::steady_clock::now() + timeout_;
    SP_TRY(Descriptor socket, take(deadline));
    auto answer = exchange(socket, frame, deadline);
    give_back(std::move(socket));
    return answer;
  }

 private:
  // Leaves `socket` closed unless it may carry another call.
  Result<Json> exchange(Descriptor& socket, const std::string& frame, Deadline deadline) {
    if (!socket.is_open()) {
      auto fresh = connect(deadline);
      if (!fresh) return not_delivered(std::move(fresh).error().what);
      socket = std::move(*fresh);
    }
    if (std::chrono::steady_clock::now() >= deadline) return not_delivered("the time was up before it could be sent");
    if (auto sent = send_all(socket, frame, deadline); !sent) {
      socket = Descriptor();
      return not_delivered(std::move(sent).error().what);
    }
    auto answered = receive_frame(socket, deadline);
    auto answer = answered ? answer_from(*answered) : std::nullopt;
    if (answer) return std::move(*answer);
    socket = Descriptor();
    return fault(FaultKind::unknown,
                 concat("the other Sallyport process was asked and gave no answer: ",
                        answered ? "it sent something else" : std::move(answered).error().what),
                 "find out whether it happened before asking again");
  }

  Result<Descriptor> connect(Deadline deadline) const {
    SP_TRY(const sockaddr_un address, address_of(path_));
    SP_TRY(Descriptor socket, new_socket());
    // A full backlog makes a non-blocking connect fail with EAGAIN: the other side is too busy.
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return fault(FaultKind::unavailable, concat("connecting: ", error_text(errno)));
    if (peer_uid(socket) != server_uid_)
      return fault(FaultKind::unavailable, "the socket belongs to a process of another user");
    std::array<char, greeting.size()> said{};
    SP_CHECK(receive_exactly(socket, said.data(), said.size(), deadline));
    if (std::string_view(said.data(), said.size()) != greeting)
      return fault(FaultKind::unavailable, "the process at the socket is not a Sallyport of this version");
    return socket;
  }

  // A place in the pool: an open connection, or a closed one to be connected.
  Result<Descriptor> take(Deadline deadline) {
    std::unique_lock lock(mutex_);
    const bool free = returned_.wait_until(lock, deadline, [this] { return in_use_ < pool_size_; });
    if (!free) return not_delivered("every connection was busy until the time was up");
    ++in_use_;
    while (!idle_.empty()) {
      Descriptor socket = std::move(idle_.back());
      idle_.pop_back();
      if (is_fresh(socket)) return socket;
    }
    return Descriptor();
  }

  void give_back(Descriptor socket) {
    const std::lock_guard lock(mutex_);
    --in_use_;
    if (socket.is_open()) idle_.push_back(std::move(socket));
    returned_.notify_one();
  }

  const std::string path_;
  const uid_t server_uid_;
  const std::size_t pool_size_;
  const std::chrono::milliseconds timeout_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::size_t in_use_ = 0;
  std::vector<Descriptor> idle_;
};

Result<std::unique_ptr<IpcClient>> IpcClient::create(std::string path, uid_t server_uid, std::size_t pool_size,
                                                     std::chrono::milliseconds timeout) {
  SP_CHECK(ipc::address_of(path));
  if (pool_size < 1 || pool_size > pool_size_max)
    return fault(FaultKind::invalid, concat("the pool to the other process has ", pool_size, " connections"),
                 concat("give it 1 to ", pool_size_max));
  if (timeout.count() <= 0)
    return fault(FaultKind::invalid, "the time for a call to the other process is not positive");
  auto impl = std::make_unique<Impl>(std::move(path), server_uid, pool_size, timeout);
  return std::unique_ptr<IpcClient>(new IpcClient(std::move(impl)));
}

IpcClient::IpcClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IpcClient::~IpcClient() = default;
Result<Json> IpcClient::call(const Json& request) { return impl_->call(request); }

}  // namespace sallyport
