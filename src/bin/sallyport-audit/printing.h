// What the program says, on a terminal or into a file. Other people's text goes through printable() first.
#pragma once

#include <string>
#include <string_view>

#include "base/printable.h"

namespace sallyport::audit {

void print(std::string_view text);        // standard output, as it is
void print_error(std::string_view text);  // standard error, as it is

// "1 234 567": digits in threes.
[[nodiscard]] std::string grouped(unsigned long long number);

}  // namespace sallyport::audit
