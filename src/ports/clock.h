// What time it is. Only the shell asks; the core receives the answer as an argument. Whether the wall clock is to be
// believed is another question (app/watched_clock.h).
// Thread-safe.
#pragma once

#include "base/instant.h"

namespace sallyport {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;       // wall clock, UTC
  [[nodiscard]] virtual Duration elapsed() const = 0;  // since the machine was started, also while it slept
};

}  // namespace sallyport
