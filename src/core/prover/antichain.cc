#include "core/prover/antichain.h"

#include <algorithm>

namespace sallyport::prover {
namespace {

// A product is reduced whenever it has grown by this much: rows of it repeat each other, and memory is finite.
constexpr std::size_t reduce_after = 1 << 15;

}  // namespace

Antichain Algebra::minimal(std::vector<AtomSet> sets) {
  std::ranges::sort(sets);
  const auto [first, last] = std::ranges::unique(sets);
  sets.erase(first, last);
  // Smaller sets come first, and only they can lie within a later one.
  Antichain out;
  std::size_t smaller = 0;  // of `out`, those with fewer elements than the set looked at
  for (auto& set : sets) {
    while (smaller < out.size() && out[smaller].size() < set.size()) ++smaller;
    if (!work_.spend(smaller + 1)) return {};
    const auto inside = [&](const AtomSet& other) { return other.is_subset_of(set); };
    if (std::any_of(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(smaller), inside)) continue;
    out.push_back(std::move(set));
    if (out.size() <= family_sets_max && out.size() * out.back().words() <= family_words_max) continue;
    work_.give_up();
    return {};
  }
  return out;
}

Antichain Algebra::either(Antichain a, const Antichain& b) {
  if (b.empty()) return a;
  a.insert(a.end(), b.begin(), b.end());
  return minimal(std::move(a));
}

Antichain Algebra::both(const Antichain& a, const Antichain& b) {
  if (a.empty() || b.empty()) return {};
  if (a.front().empty()) return b;
  if (b.front().empty()) return a;
  std::vector<AtomSet> out;
  std::size_t reduced = 0;
  for (const auto& left : a) {
    if (!work_.spend(b.size() * (left.words() + known_.size()))) return {};
    for (const auto& right : b)
      if (auto set = left.united(right); keeps(set)) out.push_back(std::move(set));
    if (out.size() < 2 * reduced + reduce_after) continue;
    out = minimal(std::move(out));
    if (work_.exhausted()) return {};
    reduced = out.size();
  }
  return minimal(std::move(out));
}

bool holds(const Antichain& family, const AtomSet& given) {
  return std::ranges::any_of(family, [&](const AtomSet& set) { return set.is_subset_of(given); });
}

}  // namespace sallyport::prover
