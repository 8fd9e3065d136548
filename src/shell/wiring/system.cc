#include "shell/wiring/system.h"

#include <sys/random.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <span>

#include "base/assert.h"
#include "base/text.h"

namespace sallyport {

Instant SystemClock::now() const {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count()};
}

Duration SystemClock::elapsed() const {
  timespec at{};
  SALLYPORT_ASSERT(clock_gettime(CLOCK_BOOTTIME, &at) == 0);  // since Linux 2.6.39
  return {std::int64_t{at.tv_sec} * 1000 + at.tv_nsec / 1'000'000};
}

Result<Bytes> SystemEntropy::bytes(std::size_t count) {
  if (count > entropy_bytes_per_call_max)
    return fault(FaultKind::invalid,
                 concat("more than ", entropy_bytes_per_call_max, " random bytes were asked for at once"));
  Bytes out(count);
  for (std::span<std::uint8_t> rest(out); !rest.empty();) {
    const auto got = ::getrandom(rest.data(), rest.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      return fault(FaultKind::unavailable, "the system gives no random bytes",
                   "nothing can be done safely without them");
    rest = rest.subspan(static_cast<std::size_t>(got));
  }
  return out;
}

}  // namespace sallyport
