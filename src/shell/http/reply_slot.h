// Where a handler's reply and its connection meet, whichever comes first and on whichever thread.
//
// The connection makes a slot, hands its reply to the handler, then asks take(); if there is nothing
// yet it calls wait_begins() and sleeps until woken. The reply may come from any thread; it wakes the
// connection only if that sleeps. One side wins each step by an atomic exchange; `response_` is
// written before that exchange and read after it. A slot may outlive its connection and the server.
//
// A slot counts as one handler at work until its reply was called or destroyed, so a handler that
// never replies keeps its place under `in_flight_max` even after its client was told 504.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>

#include "shell/http/message.h"
#include "shell/http/server.h"

namespace sallyport {

class ReplySlot;

// How many handlers are at work.
class Admission {
 public:
  explicit Admission(std::size_t max) : max_(max) {}
  [[nodiscard]] bool enter() noexcept;
  void leave() noexcept { count_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const std::size_t max_;
  std::atomic<std::size_t> count_{0};
};

// The way onto a connection's thread; closed for good when the server stops.
class WakeGate {
 public:
  using Wake = std::function<void(std::shared_ptr<ReplySlot>)>;  // posts to the connection's thread
  explicit WakeGate(Wake wake) : wake_(std::move(wake)) {}
  void wake(std::shared_ptr<ReplySlot> slot);
  void close();

 private:
  std::mutex mutex_;
  Wake wake_;
};

class ReplySlot : public std::enable_shared_from_this<ReplySlot> {
 public:
  // The caller has entered `admission`; the slot leaves it.
  ReplySlot(std::shared_ptr<WakeGate> gate, std::shared_ptr<Admission> admission)
      : gate_(std::move(gate)), admission_(std::move(admission)) {}

  [[nodiscard]] HttpReply make_reply();  // once

  // The connection's side.
  [[nodiscard]] bool answered() const noexcept { return state_.load(std::memory_order_acquire) == State::answered; }
  // True: sleep, a wake will come. False: the answer is already there.
  [[nodiscard]] bool wait_begins() noexcept;
  // The answer; or nothing, and then every later answer is dropped.
  [[nodiscard]] std::optional<HttpResponse> take();
  // Called on the connection's thread; null when nobody sleeps. Not used from elsewhere.
  std::function<void()> wake_up;

 private:
  friend class ReplyToken;
  enum class State { pending, waiting, answered, abandoned };
  void answer(HttpResponse response);

  std::atomic<State> state_{State::pending};
  HttpResponse response_;
  std::shared_ptr<WakeGate> gate_;
  std::shared_ptr<Admission> admission_;
};

}  // namespace sallyport
