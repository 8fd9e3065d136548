// Somebody else's text for a terminal, or for a page that people read: what it holds must not move the cursor, rewrite
// the line above or turn the reading direction around.
#pragma once

#include <string>
#include <string_view>

namespace sallyport {

// Control characters but the newline, and Unicode's direction marks, as \uXXXX; bytes that are not UTF-8 as \xXX.
[[nodiscard]] std::string printable(std::string_view text);
// The same, and newlines as well: what stands inside a line cannot begin another one.
[[nodiscard]] std::string printable_line(std::string_view text);

}  // namespace sallyport
