// What every observation has at hand: the policy, whom it is proved for, the model, and a place to tell things. One
// for a report (observe.h); not thread-safe.
//
// A question about one account is answered in its part of the model, that is with what its control rests on: a report
// on hundreds of kinds of account would otherwise compute all of them for each thing that somebody might have.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/proof/account_prover.h"
#include "core/proof/observe.h"
#include "core/prover/model.h"
#include "core/prover/order.h"
#include "core/prover/work.h"

namespace sallyport::proof {

inline constexpr std::size_t questions_given_up_max = 4;  // then they may cost less

class Observing {
 public:
  // All three outlive this.
  Observing(const Policy& policy, const Population& population, const Proof& proof, ObserveOptions options);

  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
  [[nodiscard]] const Population& population() const noexcept { return population_; }
  [[nodiscard]] const Proof& proof() const noexcept { return proof_; }
  [[nodiscard]] const Compiled& compiled() const noexcept { return proof_.technical; }
  [[nodiscard]] const prover::Model& model() const noexcept { return proof_.technical.model; }
  [[nodiscard]] const prover::Order& order() const noexcept { return prover_.order(); }
  [[nodiscard]] AccountProver& prover() noexcept { return prover_; }

  void tell(std::string_view property, std::string about, std::string words, bool concern, Lines lines = {},
            Json data = {}) {
    told_.push_back(
        {std::string(property), std::move(about), std::move(words), concern, std::move(lines), std::move(data)});
  }
  // For one question, and afterwards: was that too much?
  [[nodiscard]] prover::Work work_for_a_question() const {
    return prover::Work(given_up_ < questions_given_up_max ? options_.question_steps : options_.question_steps_later);
  }
  [[nodiscard]] bool gave_up(const prover::Work& work) {
    if (work.exhausted()) ++given_up_;
    return work.exhausted();
  }
  [[nodiscard]] std::vector<Observation> take_told() { return std::move(told_); }

  [[nodiscard]] const AccountClass& class_of(const AccountForms& account) const {
    return policy_.classes()[account.account_class];
  }
  // A class of which the policy says that it takes two people or more.
  [[nodiscard]] bool guarded(const AccountForms& account) const;
  [[nodiscard]] const AccountKind& kind_of(const AccountForms& account) const;
  [[nodiscard]] const prover::Account& in_model(const AccountForms& account) const;
  [[nodiscard]] std::optional<prover::Index> node(std::string_view name) const;
  [[nodiscard]] prover::Index control_of(std::string_view account) const;  // REQUIRES: an account of the model

  // What a node rests on, itself among it, as an order in which to compute just that.
  [[nodiscard]] prover::Order part_of(prover::Index target) const;
  [[nodiscard]] std::vector<bool> truths(const prover::Order& part, std::vector<bool> atoms) const;
  // A smallest set among these atoms that makes the target true, with as little of high levels as can be. REQUIRES: all
  // of them do.
  [[nodiscard]] prover::AtomSet smallest(const prover::Order& part, prover::Index target,
                                         std::vector<bool> atoms) const;
  // By atom: does a formula of this part name it?
  [[nodiscard]] std::vector<bool> atoms_in(const prover::Order& part) const;
  [[nodiscard]] std::vector<Capability> capabilities_of(const prover::AtomSet& set) const;
  // How an acceptance would name these, each name once.
  [[nodiscard]] std::string called(const prover::AtomSet& set) const;

 private:
  const Policy& policy_;
  const Population& population_;
  const Proof& proof_;
  ObserveOptions options_;
  AccountProver prover_;
  std::vector<Observation> told_;
  std::size_t given_up_ = 0;
};

// Is the person of this name in the model one of that kind? See compile.h.
[[nodiscard]] bool is_one_of(std::string_view person, const PeopleKind& kind);
[[nodiscard]] bool is_person(const prover::Atom& atom);
[[nodiscard]] std::string_view thing_of(const prover::Atom& atom);  // "number" of number@staff
[[nodiscard]] bool belongs_to(const prover::Atom& atom, std::string_view account);  // number@staff, to staff
[[nodiscard]] Json to_json(const std::vector<Capability>& list);
// "1 person", "3 people"
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view one, std::string_view more);

// Each tells of the properties that it is named after.
void observe_people(Observing& o);  // people_by_level, two_people, break_glass
void observe_attacks(Observing& o);  // phishable_only, telephone_only, blast_radius
void observe_signals(Observing& o);  // independent_signals, signals_counted, freshness
void observe_chains(Observing& o);  // chains
void observe_selves(Observing& o);  // self_action
void observe_absences(Observing& o);  // absence
void observe_expiry(Observing& o);  // in_90_days
void observe_governance(Observing& o);  // governance

}  // namespace sallyport::proof
