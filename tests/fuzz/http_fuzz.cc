// Property: any bytes are refused as a request, or are one, or are the beginning of one; how they come in pieces
// changes nothing of whether they are one, of what is read and of where it ends; and a target that is read has no
// segment that leads elsewhere. (When a refusal is seen does depend on the pieces: a bare line feed is refused once a
// whole line is there to look at.)
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>

#include "base/assert.h"
#include "base/bytes.h"
#include "shell/http/request_parser.h"

namespace {

using namespace sallyport;

struct Read {
  bool whole = false;
  std::size_t used = 0;
  std::string method, target, authorization, key, type, body;
  friend bool operator==(const Read&, const Read&) = default;
};

// In pieces of so many bytes, as the server gives them: what was not used comes again with what follows.
Read read(std::string_view bytes, std::size_t piece, const HttpLimits& limits) {
  RequestParser parser(limits);
  Read out;
  std::size_t known = 0;
  while (!parser.is_done() && parser.refusal().status == 0 && known < bytes.size()) {
    known = std::min(bytes.size(), known + piece);
    while (!parser.is_done() && parser.refusal().status == 0) {
      const auto used = parser.feed(bytes.data() + out.used, known - out.used);
      out.used += used;
      if (used == 0) break;
    }
  }
  out.whole = parser.is_done() && parser.refusal().status == 0;
  if (!out.whole) return {};  // the connection is closed, or waits
  const auto& request = parser.request();
  out.method = request.method;
  out.target = parser.target();
  out.authorization = request.authorization;
  out.key = request.idempotency_key;
  out.type = request.content_type;
  out.body = request.body;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = text_of({data, size});
  const HttpLimits limits;
  const auto at_once = read(bytes, std::max<std::size_t>(size, 1), limits);
  for (const std::size_t piece : {1U, 7U, 64U}) {
    const auto again = read(bytes, piece, limits);
    SALLYPORT_ASSERT(again == at_once);
  }
  if (at_once.whole) {
    SALLYPORT_ASSERT(at_once.used <= size && at_once.body.size() <= limits.body_bytes_max);
    SALLYPORT_ASSERT(bytes.substr(0, at_once.method.size()) == at_once.method);
  }
  const auto target = parse_request_target(bytes);
  if (target) {
    for (const auto& segment : target->segments)
      SALLYPORT_ASSERT(segment != "." && segment != ".." && segment.find_first_of("/\\") == segment.npos &&
                       std::ranges::none_of(segment, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    SALLYPORT_ASSERT(target->segments.size() <= path_segments_max && target->query.size() <= query_keys_max);
  }
  return 0;
}
