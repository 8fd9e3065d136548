// The one JSON of Sallyport: ledger entries, the API, statements that people sign.
// A subset of RFC 8259 in which every value has one spelling, so that hashes and signatures mean
// what they seem to: whole numbers only (signed 64 bit), no duplicate keys, valid UTF-8, no bytes
// after the value, nesting at most `json_depth_max`. `to_text` writes the canonical form of
// RFC 8785 (JCS) for these values: keys sorted, no white space, shortest escapes. Keys are sorted
// as bytes, which equals JCS's UTF-16 order for every key outside the surrogate range; keys are
// therefore refused above U+D7FF.
//
//   Json entry = Json::object({{"kind", "case_opened"}, {"at", "2026-..."}});
//   entry.set("case", id.text());
//   SP_TRY(auto body, parse_json(text));
//   if (const auto* kind = body.find("kind"); kind && kind->is_string()) ...
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sallyport {

inline constexpr int json_depth_max = 32;  // entries nest five deep; the rest is somebody's attack on our stack

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // sorted by key, keys distinct

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  Json(T value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}

  [[nodiscard]] static Json object(std::initializer_list<Member> members = {});
  [[nodiscard]] static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  [[nodiscard]] bool is_bool() const { return std::holds_alternative<bool>(value_); }
  [[nodiscard]] bool is_int() const { return std::holds_alternative<std::int64_t>(value_); }
  [[nodiscard]] bool is_string() const { return std::holds_alternative<std::string>(value_); }
  [[nodiscard]] bool is_array() const { return std::holds_alternative<Array>(value_); }
  [[nodiscard]] bool is_object() const { return std::holds_alternative<Object>(value_); }

  // Each asserts its type: ask is_*() first, or use the checked readers below.
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_int() const;
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const Array& as_array() const;
  [[nodiscard]] Array& as_array();
  [[nodiscard]] const Object& as_object() const;

  // nullptr when this is no object or has no such key.
  [[nodiscard]] const Json* find(std::string_view key) const;
  // Adds or replaces; the object stays sorted. Asserts that this is an object.
  Json& set(std::string_view key, Json value);
  void push(Json value) { as_array().push_back(std::move(value)); }

  // Checked readers: the fault names the key and what was expected.
  [[nodiscard]] Result<std::string> string_at(std::string_view key) const;
  [[nodiscard]] Result<std::int64_t> int_at(std::string_view key) const;
  [[nodiscard]] Result<bool> bool_at(std::string_view key) const;
  [[nodiscard]] Result<const Array*> array_at(std::string_view key) const;
  [[nodiscard]] Result<const Json*> object_at(std::string_view key) const;
  // A fault when any key is not among `allowed`: unknown input is refused, not ignored.
  [[nodiscard]] Result<void> only_keys(std::initializer_list<std::string_view> allowed) const;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  friend class JsonParser;
  std::variant<std::monostate, bool, std::int64_t, std::string, Array, Object> value_;
};

// For files that are neither hashed nor signed: deeper nesting, and keys of any characters.
struct JsonLimits {
  int depth_max = json_depth_max;
  bool any_key = false;
};
[[nodiscard]] Result<Json> parse_json(std::string_view text, JsonLimits limits = {});  // faults name line and column
[[nodiscard]] std::string to_text(const Json& value);          // canonical (RFC 8785)
[[nodiscard]] std::string to_pretty_text(const Json& value);   // two-space indent, for people
[[nodiscard]] std::string to_indented_text(const Json& value, std::size_t spaces);  // the same, so many spaces
void append_json_string(std::string& out, std::string_view text);  // quoted and escaped, as to_text() does
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace sallyport
