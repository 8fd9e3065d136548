#include "core/proof/easiest.h"

#include <algorithm>

#include "base/text.h"

namespace sallyport::proof {

bool at_most(const Needs& a, const Needs& b) noexcept {
  if (a.signals > b.signals || a.strong > b.strong || a.too_many_seat_kinds > b.too_many_seat_kinds) return false;
  if ((a.include & ~b.include) != 0 || (b.allow & ~a.allow) != 0) return false;
  if (a.alarm && !b.alarm) return false;
  if (a.hold_with_strong > b.hold_with_strong || a.hold_without_strong > b.hold_without_strong) return false;
  for (std::size_t i = 0; i < a.seat_kinds; ++i) {
    std::uint8_t there = 0;
    for (std::size_t j = 0; j < b.seat_kinds; ++j)
      if (b.seats[j].selector == a.seats[i].selector) there = b.seats[j].at_least;
    if (there < a.seats[i].at_least) return false;
  }
  return true;  // review and lasts come after the effect, and keep nobody out
}

bool belongs_to_account(Attribute attribute) noexcept {
  switch (attribute) {
    case Attribute::account_groups:
    case Attribute::account_admin:
    case Attribute::account_executive:
    case Attribute::account_active:
    case Attribute::account_employment:
    case Attribute::account_organization:
    case Attribute::account_usual_country: return true;
    case Attribute::account_locked:  // by anybody, with a few wrong passwords
    case Attribute::account_proofed_age:
    case Attribute::account_recovery_factor_age:
    case Attribute::agent_organization:
    case Attribute::agent_team:
    case Attribute::request_channel:
    case Attribute::request_network_country:
    case Attribute::request_cases_24h:
    case Attribute::request_cases_1h:
    case Attribute::agent_cases_1h:
    case Attribute::request_overdue_reviews:
    case Attribute::request_objected_24h:
    case Attribute::risk_points:
    case Attribute::action: return false;
  }
  return false;
}

namespace {

// The axis outlives the facts.
void choose(Facts& facts, const Axis& axis, std::size_t choice) {
  switch (info_of(axis.attribute).type) {
    case AttributeType::boolean: return facts.set_boolean(axis.attribute, axis.numbers[choice] != 0);
    case AttributeType::integer:
    case AttributeType::duration: return facts.set_number(axis.attribute, axis.numbers[choice]);
    case AttributeType::text: return facts.set_text(axis.attribute, axis.texts[choice]);
    case AttributeType::list_of_text: return facts.set_groups(axis.groups[choice]);
  }
}

Ask ask_of(const Demand& demand, Action action, const TrialFacts& account, const std::vector<Axis>& axes,
           const std::vector<std::size_t>& choices) {
  Ask ask;
  ask.action = action;
  ask.needs = demand.needs;
  ask.tier = demand.tier;
  for (const auto& c : demand.classes) ask.classes.push_back(c.index);
  for (const auto& r : demand.rules) ask.rules.push_back(r.index);
  ask.facts = account;
  ask.facts.set_text(Attribute::action, std::string(to_string(action)));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    set_value(ask.facts, axes[i], choices[i]);
    ask.context.push_back(concat(info_of(axes[i].attribute).name, ": ", value_text(axes[i], choices[i])));
  }
  return ask;
}

}  // namespace

Result<std::vector<Ask>> easiest(const Policy& policy, DecisionSpace& space, Action action, const TrialFacts& account,
                                 const std::vector<Axis>& axes) {
  std::uint64_t contexts = 1;
  for (const auto& axis : axes) {
    contexts *= axis.size();
    if (contexts > contexts_max)
      return fault(FaultKind::invalid, concat("the policy tells more than ", contexts_max, " kinds of request apart"),
                   "compare fewer attributes in its conditions");
  }
  // Counted up like an odometer, on views of the axes' own texts: most contexts are looked at and dropped.
  std::vector<Ask> out;
  auto facts = account.view();
  facts.set_text(Attribute::action, to_string(action));
  std::vector<std::size_t> choices(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i) choose(facts, axes[i], 0);
  for (std::uint64_t n = 0; n < contexts; ++n) {
    const auto demand = policy.demand(facts, action, space);
    const auto asks_more = [&](const Ask& a) { return at_most(a.needs, demand.needs); };
    if (demand.refusal == PolicyRefusal::none && std::ranges::none_of(out, asks_more)) {
      std::erase_if(out, [&](const Ask& a) { return at_most(demand.needs, a.needs); });
      out.push_back(ask_of(demand, action, account, axes, choices));
    }
    for (std::size_t i = 0; i < axes.size(); ++i) {
      choices[i] = (choices[i] + 1) % axes[i].size();
      choose(facts, axes[i], choices[i]);
      if (choices[i] != 0) break;
    }
  }
  return out;
}

}  // namespace sallyport::proof
