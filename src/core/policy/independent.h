// Sets of signals of which no two rest on a common thing.
//
// Whoever looks for the best of them need only look at those that nothing can be added to: there are at most 3^(n/3) of
// these among n signals (Moon and Moser, 1965), some 1,500 for twenty, where there can be 2^20 sets in all.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "core/policy/needs.h"

namespace sallyport {

// std::popcount is a call where the processor is not known to have the instruction; these sets are small.
[[nodiscard]] constexpr int size_of(SignalSet set) noexcept {
  int n = 0;
  for (; set != 0; set &= set - 1) ++n;
  return n;
}

// Calls visit(set) for sets that hold `chosen` and independent signals of `open`; among them, once each, are all to
// which nothing of `open` can be added. `shares[i]`: the signals that rest on a common thing with i, i among them.
// `open` holds nothing that shares with `chosen`. Allocates nothing.
template <typename Visit>
constexpr void each_full_set(std::span<const SignalSet> shares, SignalSet chosen, SignalSet open, const Visit& visit) {
  while (open != 0) {
    // Every full set holds the pivot or one that shares with it, so the pivot is one that shares with few.
    std::size_t pivot = 0;
    SignalSet branches = 0;
    int fewest = 0;
    for (auto rest = open; rest != 0 && fewest != 1; rest &= rest - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(rest));
      const auto size = size_of(shares[i] & open);
      if (fewest != 0 && size >= fewest) continue;
      pivot = i;
      branches = shares[i] & open;
      fewest = size;
    }
    if (fewest > 1) {
      for (; branches != 0; branches &= branches - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(branches));
        each_full_set(shares, chosen | (SignalSet{1} << i), open & ~shares[i], visit);
        open &= ~(SignalSet{1} << i);  // sets with it have all been visited
      }
      return;
    }
    chosen |= SignalSet{1} << pivot;
    open &= ~(SignalSet{1} << pivot);
  }
  visit(chosen);
}

}  // namespace sallyport
