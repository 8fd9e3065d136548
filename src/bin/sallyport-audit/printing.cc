#include "bin/sallyport-audit/printing.h"

#include <cstdio>
#include <string>

namespace sallyport::audit {

// A full disk or a closed pipe loses words, not the verdict: that is the exit status.
void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void print_error(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

std::string grouped(unsigned long long number) {
  auto out = std::to_string(number);
  for (std::size_t at = 3; at < out.size(); at += 4) out.insert(out.size() - at, 1, ' ');
  return out;
}

}  // namespace sallyport::audit
