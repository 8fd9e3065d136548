// For tests only: a TCP relay on the loopback interface that can fail between a question and its
// answer. It counts what the client sends, one read at a time, and needs no look inside TLS: LDAP
// clients of ours ask, wait, and ask again.
//
//   StallableRelay relay(server_port);
//   relay.arm(1, StallableRelay::Then::hold_requests);  // lets one more request pass, holds the next
//   ...
//   relay.release();                                    // what was held goes out, late
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sallyport {

class StallableRelay {
 public:
  enum class Then { hold_requests, drop_answers };

  explicit StallableRelay(std::uint16_t server_port)
      : server_port_(server_port), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    auto at = loopback(0);
    socklen_t size = sizeof at;
    if (listener_ < 0 || bind(listener_, as_sockaddr(at), size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, as_sockaddr(at), &size) != 0)
      throw std::runtime_error("the relay cannot listen");
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
  }
  ~StallableRelay() {
    stopping_ = true;
    acceptor_.join();
    for (auto& relay : relays_) relay.join();
    close(listener_);
  }
  StallableRelay(const StallableRelay&) = delete;
  StallableRelay& operator=(const StallableRelay&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // `when_reached` runs before the first request that is not simply passed.
  void arm(int passing_requests, Then then, std::function<void()> when_reached = [] {}) {
    const std::scoped_lock lock(mutex_);
    passing_ = passing_requests;
    then_ = then;
    when_reached_ = std::move(when_reached);
    armed_ = true;
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    armed_ = false;
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
  }
  static sockaddr* as_sockaddr(sockaddr_in& at) { return reinterpret_cast<sockaddr*>(&at); }
  static bool readable(int fd, int milliseconds) {
    pollfd wait{fd, POLLIN, 0};
    return poll(&wait, 1, milliseconds) > 0;
  }

  void accept_loop() {
    while (!stopping_) {
      if (!readable(listener_, 20)) continue;
      const int client = accept(listener_, nullptr, nullptr);
      if (client >= 0) relays_.emplace_back([this, client] { relay(client); });
    }
  }

  // Whether this request goes through at once; otherwise it is held or its answer dropped.
  bool passes() {
    std::function<void()> reached;
    {
      const std::scoped_lock lock(mutex_);
      if (!armed_) return true;
      if (passing_-- > 0) return true;
      reached = std::exchange(when_reached_, [] {});
    }
    reached();
    return false;
  }
  Then then() {
    const std::scoped_lock lock(mutex_);
    return then_;
  }
  bool armed() {
    const std::scoped_lock lock(mutex_);
    return armed_;
  }

  void relay(int client) {
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    auto at = loopback(server_port_);
    bool open = connect(server, as_sockaddr(at), sizeof at) == 0;
    bool client_open = true;
    bool deaf = false;  // answers are dropped from here on
    std::string held;
    std::vector<char> buffer(1 << 16);
    while (open && !stopping_) {
      if (!held.empty() && !armed()) {
        open = send(server, held.data(), held.size(), MSG_NOSIGNAL) >= 0;
        held.clear();
      }
      if (!client_open && held.empty()) break;
      if (client_open && readable(client, 2)) {
        const auto got = recv(client, buffer.data(), buffer.size(), 0);
        client_open = got > 0;
        if (got > 0 && held.empty() && (passes() || then() == Then::drop_answers)) {
          deaf = deaf || (armed() && then() == Then::drop_answers && passed_all());
          open = send(server, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) >= 0;
        } else if (got > 0) {
          held.append(buffer.data(), static_cast<std::size_t>(got));
        }
      }
      if (readable(server, 2)) {
        const auto got = recv(server, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        if (!deaf && client_open) send(client, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
      }
    }
    close(server);
    close(client);
  }
  bool passed_all() {
    const std::scoped_lock lock(mutex_);
    return passing_ < 0;
  }

  std::uint16_t server_port_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread acceptor_;
  std::vector<std::thread> relays_;
  std::mutex mutex_;
  bool armed_ = false;
  int passing_ = 0;
  Then then_ = Then::hold_requests;
  std::function<void()> when_reached_ = [] {};
};

}  // namespace sallyport
