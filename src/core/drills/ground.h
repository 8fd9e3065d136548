// A policy and its people, compiled once, on which every drill is run.
//
// Refers to policy and population, which outlive it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "core/drills/library.h"
#include "core/proof/compile.h"
#include "core/prover/order.h"

namespace sallyport::drills {

// One of a kind, as the model knows them.
struct Somebody {
  std::string name;
  const proof::PeopleKind* kind = nullptr;
};

struct Ground {
  const Policy& policy;
  const proof::Population& population;
  proof::Compiled compiled;
  std::vector<prover::Order> orders;  // for each account: of what is about it, and of what that rests on

  [[nodiscard]] static Result<Ground> prepare(const Policy& policy, const proof::Population& population);

  [[nodiscard]] const prover::Account& account(std::string_view kind) const;
  [[nodiscard]] std::optional<prover::Index> atom(std::string_view name) const;
  [[nodiscard]] std::optional<prover::Index> node(std::string_view name) const;
  // Whether each node about this account is true for one who has these atoms. A fault when the model is too large to
  // tell.
  [[nodiscard]] Result<std::vector<bool>> what_follows(std::size_t account, const std::vector<std::string>& atoms,
                                                       bool recovery_off) const;
  [[nodiscard]] bool is_true(const std::vector<bool>& nodes, std::string_view name) const;

  [[nodiscard]] std::vector<std::size_t> aimed_at(Aim aim) const;  // of population.accounts
  // In a role for this account: every choice, each a list of people. Empty: there is nobody.
  [[nodiscard]] std::vector<std::vector<Somebody>> in_role(Role role, std::size_t account) const;
};

[[nodiscard]] std::optional<std::string> organization_of(const proof::AccountKind& account);
[[nodiscard]] bool attests(const proof::PeopleKind& kind, const SignalRule& signal, const proof::AccountKind& account);

}  // namespace sallyport::drills
