// The clock and the entropy of the machine we run on: the two places where a program meets the
// world's time and luck. Everything else is given them by wiring.
//
// SystemEntropy is getrandom(2) without flags: it waits for the kernel's pool once after boot and
// never fails for lack of entropy afterwards. Thread-safe, both.
#pragma once

#include "ports/clock.h"
#include "ports/entropy.h"

namespace sallyport {

inline constexpr std::size_t entropy_bytes_per_call_max = 4096;  // keys, codes and nonces are below 100 bytes

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] Duration elapsed() const override;  // CLOCK_BOOTTIME
};

class SystemEntropy final : public Entropy {
 public:
  // `invalid` above entropy_bytes_per_call_max, `unavailable` when the kernel gives none.
  [[nodiscard]] Result<Bytes> bytes(std::size_t count) override;
};

}  // namespace sallyport
