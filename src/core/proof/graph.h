// Who can reach what, as a picture: the model's atoms and nodes, and an edge from each to what it helps to make true.
// DOT for Graphviz, JSON for anything else. Deterministic; names are escaped.
#pragma once

#include <string>

#include "base/json.h"
#include "core/proof/compile.h"

namespace sallyport::proof {

[[nodiscard]] std::string graph_dot(const Compiled& compiled);
// {"nodes": [{"id", "kind": "atom" | "derived", "level"?, "words", "lines"?}], "edges": [{"from", "to"}]}
[[nodiscard]] Json graph_json(const Compiled& compiled);

}  // namespace sallyport::proof
