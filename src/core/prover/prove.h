// Everything there is to say about a model, as one JSON value: for each account what taking it needs, with and
// without its recovery, how many people that is, and whether its holder can be locked out; for each rule whether its
// signals stand or fall together; for a policy its whole table, and what another policy would change.
// docs/prover.md says what each answer means. Deterministic: no clock, no hashes' order, no fractions.
//
//   const auto read = read_model(text);
//   SP_TRY(const auto report, prove(read.model));
//   print(to_indented_text(report, 1));
#pragma once

#include "base/json.h"
#include "base/result.h"
#include "core/prover/model.h"
#include "core/prover/work.h"

namespace sallyport::prover {

// A fault when the model has more ways than can be listed: never an answer that is not complete.
[[nodiscard]] Result<Json> prove(const Model& model, Work work = Work());

// The parts of it.
[[nodiscard]] Json account_answers(const Model& model, Json& independence, Work& work);
[[nodiscard]] Json policy_answers(const Model& model, const DecisionPolicy& policy, Work& work);
[[nodiscard]] Json policy_difference(const Model& model, const DecisionPolicy& a, const DecisionPolicy& b, Work& work);

}  // namespace sallyport::prover
