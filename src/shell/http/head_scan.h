// Looks at the raw bytes of a request's head before the parser does, and refuses what two readers could take in two
// ways: RFC 9112 lets a recipient accept some of it, and that is how one server's body becomes another's request.
//
// Refused: a line feed without its carriage return and the other way round (section 2.2), a header folded over lines
// (section 5.2), control characters other than the tab (RFC 9110 section 5.5), and a head larger than the limit in all.
//
// Pure. Give it every byte once, in order; it stops at the end of the head.
#pragma once

#include <cstddef>
#include <string_view>

namespace sallyport {

class HeadScan {
 public:
  explicit HeadScan(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  enum class Found { nothing, too_large, malformed };
  [[nodiscard]] Found feed(std::string_view bytes) noexcept {
    for (const char c : bytes) {
      if (done_) break;
      if (++bytes_ > bytes_max_) return Found::too_large;
      if (after_return_) {
        if (c != '\n') return Found::malformed;
        after_return_ = false;
        done_ = line_is_empty_ && lines_ > 0;
        ++lines_;
        line_is_empty_ = true;
        continue;
      }
      if (c == '\r') {
        after_return_ = true;
        continue;
      }
      const bool folds = line_is_empty_ && lines_ > 0 && (c == ' ' || c == '\t');
      const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
      if (folds || control) return Found::malformed;
      line_is_empty_ = false;
    }
    return Found::nothing;
  }

 private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;  // that have ended
  bool line_is_empty_ = true;
  bool after_return_ = false;
  bool done_ = false;
};

}  // namespace sallyport
