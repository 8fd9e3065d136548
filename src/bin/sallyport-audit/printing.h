// Text for a terminal. A ledger is somebody else's file: what it holds must not move the cursor,
// rewrite the line above or turn the reading direction around in front of the auditor.
#pragma once

#include <string>
#include <string_view>

namespace sallyport::audit {

// Control characters but the newline, and Unicode's direction marks, as \uXXXX; bytes that are not
// UTF-8 as \xXX.
[[nodiscard]] std::string printable(std::string_view text);

void print(std::string_view text);        // standard output, as it is
void print_error(std::string_view text);  // standard error, as it is

// "1 234 567": digits in threes.
[[nodiscard]] std::string grouped(unsigned long long number);

}  // namespace sallyport::audit
