#include "core/prover/antichain.h"

#include <algorithm>

namespace sallyport::prover {
namespace {

// A product is reduced whenever it has grown by this much: rows of it repeat each other, and memory is finite.
constexpr std::size_t reduce_after = 1 << 15;

}  // namespace

SubsetIndex::SubsetIndex(std::span<const AtomSet> all) {
  for (const auto& set : all) {
    counts_.resize(std::max(counts_.size(), set.words() * 64));
    set.each([&](std::size_t element) { ++counts_[element]; });
  }
  places_.resize(counts_.size());
}

void SubsetIndex::add(const AtomSet& set) {
  if (set.empty()) {
    all_ = true;
    return;
  }
  std::size_t rarest = counts_.size();
  set.each([&](std::size_t element) {
    if (rarest == counts_.size() || counts_[element] < counts_[rarest]) rarest = element;
  });
  places_[rarest].push_back(&set);
}

bool SubsetIndex::within(const AtomSet& set) const {
  if (all_) return true;
  if (places_.empty()) return false;
  bool found = false;
  set.each([&](std::size_t element) {
    if (found || element >= places_.size()) return;
    compared_ += places_[element].size();
    found = std::ranges::any_of(places_[element], [&](const AtomSet* other) { return other->is_subset_of(set); });
  });
  return found;
}

void Algebra::absorb_into(std::span<const AtomSet> known) {
  absorbing_ = SubsetIndex(known);
  for (const auto& set : known) absorbing_.add(set);
}

Antichain Algebra::minimal(std::vector<AtomSet> sets) {
  std::ranges::sort(sets);
  const auto [first, last] = std::ranges::unique(sets);
  sets.erase(first, last);
  // Smaller sets come first, and only they can lie within a later one.
  SubsetIndex index(sets);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto before = index.compared();
    const bool dropped = index.within(sets[i]);
    if (!work_.spend(index.compared() - before + 1)) return {};
    if (dropped) continue;
    index.add(sets[i]);
    kept.push_back(i);
    if (kept.size() <= family_sets_max && kept.size() * sets[i].words() <= family_words_max) continue;
    work_.give_up();
    return {};
  }
  Antichain out;
  out.reserve(kept.size());
  for (const auto i : kept) out.push_back(std::move(sets[i]));
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
    const auto compared = absorbing_.compared();
    for (const auto& right : b)
      if (auto set = left.united(right); keeps(set)) out.push_back(std::move(set));
    if (!work_.spend(b.size() * left.words() + absorbing_.compared() - compared)) return {};
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
