// Identifiers that cannot be swapped: a CaseId is not a PersonId, and neither is a string.
// The text inside was checked when the id was made: 1 to 64 characters of [a-z0-9._-], so that an
// id is safe in a URL, a file name, a log line and a JSON string without escaping.
//
//   auto id = CaseId::parse("case-4f6k");      // std::optional<CaseId>
#pragma once

#include <compare>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sallyport {

inline constexpr std::size_t id_length_max = 64;  // holds a UUID and a prefix, and fits a log line

[[nodiscard]] constexpr bool is_id_text(std::string_view text) noexcept {
  if (text.empty() || text.size() > id_length_max) return false;
  for (const char c : text) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!allowed) return false;
  }
  return true;
}

template <typename Tag>
class StrongId {
 public:
  StrongId() = default;  // empty: "none"; parse() never makes one
  [[nodiscard]] static std::optional<StrongId> parse(std::string_view text) {
    if (!is_id_text(text)) return std::nullopt;
    return StrongId(std::string(text));
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
  friend auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  explicit StrongId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace sallyport

template <typename Tag>
struct std::hash<sallyport::StrongId<Tag>> {
  std::size_t operator()(const sallyport::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.text());
  }
};
