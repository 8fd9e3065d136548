// Formulas of a model, from JSON into the model's pool. A formula is true, false, the name of an atom or node, or one
// operator; docs/prover.md has them all. There is no way to say "not": that is what makes a least solution exist.
#pragma once

#include <vector>

#include "core/prover/complaints.h"
#include "core/prover/model.h"

namespace sallyport::prover {

// What a name in a formula can mean. In a policy: evidence for atoms, and no nodes.
struct Vocabulary {
  const Names* atoms;
  const Names* nodes;
  const Names* persons;
  std::string_view kinds;  // "an atom or node"
};

// What is read outlives the reader.
class FormulaReader {
 public:
  FormulaReader(const Vocabulary& names, std::vector<Formula>& pool, Complaints& complaints)
      : names_(names), pool_(pool), complaints_(complaints) {}

  // Always gives a formula of the pool; after a complaint it is `false`.
  [[nodiscard]] Index read(const Spot& at);

 private:
  Index read(const Spot& at, std::size_t depth);
  Formula by_name(const Spot& at);
  Formula by_operator(const Spot& at, std::size_t depth);
  std::vector<Index> parts(const Spot& at, std::size_t depth);
  Formula at_least(const Spot& at, std::size_t depth);
  Formula distinct(const Spot& at, std::size_t depth);
  Formula read_distinct(const Spot& at, std::size_t depth);
  std::vector<Candidate> slot(const Spot& at, const std::vector<bool>& excluded, std::size_t depth);
  Formula independent(const Spot& at, std::size_t depth);
  std::optional<Index> person(const Spot& at);

  const Vocabulary& names_;
  std::vector<Formula>& pool_;
  Complaints& complaints_;
  struct Read {
    const Json* json;
    std::size_t depth;
    Formula formula;
  };
  // The latest, of which nothing was wrong: what is asked stands in a model once for each action, and whose seats there
  // are once for each way to verify somebody.
  std::vector<Read> wholes_, seats_;
  [[nodiscard]] static const Formula* known(const std::vector<Read>& kept, const Spot& at, std::size_t depth);
  static void keep(std::vector<Read>& kept, const Spot& at, std::size_t depth, const Formula& formula);
};

}  // namespace sallyport::prover
