// For tests: reads a file of this repository whole.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

inline std::string repository_file(std::string_view path) {
  const auto whole = std::string(SALLYPORT_SOURCE_DIR) + "/" + std::string(path);
  std::ifstream file(whole, std::ios::binary);
  EXPECT_TRUE(file.good()) << whole;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

}  // namespace sallyport
