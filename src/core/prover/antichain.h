// Families of sets of which none contains another: the minimal ways in which something comes true. A monotone
// condition is exactly such a family: false is the empty family, true is the family of the empty set alone.
//
// Kept sorted (AtomSet's order), so that two families mean the same exactly when they are equal.
//
//   Algebra algebra(work);
//   const auto need_both = algebra.both(callback, vouch);
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "core/prover/atom_set.h"
#include "core/prover/work.h"

namespace sallyport::prover {

using Antichain = std::vector<AtomSet>;

// What need not be found. Sets only grow on the way up, so a set that is dropped early could only have become sets
// that would be dropped later, and every set that is kept is still found exactly:
// `size_max`: sets of more elements are of no interest.
// `safe`: true for sets that are hard enough already; must hold for every superset of a set it holds for.
struct Keep {
  std::size_t size_max = std::numeric_limits<std::size_t>::max();
  std::function<bool(const AtomSet&)> safe;
};

// Does one of these sets lie within that one? Each set stands under its rarest element, so that only sets which could
// lie within are compared. Refers to the sets it was given.
class SubsetIndex {
 public:
  SubsetIndex() = default;
  explicit SubsetIndex(std::span<const AtomSet> all);  // counts elements; holds none of them yet

  void add(const AtomSet& set);
  [[nodiscard]] bool within(const AtomSet& set) const;
  [[nodiscard]] std::uint64_t compared() const noexcept { return compared_; }  // so far, for Work

 private:
  std::vector<std::uint32_t> counts_;                // of each element, among all
  std::vector<std::vector<const AtomSet*>> places_;  // by rarest element
  bool all_ = false;                                 // the empty set is among them
  mutable std::uint64_t compared_ = 0;
};

class Algebra {
 public:
  explicit Algebra(Work& work, Keep keep = {}) : work_(work), keep_(std::move(keep)) {}

  [[nodiscard]] Antichain minimal(std::vector<AtomSet> sets);
  [[nodiscard]] Antichain either(Antichain a, const Antichain& b);
  [[nodiscard]] Antichain both(const Antichain& a, const Antichain& b);
  [[nodiscard]] bool keeps(const AtomSet& set) const {
    return set.size() <= keep_.size_max && (!keep_.safe || !keep_.safe(set)) && !absorbing_.within(set);
  }
  // From here on, sets within which one of `known` lies are dropped: for a value that is to be joined with `known`
  // afterwards, nothing is lost, because sets only grow on the way up. Refers to `known`; empty: no more.
  void absorb_into(std::span<const AtomSet> known);
  [[nodiscard]] Work& work() { return work_; }

 private:
  Work& work_;
  Keep keep_;
  SubsetIndex absorbing_;
};

[[nodiscard]] bool holds(const Antichain& family, const AtomSet& given);  // is some way within `given`?

}  // namespace sallyport::prover
