// Whom a policy is proved for: kinds of people and kinds of accounts, each with a number. Interchangeable people are
// one kind, so an organization of a hundred thousand is a page of YAML (docs/prover.md, "The organization file").
//
//   people:
//     desk_lead: {count: 3, team: help_desk, seats: [desk_lead]}
//   accounts:
//     sales: {count: 400, facts: {account.admin: false, account.groups: [], account.employment: employee}}
//
// Without a file, assumed() makes the organization in which the policy is easiest to get through: an account of every
// kind that its conditions tell apart, and enough people for every seat, all of them in the teams that may not act
// alone.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/kinds.h"
#include "core/policy/policy.h"
#include "core/policy/weigh.h"

namespace sallyport::proof {

struct PeopleKind {
  std::string name;
  std::uint32_t count = 1;  // 0: nobody now, of a team or with seats that there are
  std::optional<TeamId> team;
  std::optional<OrganizationId> organization;  // absent: that of whatever account is asked about
  std::vector<RoleName> seats;
  bool agent = false;        // opens cases, attests on_site and the like
  bool vouches = false;      // a manager, or whoever else may vouch
  bool invites = false;      // an operator: has new authenticators bound, for a code mailed to the address on file
  bool third_party = false;
  std::optional<std::string> account;  // a kind of accounts: who takes theirs speaks for them
  std::size_t line = 0;
};

struct AccountKind {
  std::string name;
  std::uint32_t count = 1;
  TrialFacts facts;                     // what the directory says: account.… only
  std::vector<Attribute> said;          // which of them; what is not said may be anything
  std::vector<std::string> told;        // the same, to be read: "account.admin: true"
  std::optional<SignalSet> enrolled;    // absent: every signal of the policy
  bool mailbox_of_account = false;      // mail goes to the very account: such a signal never counts
  std::optional<ClassName> meant_for;   // the class that the policy must find for it
  std::optional<std::string> held_by;   // a kind of people: then its holder is one of them
  std::optional<std::string> manager;   // a kind of people: then nobody else vouches for its holder
  struct Shared {
    std::string people;  // a kind of people
    std::string with;    // a thing that they have as well as the holder, or `word`: they speak for the holder
  };
  std::vector<Shared> shared;
  std::size_t line = 0;
};

struct ThingLevel {
  std::string thing;
  int level = 0;
};

// What somebody who runs things can do without the gateway being asked (docs/decisions/0018): who they are, and how
// many of them it takes. Who is not said may be anybody.
struct Governor {
  std::string what;  // one of governed_from_outside
  std::uint32_t at_least = 1;
  std::vector<std::string> of;  // kinds of people
};
struct FromOutside {
  std::string_view name, words;
};
inline constexpr std::array<FromOutside, 4> governed_from_outside{{
    {"gateway_admin", "running the machines of the gateway and its executor"},
    {"db_admin", "writing the gateway's store, and so what it says of signals"},
    {"directory_admin", "administering the directory"},
    {"restore_backup", "putting an older ledger in the place of the gateway's"},
}};

struct Population {
  std::string name;
  bool assumed = false;
  std::vector<PeopleKind> people;
  std::vector<AccountKind> accounts;
  std::vector<Governor> governance;
  std::vector<ThingLevel> levels;  // other than the catalogue's
};

inline constexpr std::size_t population_bytes_max = 1024 * 1024;
inline constexpr std::size_t kinds_max = 1000;

// Every problem that can be found at once. Names are held against the policy's; the policy's own names against these
// people is what fit.h does.
[[nodiscard]] std::expected<Population, std::vector<PolicyProblem>> read_population(
    std::string_view text, const Policy& policy, PolicyReading reading = PolicyReading::draft);

// `few_groups`: see KindsOfRequest.
[[nodiscard]] Result<Population> assumed(const Policy& policy, bool& few_groups);

// The organization of an account of which it is not said.
inline constexpr std::string_view home_organization = "home";

// One of them, as the runtime sees an approver: within budget, and long since recovered.
[[nodiscard]] ApproverFacts approver_of(const PeopleKind& people, PersonId person,
                                        const std::optional<std::string>& account_organization);
// Why a model has nobody of a team, or of `third_party`: there is nobody, or nobody who has a part in any recovery.
[[nodiscard]] std::string_view why_absent(const Population& population, std::string_view team);
// May people of this kind take a seat of this constraint, on an account of this organization?
[[nodiscard]] bool may_sit(const PeopleKind& people, const ApproverConstraint& constraint,
                           const std::optional<std::string>& account_organization);

}  // namespace sallyport::proof
