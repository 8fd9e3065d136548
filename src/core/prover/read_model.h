// Reads a prover model (docs/prover.md, "The model") from text. Everything that is wrong is told at once: unknown
// names, names given twice, wrong types, keys nobody reads, numbers out of range. What is too large is refused.
//
//   const auto read = read_model(text);
//   if (!read.complaints.empty()) ...        // `model` is not to be used
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "core/prover/complaints.h"
#include "core/prover/model.h"

namespace sallyport::prover {

struct ReadModel {
  Model model;
  std::vector<Complaint> complaints;
  std::vector<Complaint> notes;  // what is allowed, but may be a slip of the pen
};

[[nodiscard]] ReadModel read_model(std::string_view text);
// The same of what is already in memory: as if it had been written and read.
[[nodiscard]] ReadModel read_model_of(const Json& root);

}  // namespace sallyport::prover
