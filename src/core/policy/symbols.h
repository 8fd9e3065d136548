// The texts that a policy names, each with a small number, so that a decision compares numbers.
// Built while the policy loads; after that find() is pure and allocates nothing.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

using Symbol = std::uint32_t;
inline constexpr Symbol no_symbol = 0;  // a text that the policy does not name

class Symbols {
 public:
  Symbols() : texts_(1), slots_(64) {}

  [[nodiscard]] Symbol intern(std::string_view text) {
    if (const auto known = find(text); known != no_symbol) return known;
    texts_.emplace_back(text);
    const auto symbol = static_cast<Symbol>(texts_.size() - 1);
    if (texts_.size() * 2 > slots_.size()) grow();
    else place(symbol);
    return symbol;
  }

  [[nodiscard]] Symbol find(std::string_view text) const noexcept {
    const auto h = hash(text);
    for (auto at = h & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const auto& slot = slots_[at];
      if (slot.symbol == no_symbol) return no_symbol;
      if (slot.hash == static_cast<std::uint32_t>(h >> 32U) && same(texts_[slot.symbol], text)) return slot.symbol;
    }
  }

  [[nodiscard]] const std::string& text(Symbol symbol) const { return texts_[symbol]; }
  [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }  // one more than the largest symbol

 private:
  // Words of eight bytes, the last two overlapping, multiplied and folded. The texts hashed are a policy's
  // own and a directory's names: whoever could make them collide gains a slow decision, never another one.
  static std::uint64_t hash(std::string_view text) noexcept {
    const auto* at = text.data();
    const auto size = text.size();
    std::uint64_t h = size * 0x9E3779B97F4A7C15U;
    if (size >= 8) {
      for (std::size_t i = 0; i + 8 < size; i += 8) h = mixed(h, load<std::uint64_t>(at + i));
      h = mixed(h, load<std::uint64_t>(at + size - 8));
    } else if (size >= 4) {
      h = mixed(h, (std::uint64_t{load<std::uint32_t>(at)} << 32U) | load<std::uint32_t>(at + size - 4));
    } else {
      for (std::size_t i = 0; i < size; ++i) h = mixed(h, static_cast<unsigned char>(at[i]));
    }
    return h;
  }
  template <typename Word>
  static Word load(const char* at) noexcept {
    Word word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
  }
  static std::uint64_t mixed(std::uint64_t h, std::uint64_t word) noexcept {
    h = (h ^ word) * 0xD6E8FEB86659FD93U;
    return h ^ (h >> 32U);
  }
  static bool same(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    if (a.size() < 8) {
      for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i]) return false;
      return true;
    }
    for (std::size_t i = 0; i + 8 < a.size(); i += 8)
      if (load<std::uint64_t>(a.data() + i) != load<std::uint64_t>(b.data() + i)) return false;
    return load<std::uint64_t>(a.data() + a.size() - 8) == load<std::uint64_t>(b.data() + b.size() - 8);
  }

  void place(Symbol symbol) {
    const auto h = hash(texts_[symbol]);
    auto at = h & (slots_.size() - 1);
    while (slots_[at].symbol != no_symbol) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {symbol, static_cast<std::uint32_t>(h >> 32U)};
  }
  void grow() {
    slots_.assign(slots_.size() * 4, Slot{});
    for (Symbol s = 1; s < texts_.size(); ++s) place(s);
  }

  std::vector<std::string> texts_;  // [0] is no text
  struct Slot {
    Symbol symbol = no_symbol;
    std::uint32_t hash = 0;  // its upper half: most texts that are not here are passed over without being read
  };
  std::vector<Slot> slots_;  // a power of two, at most half full
};

}  // namespace sallyport
