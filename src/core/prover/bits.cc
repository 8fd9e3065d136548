#include "core/prover/bits.h"

#include <algorithm>
#include <bit>

namespace sallyport::prover {
namespace {

// Of two sets of one size, the one with the smallest element that they do not share.
bool shown_before(std::uint32_t a, std::uint32_t b) {
  if (std::popcount(a) != std::popcount(b)) return std::popcount(a) < std::popcount(b);
  const auto differ = a ^ b;
  return (a & differ & (~differ + 1)) != 0;
}

}  // namespace

Bits::Bits(std::size_t evidence, bool value)
    : evidence_(evidence), words_(evidence > 6 ? std::size_t{1} << (evidence - 6) : 1, value ? ~std::uint64_t{0} : 0) {
  if (evidence < 6) words_[0] &= (std::uint64_t{1} << (std::size_t{1} << evidence)) - 1;
}

Bits Bits::of_evidence(std::size_t evidence, std::size_t which) {
  Bits out(evidence);
  for (std::uint32_t set = 0; set < (std::uint32_t{1} << evidence); ++set)
    if ((set >> which & 1U) != 0) out.words_[set / 64] |= std::uint64_t{1} << (set % 64);
  return out;
}

bool Bits::any() const {
  return std::ranges::any_of(words_, [](std::uint64_t word) { return word != 0; });
}

std::size_t Bits::count() const {
  std::size_t out = 0;
  for (const auto word : words_) out += static_cast<std::size_t>(std::popcount(word));
  return out;
}

Bits& Bits::operator&=(const Bits& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

Bits& Bits::operator|=(const Bits& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

Bits& Bits::subtract(const Bits& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  return *this;
}

std::optional<std::uint32_t> Bits::first() const {
  std::optional<std::uint32_t> out;
  for (std::size_t i = 0; i < words_.size(); ++i)
    for (auto word = words_[i]; word != 0; word &= word - 1) {
      const auto set = static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      if (!out || shown_before(set, *out)) out = set;
    }
  return out;
}

std::vector<std::uint32_t> Bits::minimal() const {
  std::vector<std::uint32_t> out;
  for (std::size_t i = 0; i < words_.size(); ++i)
    for (auto word = words_[i]; word != 0; word &= word - 1) {
      const auto set = static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      bool is_minimal = true;
      for (auto left = set; left != 0 && is_minimal; left &= left - 1) is_minimal = !at(set & ~(left & (~left + 1)));
      if (is_minimal) out.push_back(set);
    }
  std::ranges::sort(out, shown_before);
  return out;
}

}  // namespace sallyport::prover
