// Can the legitimate holder still be restored? Counts the ways that do not stand or fall together.
#pragma once

#include <optional>
#include <vector>

#include "core/prover/antichain.h"
#include "core/prover/model.h"

namespace sallyport::prover {

// The largest number of ways that lie within `holds` and share nothing outside `common`. nullopt: a way needs
// nothing but what is common, so there is no end to them.
[[nodiscard]] std::optional<std::size_t> disjoint_ways(const Antichain& ways, const AtomSet& holds,
                                                       const AtomSet& common, Work& work);

}  // namespace sallyport::prover
