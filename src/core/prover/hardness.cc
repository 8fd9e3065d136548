#include "core/prover/hardness.h"

#include <algorithm>
#include <functional>

namespace sallyport::prover {
namespace {

std::vector<Hardness> hardness_of_each(const Antichain& sets, const std::vector<Atom>& atoms) {
  std::vector<Hardness> out;
  for (const auto& set : sets) out.push_back(hardness_of(set, atoms));
  std::ranges::sort(out);  // many sets are equally hard, and are compared once
  const auto [first, last] = std::ranges::unique(out);
  out.erase(first, last);
  return out;
}

}  // namespace

Hardness hardness_of(const AtomSet& set, const std::vector<Atom>& atoms) {
  Hardness out;
  set.each([&](std::size_t atom) { out.push_back(atoms[atom].level); });
  std::ranges::sort(out, std::greater<>());
  return out;
}

bool no_harder(const Hardness& f, const Hardness& r) {
  if (f.size() > r.size()) return false;
  for (std::size_t i = 0; i < f.size(); ++i)
    if (f[i] > r[i]) return false;
  return true;
}

std::function<bool(const AtomSet&)> safe_beside(const Antichain& front, const std::vector<Atom>& atoms) {
  return [doors = hardness_of_each(front, atoms), &atoms](const AtomSet& set) {
    const auto hardness = hardness_of(set, atoms);
    return std::ranges::any_of(doors, [&](const Hardness& door) { return no_harder(door, hardness); });
  };
}

Comparison compare(const Antichain& front, const Antichain& recovery_only, const std::vector<Atom>& atoms) {
  Comparison out;
  if (front.empty()) return out;
  const auto doors = hardness_of_each(front, atoms);
  for (const auto& set : recovery_only) {
    const auto hardness = hardness_of(set, atoms);
    if (std::ranges::any_of(doors, [&](const Hardness& door) { return no_harder(door, hardness); })) continue;
    const bool below_all = std::ranges::all_of(doors, [&](const Hardness& door) { return no_harder(hardness, door); });
    (below_all ? out.weaker : out.incomparable).push_back(set);
  }
  return out;
}

}  // namespace sallyport::prover
