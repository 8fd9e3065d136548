#include "core/cases/invariants.h"

#include <algorithm>
#include <set>

#include "base/invariant.h"
#include "core/cases/assess.h"
#include "core/cases/decide.h"
#include "core/model/marker.h"

namespace sallyport {
namespace {

// One overload for each event that grants something or ends something.
class Held {
 public:
  Held(const CaseState& before, Instant at, const OrganizationState& organization)
      : s_(before), at_(at), org_(organization) {}

  void operator()(const CaseOpened& e) const {
    SALLYPORT_INVARIANT(4, org_.policy && e.policy == org_.policy->digest());
    SALLYPORT_INVARIANT(9, e.requester == person_of(e.requested_by) && e.requester != e.account.holder);
    SALLYPORT_INVARIANT(11, serves(e.requested_by, StaffRole::agent));
    SALLYPORT_INVARIANT(41, e.cases_24h < org_.policy->limits().cases_per_account_24h);
  }

  void operator()(const EvidenceRecorded& e) const {
    const auto& v = e.evidence;
    SALLYPORT_INVARIANT(6, v.number == s_.evidence.size() + 1 && v.at == at_);
    if (v.attester)
      SALLYPORT_INVARIANT(9, *v.attester != s_.opened.requester && *v.attester != s_.opened.account.holder);
    const auto failed = std::ranges::count_if(
        s_.evidence, [&](const Evidence& x) { return x.signal == v.signal && x.result == EvidenceResult::failed; });
    SALLYPORT_INVARIANT(
        41, static_cast<std::uint64_t>(failed) + e.failed_elsewhere.value_or(0) < policy().limits().tries_per_signal);
  }

  void operator()(const IdentityVerified& e) const {
    SignalSet taken = 0;
    for (const auto number : e.evidence) {
      SALLYPORT_INVARIANT(6, number >= 1 && number <= s_.evidence.size());
      const auto& v = s_.evidence[number - 1];
      SALLYPORT_INVARIANT(6, v.result == EvidenceResult::passed);
      const auto place = policy().signal_number(v.signal);
      SALLYPORT_INVARIANT(6, place.has_value());
      const auto& rule = policy().signals()[*place];
      SALLYPORT_INVARIANT(5, v.at <= e.at && (!rule.fresh || e.at - v.at <= *rule.fresh));
      SALLYPORT_INVARIANT(5, !rule.enrolled_for || (v.enrolled_at && v.at - *v.enrolled_at >= *rule.enrolled_for));
      SALLYPORT_INVARIANT(
          8, !rule.unchanged_for || (v.unchanged_since && v.at - *v.unchanged_since >= *rule.unchanged_for));
      SALLYPORT_INVARIANT(8, !v.rests_on_account);
      SALLYPORT_INVARIANT(7, ((taken >> *place) & 1U) == 0);
      taken |= rule.shares;
    }
    SALLYPORT_INVARIANT(34, e.at == at_ && e.hold_until >= at_ && e.expires_at <= s_.opened.expires_at);
  }

  void operator()(const ApprovalRecorded& e) const {
    SALLYPORT_INVARIANT(9, e.person == person_of(e.by) && has_no_other_part(e.person));
    SALLYPORT_INVARIANT(10, std::ranges::none_of(s_.approvals, [&](const ApprovalRecorded& a) {
                          return a.by == e.by || a.assertion.signature == e.assertion.signature;
                        }));
    SALLYPORT_INVARIANT(11, serves(e.by, StaffRole::approver));
    const auto& most = policy().limits().approvals_per_approver_1h;
    SALLYPORT_INVARIANT(41, !most || e.approvals_1h < *most);
  }

  void operator()(const ActionPermitted& e) const {
    SALLYPORT_INVARIANT(3, !s_.permit && !s_.intent && e.attempt == s_.attempts + 1);
    SALLYPORT_INVARIANT(4, e.policy == s_.opened.policy);
    SALLYPORT_INVARIANT(14, s_.objections == 0);
    SALLYPORT_INVARIANT(34, s_.identity && at_ >= s_.identity->hold_until && at_ < s_.identity->expires_at);
    SALLYPORT_INVARIANT(34, e.expires_at <= s_.opened.expires_at);
    std::set<PersonId> persons;
    for (const auto& by : e.approvers) {
      SALLYPORT_INVARIANT(10, std::ranges::find(s_.approvals, by, &ApprovalRecorded::by) != s_.approvals.end());
      SALLYPORT_INVARIANT(11, serves(by, StaffRole::approver));
      persons.insert(person_of(by));
    }
    suffice(persons);
  }

