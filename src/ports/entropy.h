// Unpredictable bytes. A failure to get them is a fault that stops what needed them; there is no
// weaker source to fall back to. Thread-safe.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace sallyport {

class Entropy {
 public:
  virtual ~Entropy() = default;
  [[nodiscard]] virtual Result<Bytes> bytes(std::size_t count) = 0;
};

}  // namespace sallyport
