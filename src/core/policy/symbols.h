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

// A text in two words that are compared at once: the whole of one of at most sixteen bytes, both ends of a longer one.
struct TextKey {
  static constexpr std::size_t whole_max = 16;

  TextKey() = default;
  explicit TextKey(std::string_view text) noexcept : size(text.size()) {
    const auto* at = text.data();
    if (size >= 8) {
      front = load<std::uint64_t>(at);
      back = load<std::uint64_t>(at + size - 8);
    } else if (size >= 4) {
      front = load<std::uint32_t>(at);
      back = load<std::uint32_t>(at + size - 4);
    } else if (size > 0) {
      front = static_cast<unsigned char>(at[0]);
      back = static_cast<std::uint64_t>(static_cast<unsigned char>(at[size / 2])) << 8U |
             static_cast<unsigned char>(at[size - 1]);
    }
  }
  template <typename Word>
  [[nodiscard]] static Word load(const char* at) noexcept {
    Word word = 0;
    std::memcpy(&word, at, sizeof(word));
    return word;
  }
  friend bool operator==(const TextKey&, const TextKey&) = default;

  std::uint64_t front = 0, back = 0, size = 0;
};

class Symbols {
 public:
  Symbols() : texts_(1), keys_(1), slots_(64) {}

  [[nodiscard]] Symbol intern(std::string_view text) {
    if (const auto known = find(text); known != no_symbol) return known;
    texts_.emplace_back(text);
    keys_.emplace_back(text);
    const auto symbol = static_cast<Symbol>(texts_.size() - 1);
    if (texts_.size() * 2 > slots_.size()) grow();
    else place(symbol);
    return symbol;
  }

  [[nodiscard]] Symbol find(std::string_view text) const noexcept {
    const TextKey key(text);
    const auto h = hash(key, text);
    for (auto at = h & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const auto& slot = slots_[at];
      if (slot.symbol == no_symbol) return no_symbol;
      if (slot.hash == static_cast<std::uint32_t>(h >> 32U) && keys_[slot.symbol] == key &&
          (text.size() <= TextKey::whole_max || texts_[slot.symbol] == text))
        return slot.symbol;
    }
  }

  // Any bit of it changes with any letter of the text.
  [[nodiscard]] static std::uint64_t hash(std::string_view text) noexcept { return hash(TextKey(text), text); }

  [[nodiscard]] const std::string& text(Symbol symbol) const { return texts_[symbol]; }
  [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }  // one more than the largest symbol

 private:
  // Words of eight bytes, each multiplied and the product's halves folded, so that every bit reaches every other: names
  // that differ in their last letters only are most of a policy's. The texts hashed are a policy's own and a
  // directory's: whoever could make them collide gains a slow decision, never another one.
  static std::uint64_t hash(const TextKey& key, std::string_view text) noexcept {
    auto h = folded(key.front ^ 0x9E3779B97F4A7C15U, key.back ^ 0xD6E8FEB86659FD93U) ^ key.size;
    for (std::size_t i = 8; i + 8 < text.size(); i += 8)
      h = folded(h ^ 0x9E3779B97F4A7C15U, TextKey::load<std::uint64_t>(text.data() + i) ^ 0xD6E8FEB86659FD93U);
    return folded(h, 0xA0761D6478BD642FU);
  }
  static std::uint64_t folded(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using Product = unsigned __int128;
    const auto product = Product{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  }

  void place(Symbol symbol) {
    const auto h = hash(keys_[symbol], texts_[symbol]);
    auto at = h & (slots_.size() - 1);
    while (slots_[at].symbol != no_symbol) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {symbol, static_cast<std::uint32_t>(h >> 32U)};
  }
  void grow() {
    slots_.assign(slots_.size() * 2, Slot{});
    for (Symbol s = 1; s < texts_.size(); ++s) place(s);
  }

  std::vector<std::string> texts_;  // [0] is no text
  std::vector<TextKey> keys_;  // of texts_
  struct Slot {
    Symbol symbol = no_symbol;
    std::uint32_t hash = 0;  // its upper half: most texts that are not here are passed over without being read
  };
  std::vector<Slot> slots_;  // a power of two, at most half full
};

}  // namespace sallyport
