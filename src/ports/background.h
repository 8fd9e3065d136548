// Work that waits for the world (mail, the executor) and so must not run where rulings are made or
// requests are read. Thread-safe; the queue is bounded.
#pragma once

#include <functional>

namespace sallyport {

class Background {
 public:
  virtual ~Background() = default;
  // False: the queue is full and the work was not taken; the caller answers "try again".
  [[nodiscard]] virtual bool run(std::move_only_function<void()> work) = 0;
};

}  // namespace sallyport
