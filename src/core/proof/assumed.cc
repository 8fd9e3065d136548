#include <algorithm>

#include "base/text.h"
#include "core/proof/catalogue.h"
#include "core/proof/compile.h"
#include "core/proof/easiest.h"
#include "core/proof/population.h"

namespace sallyport::proof {
namespace {

constexpr std::uint32_t plenty = 99;  // people for every seat, and some to spare
constexpr std::uint32_t operators_assumed = 2;  // with fewer no policy is put in force

bool same_asks(const std::vector<Ask>& a, const std::vector<Ask>& b) {
  return std::ranges::equal(
      a, b, [](const Ask& x, const Ask& y) { return at_most(x.needs, y.needs) && at_most(y.needs, x.needs); });
}

// For each constraint somebody who may take its seat, in the team that may not act alone if they may be of it.
std::vector<PeopleKind> assumed_people(const Policy& policy) {
  std::vector<PeopleKind> out;
  const auto& alone = policy.guarantees().never_alone;
  std::optional<TeamId> team;
  for (const auto& name : alone)
    if (name != "third_party" && !team) team = TeamId::parse(name);
  if (!team) team = TeamId::parse("help_desk");
  const bool third = std::ranges::find(alone, "third_party") != alone.end();
  const auto add = [&](PeopleKind kind) {
    const auto same = std::ranges::find(out, kind.name, &PeopleKind::name);
    if (same == out.end()) out.push_back(std::move(kind));
  };
  PeopleKind agent;
  agent.name = "agent";
  agent.count = plenty;
  agent.team = team;
  agent.agent = true;
  add(agent);
  PeopleKind inviting;
  inviting.name = "operator";
  inviting.count = operators_assumed;
  inviting.team = TeamId::parse("elsewhere");
  inviting.invites = true;
  add(inviting);
  // Each vouches for a signal of their own.
  const auto rests_on_word = [](const SignalRule& signal) {
    return std::ranges::any_of(signal.rests_on,
                               [](const auto& what) { return attester_of(what) == Attester::manager; });
  };
  if (const auto vouched = std::ranges::count_if(policy.signals(), rests_on_word); vouched > 0) {
    PeopleKind manager;
    manager.name = "manager";
    manager.count = static_cast<std::uint32_t>(vouched);
    manager.team = TeamId::parse("elsewhere");
    manager.vouches = true;
    add(manager);
  }
  for (const auto& c : policy.selectors()) {
    PeopleKind kind;
    kind.count = plenty;
    kind.name = c.role ? c.role->text() : std::string("approver");
    if (c.role) kind.seats = {*c.role};
    kind.team = team;
    if (c.outside && team && *c.outside == *team) {
      kind.team = TeamId::parse("elsewhere");
      kind.name += "-outside";
    }
    if (c.from && c.from->text() != "account.organization") {
      kind.organization = c.from;
      kind.name += concat("-of-", c.from->text());
    }
    add(kind);
    if (!third || (c.from && c.from->text() == "account.organization")) continue;
    kind.name += "-third-party";
    kind.third_party = true;
    if (!c.from) kind.organization = OrganizationId::parse("third-party");
    add(std::move(kind));
  }
  return out;
}

}  // namespace

bool may_sit(const PeopleKind& people, const ApproverConstraint& c, const std::optional<std::string>& home) {
  return fits(c, home.value_or(std::string(home_organization)), approver_of(people, PersonId{}, home));
}

std::string_view why_absent(const Population& population, std::string_view team) {
  const bool there = std::ranges::any_of(population.people, [&](const PeopleKind& kind) {
    return kind.count > 0 && (team == "third_party" ? kind.third_party : kind.team && kind.team->text() == team);
  });
  return there ? "nobody of it has a part in a recovery: they take no seat, attest nothing and bind nothing"
               : "nobody is of it";
}

ApproverFacts approver_of(const PeopleKind& people, PersonId person, const std::optional<std::string>& home) {
  ApproverFacts out;
  out.person = std::move(person);
  out.seats = people.seats;
  if (people.team) out.team = *people.team;
  if (people.organization) out.organization = *people.organization;
  else if (auto own = OrganizationId::parse(home.value_or(std::string(home_organization)))) out.organization = *own;
  out.approvals_1h = 0;
  out.since_recovery = forever;
  return out;
}

Result<Population> assumed(const Policy& policy, bool& few_groups) {
  Population out;
  out.name = "(assumed)";
  out.assumed = true;
  out.people = assumed_people(policy);
  KindsOfRequest kinds;
  kinds.take(policy);
  std::vector<Axis> account_axes;
  std::vector<Axis> context_axes;
  for (auto& axis : kinds.axes(few_groups)) {
    if (axis.attribute == Attribute::action) continue;
    if (axis.attribute == Attribute::account_active) axis.numbers = {1};  // what is not active is refused
    (belongs_to_account(axis.attribute) ? account_axes : context_axes).push_back(std::move(axis));
  }
  std::uint64_t combinations = 1;
  for (const auto& axis : account_axes) {
    combinations *= axis.size();
    if (combinations > contexts_max)
      return fault(FaultKind::invalid, "the policy tells too many kinds of account apart",
                   "give an organization file with --organization");
  }
  // Accounts of one class that are asked the same are one kind.
  struct Known {
    std::uint32_t account_class;
    std::vector<std::vector<Ask>> asks;
  };
  std::vector<Known> known;
  DecisionSpace space(policy);
  std::uint64_t looked = 0;
  for (std::uint64_t n = 0; n < combinations; ++n) {
    AccountKind kind;
    auto rest = n;
    for (const auto& axis : account_axes) {
      const auto choice = rest % axis.size();
      rest /= axis.size();
      set_value(kind.facts, axis, choice);
      kind.said.push_back(axis.attribute);
      kind.told.push_back(concat(info_of(axis.attribute).name, ": ", value_text(axis, choice)));
    }
    Known now;
    now.account_class = policy.demand(kind.facts.view(), Action::unlock, space).account_class;
    for (const auto& [action, tier] : policy.actions()) {
      if (!restores(action)) continue;
      SP_TRY(auto asks, easiest(policy, space, action, kind.facts, context_axes));
      now.asks.push_back(std::move(asks));
    }
    std::uint64_t contexts = 1;
    for (const auto& axis : context_axes) contexts *= axis.size();
    looked += contexts * policy.actions().size();
    if (looked > contexts_max * 8)
      return fault(FaultKind::invalid, "the policy tells too many kinds of request apart",
                   "give an organization file with --organization");
    if (std::ranges::any_of(known, [&](const Known& k) {
          return k.account_class == now.account_class && std::ranges::equal(k.asks, now.asks, same_asks);
        }))
      continue;
    const auto& name = policy.classes()[now.account_class].name.text();
    const auto before = std::ranges::count(known, now.account_class, &Known::account_class);
    kind.name = before == 0 ? name : concat(name, "-", before + 1);
    known.push_back(std::move(now));
    out.accounts.push_back(std::move(kind));
    if (out.accounts.size() > kinds_max)
      return fault(FaultKind::invalid, "the policy tells too many kinds of account apart",
                   "give an organization file with --organization");
  }
  return out;
}

}  // namespace sallyport::proof
