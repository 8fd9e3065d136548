#include "core/policy/decision.h"

#include <algorithm>

#include "core/policy/alarm.h"

namespace sallyport {

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::permit: return "permit";
    case Verdict::pending: return "pending";
    case Verdict::deny: return "deny";
  }
  return "";
}

const Decision& DecisionDesk::decide(const DecisionInput& input) noexcept {
  auto& d = decision_;  // each field is written anew
  policy_.demand(input.facts, input.action, space_, d.demand);
  const auto& needs = d.demand.needs;

  const auto evidence = input.evidence.first(std::min(input.evidence.size(), evidence_.size()));
  d.identity = weigh_evidence(policy_, needs, evidence, input.verified_at.value_or(input.now), evidence_);
  d.evidence = std::span(evidence_).first(evidence.size());

  const auto approvers = input.approvers.first(std::min(input.approvers.size(), approvers_.size()));
  const auto home = input.facts.knows(Attribute::account_organization)
                        ? input.facts.text(Attribute::account_organization)
                        : std::string_view{};
  const auto demands = std::span(demands_).first(needs.seat_kinds);
  for (std::size_t k = 0; k < demands.size(); ++k) demands[k] = {0, needs.seats[k].at_least};
  for (std::size_t p = 0; p < approvers.size(); ++p) {
    const auto same = [&](const ApproverFacts& other) { return other.person == approvers[p].person; };
    if (std::ranges::any_of(approvers.first(p), same)) {
      approvers_[p] = SeatObjection::same_person;
      continue;
    }
    approvers_[p] = objection_to(policy_.limits(), approvers[p]);
    if (approvers_[p] != SeatObjection::none) continue;
    bool any = false;
    for (std::size_t k = 0; k < needs.seat_kinds; ++k)
      if (fits(policy_.selectors()[needs.seats[k].selector], home, approvers[p])) {
        demands[k].fits |= std::uint64_t{1} << p;
        any = true;
      }
    if (!any) approvers_[p] = SeatObjection::no_seat;
  }
  d.approvers = std::span(approvers_).first(approvers.size());
  const bool seated = fill_seats(demands, open_);
  d.open_seats = std::span(open_).first(needs.seat_kinds);

  auto hold = hold_of(needs, d.identity);
  d.alarm = !needs.alarm;
  if (needs.alarm) {
    for (const auto& way : policy_.notices()) {
      const auto beside = weigh_beside(policy_, needs, way, evidence, input.verified_at.value_or(input.now), beside_);
      if (!beside.satisfied) continue;
      hold = d.alarm ? std::min(hold, hold_of(needs, beside)) : hold_of(needs, beside);
      d.alarm = true;
    }
  }
  const auto waited =
      input.verified_at && *input.verified_at <= input.now ? input.now - *input.verified_at : Duration{};
  d.hold_left = waited < hold ? Duration{hold.milliseconds - waited.milliseconds} : Duration{};

  if (d.demand.refusal != PolicyRefusal::none) d.verdict = Verdict::deny;
  else if (d.identity.satisfied && seated && d.alarm && d.hold_left == Duration{}) d.verdict = Verdict::permit;
  else d.verdict = Verdict::pending;
  return d;
}

}  // namespace sallyport
