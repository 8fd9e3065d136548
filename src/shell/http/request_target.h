// Takes apart the target of a request: "/api/cases/case%201?state=open" (RFC 9112 section 3.2.1,
// RFC 3986). Pure. Strict, because what is read differently by two programs is how checks are
// walked around: one way in only.
//
// Refused: anything but origin-form; characters RFC 3986 does not allow; a '%' without two hex digits;
// encoded control characters, '/' and '\'; text that is not UTF-8; the segments "." and "..", encoded
// or not; empty segments, except a last one ("/claim/" gives {"claim", ""}); a query key that is empty
// or comes twice; more than `query_keys_max` keys or `path_segments_max` segments.
// Faults are `invalid` and repeat nothing of the input.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sallyport {

inline constexpr std::size_t target_bytes_max = 2048;  // our longest has a cursor and a few filters
inline constexpr std::size_t path_segments_max = 16;   // "/api/cases/{id}/approvals/{seat}" has five
inline constexpr std::size_t query_keys_max = 16;

struct RequestTarget {
  std::string path;  // raw, without the query
  std::vector<std::string> segments;
  std::map<std::string, std::string> query;
};

[[nodiscard]] Result<RequestTarget> parse_request_target(std::string_view target);

}  // namespace sallyport
