// Writes the bytes of a response head (RFC 9112 section 4, RFC 9110). Pure but for the clock's
// second. Names and values that could end a line early are found here, so that no handler can be
// talked into a second header.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "shell/http/message.h"

namespace sallyport {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), formatted once a second. Not thread-safe.
class HttpDate {
 public:
  [[nodiscard]] std::string_view at(std::time_t now);

 private:
  std::time_t second_ = -1;
  std::string text_;
};

struct ResponseFrame {
  std::string_view date;
  bool keep_alive = true;
  bool head_only = false;  // the request was HEAD
};

// A final status, a content type and headers that can be written and are the handler's to set.
[[nodiscard]] bool is_sendable(const HttpResponse& response);
// Must the body be left out whatever the handler gave?
[[nodiscard]] bool has_no_body(int status, bool head_only) noexcept;
// Appends status line, headers and the empty line. `response` is sendable.
void append_response_head(std::string& out, const HttpResponse& response, const ResponseFrame& frame);

}  // namespace sallyport
