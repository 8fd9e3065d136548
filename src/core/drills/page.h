// A drill as one page of HTML: to show, to print, to mail. Nothing in it comes from elsewhere, no script at all; the
// charts are SVG in the page. Colour is never the only sign. Every text is escaped: policies and organization files
// are somebody else's.
#pragma once

#include <string>
#include <string_view>

#include "core/drills/drill.h"

namespace sallyport::drills {

struct PageHead {
  std::string policy;
  std::string organization;  // empty: an assumed one
  std::string digest;        // of the policy, hex
  std::string date;          // as it is to be read
};
[[nodiscard]] std::string page_of(const Drill& drill, const PageHead& head);

// For text and for attributes in double quotes. Control characters become U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace sallyport::drills
