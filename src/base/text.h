// Joining text without streams (streams bring locales; the core has neither).
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace sallyport {

namespace detail {
inline void append_piece(std::string& out, std::string_view piece) { out.append(piece); }
inline void append_piece(std::string& out, char piece) { out.push_back(piece); }
template <std::integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>)
void append_piece(std::string& out, T piece) {
  out.append(std::to_string(piece));
}
}  // namespace detail

// concat("case ", id.text(), " has ", 3, " approvals")
template <typename... Pieces>
[[nodiscard]] std::string concat(const Pieces&... pieces) {
  std::string out;
  (detail::append_piece(out, pieces), ...);
  return out;
}

}  // namespace sallyport
