#include "base/instant.h"

#include <array>
#include <charconv>
#include <chrono>

namespace sallyport {
namespace {

void put(std::string& out, std::int64_t value, int width) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  (void)error;  // twenty characters hold every 64-bit number
  const auto length = static_cast<int>(end - digits.data());
  for (int i = length; i < width; ++i) out.push_back('0');
  out.append(digits.data(), end);
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> units{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t duration_max_ms = 36'500LL * 86'400'000;  // a hundred years: more is a slip of the pen

}  // namespace

std::string to_rfc3339(Instant at) {
  using namespace std::chrono;
  const sys_time<milliseconds> point{milliseconds{at.milliseconds}};
  const auto day = floor<std::chrono::days>(point);
  const year_month_day date{day};
  const hh_mm_ss time{point - day};
  std::string out;
  out.reserve(24);
  put(out, static_cast<int>(date.year()), 4);
  out.push_back('-');
  put(out, static_cast<unsigned>(date.month()), 2);
  out.push_back('-');
  put(out, static_cast<unsigned>(date.day()), 2);
  out.push_back('T');
  put(out, time.hours().count(), 2);
  out.push_back(':');
  put(out, time.minutes().count(), 2);
  out.push_back(':');
  put(out, time.seconds().count(), 2);
  out.push_back('.');
  put(out, time.subseconds().count(), 3);
  out.push_back('Z');
  return out;
}

std::optional<Instant> instant_from_rfc3339(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != 24 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text[19] != '.' || text[23] != 'Z')
    return std::nullopt;
  const auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2);
  const auto h = digits(text, 11, 2), mi = digits(text, 14, 2), s = digits(text, 17, 2), ms = digits(text, 20, 3);
  if (!y || !mo || !d || !h || !mi || !s || !ms) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok() || *y < 1970 || *h > 23 || *mi > 59 || *s > 59) return std::nullopt;
  const auto point = sys_days{date} + std::chrono::hours{*h} + std::chrono::minutes{*mi} + std::chrono::seconds{*s} +
                     std::chrono::milliseconds{*ms};
  return Instant{duration_cast<std::chrono::milliseconds>(point.time_since_epoch()).count()};
}

std::string to_string(Duration duration) {
  std::string out;
  for (const auto& unit : units) {
    if (duration.milliseconds % unit.milliseconds == 0 && (duration.milliseconds != 0 || unit.name == "s")) {
      put(out, duration.milliseconds / unit.milliseconds, 1);
      out.append(unit.name);
      return out;
    }
  }
  return out;
}

std::optional<Duration> duration_from_text(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || count < 0 || text.starts_with('-')) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& unit : units)
    if (unit.name == name && count <= duration_max_ms / unit.milliseconds) return Duration{count * unit.milliseconds};
  return std::nullopt;
}

}  // namespace sallyport
