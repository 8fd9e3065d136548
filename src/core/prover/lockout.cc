#include "core/prover/lockout.h"

#include <algorithm>

namespace sallyport::prover {
namespace {

// Set packing by branch and bound. Hard in general; accounts have a few dozen ways, and Work bounds the rest.
class Packing {
 public:
  Packing(const Antichain& ways, Work& work) : ways_(ways), work_(work) {}

  std::size_t largest() {
    std::vector<std::size_t> all(ways_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    if (ways_.empty()) return 0;
    auto atoms = ways_.front();
    for (const auto& way : ways_) atoms = atoms.united(way);
    pack(all, 0, atoms.size());
    return best_;
  }

 private:
  // `left`: ways that touch nothing taken so far, smallest first. `atoms`: how many atoms are untouched.
  void pack(const std::vector<std::size_t>& left, std::size_t taken, std::size_t atoms) {
    best_ = std::max(best_, taken);
    for (std::size_t i = 0; i < left.size(); ++i) {
      const auto& way = ways_[left[i]];
      if (taken + std::min(left.size() - i, atoms / way.size()) <= best_) return;  // the rest are no smaller
      if (!work_.spend(left.size())) return;
      std::vector<std::size_t> rest;
      for (auto j = i + 1; j < left.size(); ++j)
        if (!way.intersects(ways_[left[j]])) rest.push_back(left[j]);
      pack(rest, taken + 1, atoms - way.size());  // as deep as there are ways in the packing
    }
  }

  const Antichain& ways_;
  Work& work_;
  std::size_t best_ = 0;
};

}  // namespace

std::optional<std::size_t> disjoint_ways(const Antichain& ways, const AtomSet& holds, const AtomSet& common,
                                         Work& work) {
  std::vector<AtomSet> own;
  for (const auto& way : ways) {
    if (!way.is_subset_of(holds)) continue;
    own.push_back(way.without(common));
    if (own.back().empty()) return std::nullopt;
  }
  const auto smallest = Algebra(work).minimal(std::move(own));  // a larger way is never better than one inside it
  return Packing(smallest, work).largest();
}

}  // namespace sallyport::prover
