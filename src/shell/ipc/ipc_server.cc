#include "shell/ipc/ipc_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <list>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text.h"
#include "crypto/wiping_heap.h"
#include "shell/ipc/frame.h"
#include "shell/ipc/listener.h"

namespace sallyport {
namespace {

using namespace ipc;

constexpr auto frame_time = std::chrono::seconds(5);  // a peer on this machine sends a frame in microseconds
constexpr auto accept_pause = std::chrono::milliseconds(100);  // when the process is out of descriptors
constexpr std::size_t connections_ceiling = 1024;

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

class IpcServer::Impl {
 public:
  Impl(Listener listener, Descriptor stop_event, std::vector<uid_t> allowed, IpcHandler handler, std::size_t max)
      : listener_(std::move(listener)),
        stop_event_(std::move(stop_event)),
        allowed_(std::move(allowed)),
        handler_(std::move(handler)),
        max_connections_(max) {
    // Signals are for the thread that asked for them; the threads made here inherit this mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    accepting_ = std::thread([this] { keep_accepting(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void stop() {
    if (stopping_.exchange(true)) return;
    // One write wakes every thread: the event stays readable.
    const std::uint64_t one = 1;
    while (::write(stop_event_.get(), &one, sizeof one) < 0 && errno == EINTR) {
    }
    accepting_.join();
    for (auto& connection : connections_) connection.thread.join();
    connections_.clear();
  }

  std::atomic<std::uint64_t> refused_peers{0};
  std::atomic<std::uint64_t> refused_full{0};

 private:
  struct Connection {
    std::thread thread;
    std::atomic<bool> done{false};
  };

  // Sleeps until the descriptor has something to read (true) or the server stops (false).
  bool wait_readable(const Descriptor& socket) const {
    pollfd ready[] = {{socket.get(), POLLIN, 0}, {stop_event_.get(), POLLIN, 0}};
    while (!stopping_) {
      const int count = ::poll(ready, 2, -1);
      if (count < 0 && errno != EINTR) return false;
      if (count > 0 && ready[1].revents != 0) return false;
      if (count > 0) return true;
    }
    return false;
  }

  // `connections_` belongs to this thread until it ends, then to stop().
  void keep_accepting() {
    while (wait_readable(listener_.socket())) {
      Descriptor socket(::accept4(listener_.socket().get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (socket.is_open()) {
        admit(std::move(socket));
      } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        std::this_thread::sleep_for(accept_pause);
      }
    }
  }

  void admit(Descriptor socket) {
    const auto uid = peer_uid(socket);
    if (!uid || std::ranges::find(allowed_, *uid) == allowed_.end()) {
      ++refused_peers;
      return;
    }
    join_finished();
    if (connections_.size() >= max_connections_) {
      ++refused_full;
      return;
    }
    Connection& connection = connections_.emplace_back();
    try {
      connection.thread = std::thread([this, &connection, socket = std::move(socket)] {
        converse(socket);
        connection.done = true;
      });
    } catch (const std::system_error&) {  // no thread to be had: as full as can be
      connections_.pop_back();
      ++refused_full;
    }
  }

  void join_finished() {
    for (auto it = connections_.begin(); it != connections_.end();) {
      if (!it->done) {
        ++it;
        continue;
      }
      it->thread.join();
      it = connections_.erase(it);
    }
  }

  // Until the peer leaves, misbehaves, or the server stops. A peer's misbehaviour is its own to report.
  void converse(const Descriptor& socket) const {
    if (!send_all(socket, greeting, in(frame_time))) return;
    while (wait_readable(socket) && answer_next(socket)) wipe_dead_stack();
  }

  bool answer_next(const Descriptor& socket) const {
    const auto request = receive_frame(socket, in(frame_time));
    if (!request) return false;
    auto frame = frame_of(answer_json(ask(*request)));
    if (!frame)
      frame = frame_of(answer_json(fault(FaultKind::unknown, "it was handled, and the answer is larger than a frame")));
    return frame && send_all(socket, *frame, in(frame_time));
  }

  Result<Json> ask(const Json& request) const {
    try {
      return handler_(request);
    } catch (const std::bad_alloc&) {  // in the middle of something: only what is on disk is known to be right
      std::terminate();
    } catch (...) {  // its words may hold what the peer must not see
      return fault(FaultKind::unknown, "the handler failed, and may have done part of its work");
    }
  }

  Listener listener_;
  Descriptor stop_event_;
  const std::vector<uid_t> allowed_;
  const IpcHandler handler_;
  const std::size_t max_connections_;
  std::atomic<bool> stopping_{false};
  std::list<Connection> connections_;
  std::thread accepting_;
};

Result<std::unique_ptr<IpcServer>> IpcServer::start(std::string path, std::vector<uid_t> allowed_uids,
                                                    IpcHandler handler, std::size_t max_connections) {
  if (allowed_uids.empty())
    return fault(FaultKind::invalid, "nobody may use the socket", "name the user of the other process");
  if (max_connections < 1 || max_connections > connections_ceiling)
    return fault(FaultKind::invalid, concat("the socket serves ", max_connections, " connections"),
                 concat("let it serve 1 to ", connections_ceiling));
  const bool only_ourselves = std::ranges::all_of(allowed_uids, [](uid_t uid) { return uid == ::geteuid(); });
  auto listener = Listener::open(path, only_ourselves ? 0600 : 0666);
  if (!listener) return with_context("starting the local socket", std::move(listener).error());
  Descriptor stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event.is_open()) return fault(FaultKind::unavailable, concat("making an event: ", error_text(errno)));
  return std::unique_ptr<IpcServer>(new IpcServer(std::make_unique<Impl>(
      std::move(*listener), std::move(stop_event), std::move(allowed_uids), std::move(handler), max_connections)));
}

IpcServer::IpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IpcServer::~IpcServer() = default;
void IpcServer::stop() { impl_->stop(); }
std::uint64_t IpcServer::refused_peers() const noexcept { return impl_->refused_peers; }
std::uint64_t IpcServer::refused_full() const noexcept { return impl_->refused_full; }

}  // namespace sallyport
