// The minimal ways in which nodes come true: the engine. What atoms mean is the caller's choice (a Reading), and
// one engine serves every question: sets of atoms for an attacker, sets of people for a gang.
//
// Nodes that rest on each other get the *least* solution: what has no beginning outside the circle stays false.
// With "any solution", two people who vouch for each other would prove each other.
//
//   Solver solver(model, order, as_attacker(model), work);
//   solver.solve({account.target});
//   const Antichain& ways = solver.of_node(account.target);
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "core/prover/antichain.h"
#include "core/prover/model.h"
#include "core/prover/order.h"

namespace sallyport::prover {

struct Leaf {
  enum class Kind : std::uint8_t { never, always, element };
  Kind kind = Kind::never;
  Index element = 0;
};

struct Reading {
  std::size_t width = 0;     // elements of the sets: atoms or persons
  std::vector<Leaf> atoms;   // what having each atom takes
  bool recovery_off = false;
  Keep keep;
};

[[nodiscard]] Reading as_attacker(const Model& model);    // sets of atoms; free ones cost nothing
[[nodiscard]] Reading at_front_door(const Model& model);  // the same, while nobody can be recovered
[[nodiscard]] Reading as_gang(const Model& model);        // sets of persons, who own atoms; ambient ones are had

class Solver {
 public:
  Solver(const Model& model, const Order& order, Reading reading, Work& work);

  // Computes these nodes and whatever they rest on. Once: call it with all that will be asked.
  void solve(std::span<const Index> nodes);
  [[nodiscard]] const Antichain& of_node(Index node) const { return nodes_[node]; }
  [[nodiscard]] Antichain of_formula(Index formula) { return value(formula); }

 private:
  using Choice = std::pair<Index, Antichain>;  // a person, and the ways in which they can be the one

  [[nodiscard]] std::vector<bool> needed(std::span<const Index> nodes) const;
  [[nodiscard]] Antichain value(Index formula);
  [[nodiscard]] Antichain at_least(const Formula& formula);
  [[nodiscard]] Antichain distinct(const Formula& formula);
  [[nodiscard]] Antichain seat(const Formula& formula);
  [[nodiscard]] Antichain independent(const Formula& formula);
  [[nodiscard]] Antichain value_of_node(Index node);
  [[nodiscard]] Antichain grown(Index node, const Antichain& known);
  [[nodiscard]] Antichain always() const;
  void set_node(Index node, Antichain ways);

  const Model& model_;
  const Order& order_;
  Reading reading_;
  Work& work_;
  Algebra algebra_;
  std::vector<Antichain> nodes_;
  std::vector<std::pair<const std::vector<std::vector<Candidate>>*, Antichain>> seated_;  // while one node grows
  std::size_t taken_of_each_ = std::numeric_limits<std::size_t>::max();  // ways of a node that a formula may use
};

}  // namespace sallyport::prover
