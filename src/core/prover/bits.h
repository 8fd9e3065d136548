// A truth table over sets of evidence: bit S says what holds for the set S, whose own bits are the pieces of
// evidence. And, or, not and counting are word by word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport::prover {

class Bits {
 public:
  explicit Bits(std::size_t evidence = 0, bool value = false);
  [[nodiscard]] static Bits of_evidence(std::size_t evidence, std::size_t which);  // true where `which` is given

  [[nodiscard]] std::size_t words() const noexcept { return words_.size(); }
  [[nodiscard]] bool at(std::uint32_t set) const { return (words_[set / 64] >> (set % 64) & 1U) != 0; }
  [[nodiscard]] bool any() const;
  [[nodiscard]] std::size_t count() const;

  Bits& operator&=(const Bits& other);
  Bits& operator|=(const Bits& other);
  Bits& subtract(const Bits& other);
  [[nodiscard]] friend Bits operator&(Bits a, const Bits& b) { return a &= b; }
  [[nodiscard]] friend Bits operator|(Bits a, const Bits& b) { return a |= b; }
  [[nodiscard]] friend Bits operator-(Bits a, const Bits& b) { return a.subtract(b); }
  [[nodiscard]] Bits inverted() const { return Bits(evidence_, true) - *this; }

  // The set that is shown first: the smallest, and of these the one whose names come first.
  [[nodiscard]] std::optional<std::uint32_t> first() const;
  // For a table that only turns true with more evidence: the sets without which it would not; in shown order.
  [[nodiscard]] std::vector<std::uint32_t> minimal() const;

 private:
  std::size_t evidence_;
  std::vector<std::uint64_t> words_;
};

}  // namespace sallyport::prover
