// A set of small numbers: bits, with the size and a one-word signature kept beside them. The first 128 stand inside
// the object, so that sets of ordinary models need no memory of their own; wider ones continue in a vector.
// Sets that meet in one operation have the same width (asserted).
//
//   AtomSet set(atoms.size());
//   set.add(3);
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"

namespace sallyport::prover {

class AtomSet {
 public:
  explicit AtomSet(std::size_t width = 0) : more_(width > inline_bits ? (width - inline_bits + 63) / 64 : 0) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t words() const noexcept { return inline_words + more_.size(); }
  [[nodiscard]] bool contains(std::size_t element) const { return (word(element / 64) >> (element % 64) & 1U) != 0; }

  void add(std::size_t element) {
    const auto bit = std::uint64_t{1} << (element % 64);
    auto& at = word(element / 64);
    size_ += (at & bit) == 0 ? 1 : 0;
    at |= bit;
    signature_ |= bit;
  }

  [[nodiscard]] bool is_subset_of(const AtomSet& other) const {
    if (size_ > other.size_ || (signature_ & ~other.signature_) != 0) return false;
    return !any_word(other, [](std::uint64_t a, std::uint64_t b) { return (a & ~b) != 0; });
  }
  [[nodiscard]] bool intersects(const AtomSet& other) const {
    if ((signature_ & other.signature_) == 0) return false;
    return any_word(other, [](std::uint64_t a, std::uint64_t b) { return (a & b) != 0; });
  }
  [[nodiscard]] AtomSet united(const AtomSet& other) const {
    return combined(other, [](std::uint64_t a, std::uint64_t b) { return a | b; });
  }
  [[nodiscard]] AtomSet without(const AtomSet& other) const {
    return combined(other, [](std::uint64_t a, std::uint64_t b) { return a & ~b; });
  }
  [[nodiscard]] AtomSet common(const AtomSet& other) const {
    return combined(other, [](std::uint64_t a, std::uint64_t b) { return a & b; });
  }

  // The elements in rising order.
  void each(auto&& visit) const {
    for (std::size_t i = 0; i < words(); ++i)
      for (auto bits = word(i); bits != 0; bits &= bits - 1)
        visit(i * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
  }

  // The order in which lists of sets are shown: by size, then by their elements one after the other. Of two sets of
  // one size, the one that has the smallest element they do not share comes first.
  friend std::strong_ordering operator<=>(const AtomSet& a, const AtomSet& b) {
    if (a.size_ != b.size_) return a.size_ <=> b.size_;
    for (std::size_t i = 0; i < a.words(); ++i)
      if (const auto differ = a.word(i) ^ b.word(i); differ != 0)
        return (a.word(i) & differ & (~differ + 1)) != 0 ? std::strong_ordering::less : std::strong_ordering::greater;
    return std::strong_ordering::equal;
  }
  friend bool operator==(const AtomSet& a, const AtomSet& b) { return a.inline_ == b.inline_ && a.more_ == b.more_; }

 private:
  static constexpr std::size_t inline_words = 2;
  static constexpr std::size_t inline_bits = inline_words * 64;

  [[nodiscard]] std::uint64_t word(std::size_t i) const {
    return i < inline_words ? inline_[i] : more_[i - inline_words];
  }
  [[nodiscard]] std::uint64_t& word(std::size_t i) { return i < inline_words ? inline_[i] : more_[i - inline_words]; }

  bool any_word(const AtomSet& other, auto&& test) const {
    SALLYPORT_ASSERT(more_.size() == other.more_.size());
    for (std::size_t i = 0; i < inline_words; ++i)
      if (test(inline_[i], other.inline_[i])) return true;
    for (std::size_t i = 0; i < more_.size(); ++i)
      if (test(more_[i], other.more_[i])) return true;
    return false;
  }
  AtomSet combined(const AtomSet& other, auto&& operation) const {
    SALLYPORT_ASSERT(more_.size() == other.more_.size());
    AtomSet out;
    for (std::size_t i = 0; i < inline_words; ++i) out.take(out.inline_[i], operation(inline_[i], other.inline_[i]));
    out.more_.resize(more_.size());
    for (std::size_t i = 0; i < more_.size(); ++i) out.take(out.more_[i], operation(more_[i], other.more_[i]));
    return out;
  }
  void take(std::uint64_t& at, std::uint64_t bits) {
    at = bits;
    size_ += static_cast<std::size_t>(std::popcount(bits));
    signature_ |= bits;
  }

  std::array<std::uint64_t, inline_words> inline_{};
  std::vector<std::uint64_t> more_;
  std::size_t size_ = 0;
  std::uint64_t signature_ = 0;  // all words or-ed: what is outside it is outside the set
};

}  // namespace sallyport::prover
