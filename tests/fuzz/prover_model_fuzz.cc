// Property: any bytes give complaints that name their place and a next step, or a model that is proved or refused
// for its size; a report reads back as itself; and every set that is said to be enough is enough, and minimal, by
// evaluation.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/prover/evaluate.h"
#include "core/prover/prove.h"
#include "core/prover/read_model.h"
#include "core/prover/solve.h"

namespace {

using namespace sallyport;
using namespace sallyport::prover;

void sets_are_enough(const Model& model) {
  Work work(2'000'000);
  const auto order = order_of(model);
  Solver solver(model, order, as_attacker(model), work);
  std::vector<Index> targets;
  for (const auto& account : model.accounts) targets.push_back(account.target);
  solver.solve(targets);
  for (const auto target : targets)
    for (const auto& set : solver.of_node(target)) {
      std::vector<bool> atoms(model.atoms.size());
      set.each([&](std::size_t atom) { atoms[atom] = true; });
      const bool enough = evaluate(model, order, atoms, false, work)[target];
      bool minimal = true;
      set.each([&](std::size_t atom) {
        auto fewer = atoms;
        fewer[atom] = false;
        minimal = minimal && !evaluate(model, order, std::move(fewer), false, work)[target];
      });
      if (work.exhausted()) return;
      SALLYPORT_ASSERT(enough && minimal);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = read_model(text_of({data, size}));
  for (const auto& complaint : read.complaints)
    SALLYPORT_ASSERT(complaint.path.starts_with("$") && !complaint.what.empty() && !complaint.next_step.empty());
  if (!read.complaints.empty()) return 0;
  const auto report = prove(read.model, Work(2'000'000, 1 << 20));
  if (!report) {
    SALLYPORT_ASSERT(!report.error().next_step.empty());
    return 0;
  }
  const auto again = parse_json(to_indented_text(*report, 1), {.depth_max = model_json_depth_max, .any_key = true});
  SALLYPORT_ASSERT(again.has_value() && *again == *report);
  sets_are_enough(read.model);
  return 0;
}
