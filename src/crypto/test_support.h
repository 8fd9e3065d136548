// For the tests of crypto/ only: reading hex and the vector files under tests/vectors/.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/secret.h"

namespace sallyport {

inline Bytes hex(std::string_view text) {
  auto bytes = from_hex(text);
  EXPECT_TRUE(bytes.has_value()) << text;
  return bytes.value_or(Bytes{});
}

inline Bytes base64url(std::string_view text) {
  auto bytes = from_base64url(text);
  EXPECT_TRUE(bytes.has_value()) << text;
  return bytes.value_or(Bytes{});
}

inline SecretBytes secret(std::string_view text) { return SecretBytes::copy_of(view_of(text)); }
inline SecretBytes secret_hex(std::string_view text) { return SecretBytes::take(hex(text)); }
inline std::string shown(const SecretBytes& bytes) { return std::string(text_of(bytes.reveal())); }

inline std::string fault_text(const auto& result) { return result ? std::string("no fault") : result.error().what; }

inline Json vector_file(std::string_view path) {
  std::ifstream file(concat(SALLYPORT_SOURCE_DIR, "/tests/vectors/", path));
  EXPECT_TRUE(file.good()) << path;
  auto parsed = parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  EXPECT_TRUE(parsed.has_value()) << path << ": " << fault_text(parsed);
  return parsed ? *std::move(parsed) : Json();
}

// The member of a vector; the test fails when it is missing.
inline std::string member(const Json& object, std::string_view key) {
  auto value = object.string_at(key);
  EXPECT_TRUE(value.has_value()) << key;
  return value.value_or("");
}

#define EXPECT_FAULT(expression, fragment)                                                    \
  do {                                                                                        \
    const auto expect_fault_result = (expression);                                            \
    EXPECT_FALSE(expect_fault_result.has_value());                                            \
    EXPECT_NE(::sallyport::fault_text(expect_fault_result).find(fragment), std::string::npos) \
        << ::sallyport::fault_text(expect_fault_result);                                      \
  } while (false)

}  // namespace sallyport
