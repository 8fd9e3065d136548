// Points and spans of time. The core never asks what time it is: `now` is an argument, and every
// `now` that a decision used stands in the ledger. Unit: milliseconds since 1970-01-01T00:00:00Z,
// leap seconds ignored as POSIX does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport {

struct Duration {
  std::int64_t milliseconds = 0;
  friend auto operator<=>(const Duration&, const Duration&) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return {a.milliseconds + b.milliseconds}; }
};

constexpr Duration seconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration minutes(std::int64_t n) { return seconds(n * 60); }
constexpr Duration hours(std::int64_t n) { return minutes(n * 60); }
constexpr Duration days(std::int64_t n) { return hours(n * 24); }

struct Instant {
  std::int64_t milliseconds = 0;
  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend constexpr Instant operator+(Instant at, Duration d) { return {at.milliseconds + d.milliseconds}; }
  friend constexpr Instant operator-(Instant at, Duration d) { return {at.milliseconds - d.milliseconds}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return {a.milliseconds - b.milliseconds}; }
};

// "2026-11-23T22:12:13.000Z" (RFC 3339, always UTC, always milliseconds) and back. Years 1970 to 9999.
[[nodiscard]] std::string to_rfc3339(Instant at);
[[nodiscard]] std::optional<Instant> instant_from_rfc3339(std::string_view text);

// "90s", "30m", "4h", "3d", "250ms": one whole number and one unit, as the policy writes it.
[[nodiscard]] std::string to_string(Duration duration);
[[nodiscard]] std::optional<Duration> duration_from_text(std::string_view text);

}  // namespace sallyport
