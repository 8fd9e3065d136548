#include "crypto/totp.h"

#include <liboath/oath.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "base/assert.h"

namespace sallyport {
namespace {

using Code = std::array<char, totp_digits + 1>;  // liboath ends it with a zero

bool seed_in_bounds(const SecretBytes& seed) {
  return seed.size() >= totp_seed_length_min && seed.size() <= totp_seed_length_max;
}

// RFC 4226 section 5.3: the HOTP value of the counter, and in TOTP the counter is the step.
Code hotp(const SecretBytes& seed, std::int64_t step) {
  static std::once_flag once;
  std::call_once(once, [] { SALLYPORT_ASSERT(oath_init() == OATH_OK); });
  Code code{};
  const auto text = text_of(seed.reveal());
  SALLYPORT_ASSERT(oath_hotp_generate(text.data(), text.size(), static_cast<std::uint64_t>(step), totp_digits, false,
                                      OATH_HOTP_DYNAMIC_TRUNCATION, code.data()) == OATH_OK);
  return code;
}

bool is_code(std::string_view code) {
  return code.size() == totp_digits && std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<std::int64_t> totp_matching_step(const SecretBytes& seed, std::string_view code, Instant now,
                                               std::int64_t last_accepted_step) {
  if (!is_code(code) || !seed_in_bounds(seed) || now.milliseconds < 0) return std::nullopt;
  const auto current = totp_step_at(now);
  std::optional<std::int64_t> matched;
  // All steps of the window are computed and compared, so that the time taken does not tell which one
  // the claimant's clock is at, nor whether a refused code was a replay.
  for (auto step = std::max<std::int64_t>(0, current - totp_window_steps); step <= current + totp_window_steps;
       ++step) {
    const auto right = hotp(seed, step);
    const bool equal = equal_constant_time(view_of(code), view_of({right.data(), totp_digits}));
    if (equal && step > last_accepted_step && !matched) matched = step;
  }
  return matched;
}

std::string totp_code(const SecretBytes& seed, std::int64_t step) {
  SALLYPORT_ASSERT(seed_in_bounds(seed) && step >= 0);
  return {hotp(seed, step).data(), totp_digits};
}

}  // namespace sallyport
