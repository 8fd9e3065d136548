#include "shell/http/reply_slot.h"

#include <utility>

#include "base/assert.h"
#include "shell/http/problem.h"

namespace sallyport {

bool Admission::enter() noexcept {
  if (count_.fetch_add(1, std::memory_order_relaxed) < max_) return true;
  leave();
  return false;
}

void WakeGate::wake(std::shared_ptr<ReplySlot> slot) {
  const std::lock_guard lock(mutex_);
  if (wake_) wake_(std::move(slot));
}

void WakeGate::close() {
  const std::lock_guard lock(mutex_);
  wake_ = nullptr;
}

// The one owner of the right to answer. Destroyed unused, it answers for the handler.
class ReplyToken {
 public:
  explicit ReplyToken(std::shared_ptr<ReplySlot> slot) noexcept : slot_(std::move(slot)) {}
  ReplyToken(ReplyToken&&) noexcept = default;
  ReplyToken(const ReplyToken&) = delete;
  ReplyToken& operator=(const ReplyToken&) = delete;
  ~ReplyToken() {
    if (slot_) slot_->answer(problem(500, "no-reply", "The request was not answered"));
  }
  void operator()(HttpResponse response) {
    SALLYPORT_ASSERT(slot_);  // answered twice
    std::exchange(slot_, nullptr)->answer(std::move(response));
  }

 private:
  std::shared_ptr<ReplySlot> slot_;
};

HttpReply ReplySlot::make_reply() { return ReplyToken(shared_from_this()); }

void ReplySlot::answer(HttpResponse response) {
  admission_->leave();
  response_ = std::move(response);
  State seen = state_.load(std::memory_order_relaxed);
  do {
    if (seen == State::abandoned) return;
  } while (!state_.compare_exchange_weak(seen, State::answered, std::memory_order_acq_rel));
  if (seen == State::waiting) gate_->wake(shared_from_this());
}

bool ReplySlot::wait_begins() noexcept {
  State expected = State::pending;
  return state_.compare_exchange_strong(expected, State::waiting, std::memory_order_acq_rel);
}

std::optional<HttpResponse> ReplySlot::take() {
  if (state_.exchange(State::abandoned, std::memory_order_acq_rel) != State::answered) return std::nullopt;
  return std::move(response_);
}

}  // namespace sallyport
