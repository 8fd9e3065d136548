// A decision policy as a table: for each row (one value per attribute) and each set of evidence, allowed or not.
//
// Denied when a deny rule matches and its `unless` is false; else allowed when an allow rule matches and its
// `require` is true; else denied. More evidence never turns allowed into denied, for formulas cannot negate.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/prover/bits.h"
#include "core/prover/model.h"
#include "core/prover/work.h"

namespace sallyport::prover {

struct Row {
  std::vector<Index> values;  // one for each attribute
  std::string label;          // attr=value, by comma
  bool matched = false;       // by some rule
  Bits allowed;               // one bit for each set of evidence
};

struct Table {
  std::vector<Row> rows;  // the product of the attributes, the last one turning fastest
  std::vector<std::string> dead, redundant;  // ids, in the order of the rules

  [[nodiscard]] const Row* find(const DecisionPolicy& policy, const std::vector<Index>& values) const;
};

[[nodiscard]] std::vector<Row> rows_of(const DecisionPolicy& policy);
[[nodiscard]] Table table_of(const Model& model, const DecisionPolicy& policy, Work& work);

}  // namespace sallyport::prover
