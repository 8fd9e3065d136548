// What time it is. Only the shell asks; the core receives the answer as an argument.
// Thread-safe.
#pragma once

#include "base/instant.h"

namespace sallyport {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const = 0;  // wall clock, UTC
};

}  // namespace sallyport
