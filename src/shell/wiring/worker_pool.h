// Threads that wait for the world: mail, the directory's process. Bounded queue; work not yet begun
// is dropped at stop() (its callers' replies are then answered by the server as failed).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "ports/background.h"

namespace sallyport {

inline constexpr std::size_t background_queue_max = 1024;  // at 2 ms each, two seconds of waiting; more is refused

class WorkerPool final : public Background {
 public:
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool() override;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  [[nodiscard]] bool run(std::move_only_function<void()> work) override;
  void stop();

 private:
  void work_on();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::move_only_function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sallyport
