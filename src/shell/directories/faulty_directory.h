// For tests only: a directory whose network misbehaves on command. Each plan holds for one write.
//
//   FaultyDirectory faulty(real);
//   faulty.next_write(FaultyDirectory::Plan::lose_answer);   // applied, and reported unknown
//
// Thread-safe. `hold` blocks the caller until release(), so run it in a thread of its own: the write
// then reaches the directory late, after whatever the test did meanwhile, and is reported unknown.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "ports/directory.h"

namespace sallyport {

class FaultyDirectory final : public Directory {
 public:
  enum class Plan { pass, lose_request, lose_answer, hold, unavailable };

  explicit FaultyDirectory(Directory& real) : real_(real) {}

  void next_write(Plan plan) {
    const std::scoped_lock lock(mutex_);
    plans_.push_back(plan);
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    ++releases_;
    changed_.notify_all();
  }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ > 0; });
  }
  // What the last write would have told, had its answer come. Nothing: the request was lost.
  [[nodiscard]] std::optional<WriteResult> lost_answer() const {
    const std::scoped_lock lock(mutex_);
    return lost_answer_;
  }
  void fail_reads(bool fail) {
    const std::scoped_lock lock(mutex_);
    reads_fail_ = fail;
  }

  [[nodiscard]] Result<AccountRecord> find_by_login(std::string_view login, Instant now) override {
    if (reads_fail()) return fault(FaultKind::unavailable, "the directory does not answer");
    return real_.find_by_login(login, now);
  }
  [[nodiscard]] Result<AccountRecord> find_by_id(const AccountId& account, Instant now) override {
    if (reads_fail()) return fault(FaultKind::unavailable, "the directory does not answer");
    return real_.find_by_id(account, now);
  }
  [[nodiscard]] Result<Observation> observe(const AccountId& account) override {
    if (reads_fail()) return fault(FaultKind::unavailable, "the directory does not answer");
    return real_.observe(account);
  }
  [[nodiscard]] WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                const SecretBytes* secret) override {
    return write([&] { return real_.act(action, from, to, secret); });
  }
  [[nodiscard]] WriteResult fence(const AccountId& account, const Marker& from, const Marker& to) override {
    return write([&] { return real_.fence(account, from, to); });
  }

 private:
  [[nodiscard]] bool reads_fail() const {
    const std::scoped_lock lock(mutex_);
    return reads_fail_;
  }
  [[nodiscard]] Plan take_plan() {
    const std::scoped_lock lock(mutex_);
    if (plans_.empty()) return Plan::pass;
    const auto plan = plans_.front();
    plans_.pop_front();
    lost_answer_.reset();
    return plan;
  }
  void wait_for_release() {
    std::unique_lock lock(mutex_);
    ++held_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return releases_ > 0; });
    --releases_;
    --held_;
  }
  template <typename Call>
  [[nodiscard]] WriteResult write(const Call& call) {
    const auto plan = take_plan();
    if (plan == Plan::pass) return call();
    if (plan == Plan::unavailable) return {WriteOutcome::not_done, Refusal::unavailable, "the directory is down"};
    if (plan == Plan::hold) wait_for_release();
    if (plan != Plan::lose_request) {
      auto answer = call();
      const std::scoped_lock lock(mutex_);
      lost_answer_ = std::move(answer);
    }
    return {WriteOutcome::unknown, Refusal::none, "the directory's answer was lost"};
  }

  Directory& real_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Plan> plans_;
  std::optional<WriteResult> lost_answer_;
  int held_ = 0;
  int releases_ = 0;
  bool reads_fail_ = false;
};

}  // namespace sallyport
