#include "core/policy/judge.h"

#include <algorithm>

namespace sallyport {

IdentityJudgement judge_identity(const Policy& policy, const Requirement& requirement,
                                 std::span<const Evidence> evidence, Instant now) {
  const auto needs = policy.needs_of(requirement);
  std::vector<EvidenceFinding> findings(evidence.size());
  const auto weighed = weigh_evidence(policy, needs, evidence, now, findings);
  IdentityJudgement out;
  for (std::size_t i = 0; i < evidence.size(); ++i) {
    const bool counts = findings[i].objection == Objection::none;
    if (counts) out.counted.push_back(evidence[i].number);
    out.verdicts.push_back({evidence[i].number, counts, words_for(findings[i], evidence[i].signal)});
  }
  std::ranges::sort(out.counted);
  out.strong = weighed.strong;
  out.missing = missing_identity(policy, needs, weighed);
  out.satisfied = weighed.satisfied;
  return out;
}

ApprovalJudgement judge_approvals(const Requirement& requirement, const AccountFacts& account,
                                  std::span<const ApproverFacts> approvers) {
  std::vector<const ApproverFacts*> persons;
  for (const auto& a : approvers)
    if (persons.size() < persons_max &&
        std::ranges::none_of(persons, [&](const auto* p) { return p->person == a.person; }))
      persons.push_back(&a);
  std::vector<SeatDemand> demands;
  for (const auto& c : requirement.approvers) {
    SeatDemand demand{0, static_cast<std::uint8_t>(c.at_least)};
    for (std::size_t p = 0; p < persons.size(); ++p)
      if (fits(c, account.organization.text(), *persons[p])) demand.fits |= std::uint64_t{1} << p;
    demands.push_back(demand);
  }
  std::vector<std::uint8_t> open(demands.size());
  ApprovalJudgement out;
  out.satisfied = fill_seats(demands, open);
  for (std::size_t k = 0; k < open.size(); ++k)
    if (open[k] != 0) out.missing.push_back({words_for_seats(open[k], requirement.approvers[k]), "approver"});
  return out;
}

bool fits_a_seat(const Requirement& requirement, const AccountFacts& account, const ApproverFacts& approver) {
  return std::ranges::any_of(requirement.approvers,
                             [&](const auto& c) { return fits(c, account.organization.text(), approver); });
}

}  // namespace sallyport
