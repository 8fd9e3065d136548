// From a policy and the people and accounts it is for to a model of the prover (docs/prover.md): who could have what,
// and what follows from it. The policy's own decision code says what is asked for (easiest.h); the catalogue says what
// it takes to give it.
//
// For an account kind `sales` there are the nodes
//   signal:totp@sales           the signal can be given in its name
//   password_reset@sales        the action can be completed; password_reset@sales#2 is its second easiest form
//   factor:password@sales       the authenticator can be used to sign in
//   control@sales               the account is taken
//   approved@sales              everybody has said yes to one of these actions, whatever was shown of the holder
//   anyhow@sales                the account is taken, by its doors or by those who govern
// and for a person `desk_lead-1` the node acts:desk_lead-1, "their approval can be had". If people of that kind speak
// for others by an account of the kind `staff`, that of `desk_lead-1` is `staff~desk_lead-1`, with nodes of its own.
//
// Who governs the gateway itself (docs/decisions/0018): appoint, activate_policy, gateway_admin, db_admin,
// directory_admin, restore_backup; and `governance`, any of these that is enough by itself. No control@ rests on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/proof/easiest.h"
#include "core/proof/population.h"
#include "core/prover/model.h"

namespace sallyport::proof {

// Technical: people act honestly or sign knowingly. Pessimistic: anybody may be talked into it (a level-1 atom).
enum class Reading : std::uint8_t { technical, pessimistic };

// Lines of the policy that say so, in order, each once.
using Lines = std::vector<std::size_t>;

struct Note {
  std::string words;  // "password_reset is done for sales"
  Lines lines;
};

struct AccountForms {
  std::string name;
  std::uint32_t account_class = 0;
  std::optional<ClassName> meant_for;  // the class that the policy must find for it
  std::vector<Ask> asks;  // the easiest forms of every restoring action
  std::vector<std::string> nodes;  // beside each: its node
  std::vector<Ask> suspending;  // the easiest forms of `suspend`; empty: it is refused, or not named
};

struct Compiled {
  Json json;  // the neutral format, for other provers
  prover::Model model;
  std::vector<std::string> atoms;  // by index: what having it means, in words
  std::vector<std::string> called;  // by index: how an acceptance names it: `number`, `desk_lead`, `number@boss`
  std::vector<Note> nodes;  // by index
  std::vector<AccountForms> accounts;  // in the order of the population
  std::vector<AccountForms> others;  // of people who speak for others: named `staff~manager-1`
  std::vector<std::string> notes;  // what was assumed, and what nobody can give
};

// Actions whose effect lets somebody in. The others (unlock, lockout_disable, admin_unlock) give nothing that a thief
// lacks: a locked account still wants its password.
[[nodiscard]] bool restores(Action action) noexcept;

// So many of these people a case of such an account has places for: seats that they may take, and what they may attest.
[[nodiscard]] std::uint32_t places_for(const Policy& policy, const PeopleKind& kind, const AccountKind& account,
                                       const Needs& needs);

// A certificate names the digest of its model, so a ledger's old ones are checked against the model that they were made
// for. `second`: of sallyport-certificate/2, in which accounts do not say their class, and nobody governs.
enum class Edition : std::uint8_t { second, third };

struct CompileOptions {
  Edition edition = Edition::third;
  std::uint32_t spare = 0;  // people of each kind beside as many as one case has places for; changes no answer
};
[[nodiscard]] Result<Compiled> compile(const Policy& policy, const Population& population, Reading reading,
                                       CompileOptions options = {});

}  // namespace sallyport::proof
