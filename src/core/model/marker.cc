#include "core/model/marker.h"

#include <charconv>

#include "base/text.h"

namespace sallyport {

Marker marker_of_execution(std::uint64_t fence_token, const ExecutionId& execution) {
  return concat('e', fence_token, ':', execution.text());
}

Marker marker_of_fence(std::uint64_t fence_token, const ExecutionId& execution) {
  return concat('f', fence_token, ':', execution.text());
}

std::optional<std::uint64_t> fence_token_of(const Marker& marker) {
  if (marker.empty()) return 0;
  if (marker.front() != 'e' && marker.front() != 'f') return std::nullopt;
  const auto colon = marker.find(':');
  if (colon == Marker::npos || !is_id_text(std::string_view(marker).substr(colon + 1))) return std::nullopt;
  const char* const begin = marker.data() + 1;
  const char* const end = marker.data() + colon;
  std::uint64_t token = 0;
  const auto [stop, error] = std::from_chars(begin, end, token);
  if (error != std::errc{} || stop != end) return std::nullopt;
  if (*begin == '0' && end - begin > 1) return std::nullopt;  // one spelling for each token
  return token;
}

}  // namespace sallyport