  void operator()(const IntentRecorded& e) const {
    const auto& account = s_.opened.account;
    SALLYPORT_INVARIANT(1,
                        s_.permit && e.attempt == s_.permit->attempt && e.execution == execution_of(s_.id, e.attempt));
    SALLYPORT_INVARIANT(
        1, e.action == s_.opened.action && e.directory == account.directory && e.account == account.account);
    SALLYPORT_INVARIANT(2, e.state_token == account.state_token);
    SALLYPORT_INVARIANT(4, s_.permit->policy == s_.opened.policy);
    SALLYPORT_INVARIANT(14, s_.objections == 0);
    const auto token = fence_token_of(e.marker_from);
    SALLYPORT_INVARIANT(20, !s_.intent && token && *token < e.fence_token &&
                                e.marker_to == marker_of_execution(e.fence_token, e.execution));
    SALLYPORT_INVARIANT(34, at_ < s_.permit->expires_at && at_ < s_.opened.expires_at);
    SALLYPORT_INVARIANT(34, s_.identity && at_ >= s_.identity->hold_until);
    std::set<PersonId> persons;  // some may have left since; those who are there must suffice
    for (const auto& approval : s_.approvals)
      if (serves(approval.by, StaffRole::approver)) persons.insert(approval.person);
    suffice(persons);
  }

  void operator()(const OutcomeRecorded& e) const {
    SALLYPORT_INVARIANT(1, s_.intent && e.execution == s_.intent->execution);
    SALLYPORT_INVARIANT(3, !s_.last_outcome || s_.last_outcome->outcome == Outcome::unknown);
    if (e.outcome == Outcome::done) SALLYPORT_INVARIANT(17, e.marker == s_.intent->marker_to);
    if (e.outcome != Outcome::not_done) return;
    SALLYPORT_INVARIANT(44, e.marker != s_.intent->marker_to);
    if (e.reconciled)
      SALLYPORT_INVARIANT(19, e.marker == marker_of_fence(s_.intent->fence_token, s_.intent->execution));
  }

  void operator()(const CaseClosed& e) const {
    SALLYPORT_INVARIANT(18, !s_.intent);
    if (e.result == CaseResult::expired) SALLYPORT_INVARIANT(34, at_ >= s_.opened.expires_at);
  }

  void operator()(const CaseReviewed& e) const {
    SALLYPORT_INVARIANT(36,
                        e.person == person_of(e.by) && std::ranges::find(s_.involved, e.person) == s_.involved.end());
  }

  void operator()(const auto& /*grants nothing*/) const {}

 private:
  [[nodiscard]] const Policy& policy() const {
    SALLYPORT_INVARIANT(4, org_.policy && org_.policy->digest() == s_.opened.policy);
    return *org_.policy;
  }
  [[nodiscard]] PersonId person_of(const StaffId& id) const {
    const auto* member = org_.member(id);
    return member == nullptr ? PersonId() : member->person;
  }
  [[nodiscard]] bool serves(const StaffId& id, StaffRole role) const {
    const auto* member = org_.member(id);
    return member != nullptr && member->ends_at > at_ && member->has(role);
  }
  [[nodiscard]] bool has_no_other_part(const PersonId& person) const {
    return person != s_.opened.requester && person != s_.opened.account.holder &&
           std::ranges::none_of(s_.evidence, [&](const Evidence& v) { return v.attester == person; });
  }
  // Are these as many as the strictest line of the requirement asks for, and none with another part?
  void suffice(const std::set<PersonId>& persons) const {
    for (const auto& person : persons) SALLYPORT_INVARIANT(9, has_no_other_part(person));
    std::size_t needed = 0;
    for (const auto& line : s_.opened.requirement.approvers) needed = std::max<std::size_t>(needed, line.at_least);
    SALLYPORT_INVARIANT(13, persons.size() >= needed);
  }

  const CaseState& s_;
  Instant at_;
  const OrganizationState& org_;
};

}  // namespace

void assert_invariants(const CaseState& before, const CaseEvent& event, Instant at,
                       const OrganizationState& organization) {
  const bool follows_end = std::holds_alternative<RefusalRecorded>(event) ||
                           std::holds_alternative<HolderObjected>(event) || std::holds_alternative<NoticeSent>(event) ||
                           std::holds_alternative<CaseReviewed>(event);
  SALLYPORT_INVARIANT(14, !before.closed || follows_end);
  SALLYPORT_INVARIANT(31, at >= before.last_at);
  std::visit(Held(before, at, organization), event);
}

void assert_invariants(const OrganizationState& before, const OrganizationEvent& event,
                       const OrganizationState& after) {
  SALLYPORT_INVARIANT(31, after.last_at >= before.last_at);
  if (after.policy == before.policy) return;
  const auto* last = std::get_if<ChangeApproved>(&event);
  SALLYPORT_INVARIANT(37, last != nullptr && after.proof != nullptr);
  const auto change = before.open.find(last->change);
  SALLYPORT_INVARIANT(37, change != before.open.end());
  std::set<PersonId> agreed;
  const auto agrees = [&](const StaffId& id) {
    const auto* member = before.member(id);
    if (member != nullptr && member->person != change->second.person) agreed.insert(member->person);
  };
  for (const auto& id : change->second.approved_by) agrees(id);
  agrees(last->signature.by);
  SALLYPORT_INVARIANT(37, agreed.size() >= policy_approvals_needed);
}

}  // namespace sallyport
