// In which order nodes can be computed: groups of nodes that depend on each other (strongly connected components),
// each after everything that it rests on. Without recursion: chains of nodes may be as long as the model.
#pragma once

#include <vector>

#include "core/prover/model.h"

namespace sallyport::prover {

struct Group {
  std::vector<Index> nodes;  // what was reached last first: a long circle is then done in two rounds
  bool cyclic = false;       // more than one node, or one that rests on itself
};

struct Order {
  std::vector<Group> groups;
  std::vector<std::vector<Index>> rests_on;  // for each node: the nodes its formula names, rising, once
};

[[nodiscard]] Order order_of(const Model& model);
// The nodes that a formula names.
[[nodiscard]] std::vector<Index> nodes_in(const Model& model, Index formula);

}  // namespace sallyport::prover
