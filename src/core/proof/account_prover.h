// What the guarantees ask about one account of a model, and no more. Listing every way to take an account grows with
// the power of the model; which ways are *not* as hard as its own front door, or which gangs are *smaller* than
// promised, are few. Ways that are hard enough already are dropped as early as they are found: whatever contains one is
// hard enough too, so none that is asked for is lost (docs/prover.md, "How it works").
//
//   AccountProver prover(compiled.model);
//   const auto answer = prover.dominance(account);
//   if (prover.exhausted()) ...                     // then no answer means anything
//
// Refers to the model. Deterministic. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/prover/hardness.h"
#include "core/prover/model.h"
#include "core/prover/order.h"
#include "core/prover/solve.h"

namespace sallyport::proof {

// How recovery compares with the front door. `no_front`: nobody can sign in, and recovery gives the account.
enum class Dominance : std::uint8_t { proved, violated, incomparable, no_front };
[[nodiscard]] std::string_view to_string(Dominance dominance) noexcept;

struct DominanceAnswer {
  Dominance verdict = Dominance::proved;
  prover::Antichain front;  // every smallest way to sign in
  prover::Antichain weaker;  // ways through recovery that are easier than every one of these
  prover::Antichain incomparable;  // neither easier nor as hard
  prover::AtomSet without_front;  // no_front: a smallest way
  std::size_t largest_family = 0;  // of all nodes: how much had to be listed
};

// Sets of atoms that are not as hard as one of these ways, by which everything else is found again.
[[nodiscard]] prover::Reading attacker_beside(const prover::Model& model, const prover::Antichain& front);
// Gangs of fewer people. REQUIRES: people > 0.
[[nodiscard]] prover::Reading gang_below(const prover::Model& model, std::size_t people);

class AccountProver {
 public:
  explicit AccountProver(const prover::Model& model) : model_(model), order_(prover::order_of(model)) {}

  [[nodiscard]] bool exhausted() const noexcept { return work_.exhausted(); }
  [[nodiscard]] const prover::Order& order() const noexcept { return order_; }

  [[nodiscard]] prover::Antichain front(const prover::Account& account);
  [[nodiscard]] DominanceAnswer dominance(const prover::Account& account);

  // The smallest gangs, without the holder; of at most `most` people. Empty: that many are not enough.
  [[nodiscard]] prover::Antichain gangs(const prover::Account& account, std::size_t most) {
    return gangs(account.target, account.owner, most);
  }
  [[nodiscard]] prover::Antichain gangs(prover::Index node, prover::Index holder, std::size_t most);
  // These people together, with everything that attacks of the ambient level give. The holder is left out.
  [[nodiscard]] bool falls_to(const prover::Account& account, std::vector<bool> persons);
  // A smallest set among what they have that is enough, with as little of high levels as can be. REQUIRES falls_to().
  [[nodiscard]] prover::AtomSet way_of(const prover::Account& account, std::vector<bool> persons);
  // Does the front door fall to attacks of the ambient level by itself?
  [[nodiscard]] bool door_is_ambient(const prover::Account& account);

  // How many ways that share nothing the holder has left when these things are lost and people are honest; nullopt: one
  // that needs nothing of one's own.
  [[nodiscard]] std::optional<std::size_t> ways_left(const prover::Account& account,
                                                     const std::vector<prover::Index>& lost);

 private:
  [[nodiscard]] bool is_taken(const prover::Account& account, std::vector<bool> atoms, bool recovery_off);
  [[nodiscard]] prover::AtomSet smallest(const prover::Account& account, std::vector<bool> atoms);
  [[nodiscard]] std::vector<bool> had_by(const prover::Account& account, std::vector<bool> persons) const;

  const prover::Model& model_;
  prover::Order order_;
  prover::Work work_;
};

}  // namespace sallyport::proof
