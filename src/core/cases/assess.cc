#include "core/cases/assess.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "core/cases/statement.h"
#include "core/policy/alarm.h"

namespace sallyport {
namespace {

ApproverFacts facts_of(const StaffMember& m) { return {m.person, m.organization, m.team, m.seats, {}, {}}; }

// As the approval found them.
ApproverFacts facts_of(const StaffMember& m, const ApprovalRecorded& approval) {
  return {m.person, m.organization, m.team, m.seats, approval.approvals_1h, approval.since_recovery.value_or(forever)};
}

Ruling<Required> required_now(const CaseState& state, const OrganizationState& organization) {
  if (!organization.policy)
    return deny(DenialCode::policy_changed, "no policy is in force",
                "somebody proposes one, and two operators approve it");
  if (organization.policy->digest() != state.opened.policy)
    return deny(
        DenialCode::policy_changed, "the policy has changed since the case was opened",
        "cancel this case and open a new one under the policy in force",
        Json::object({{"case", to_hex(state.opened.policy)}, {"in_force", to_hex(organization.policy->digest())}}));
  return organization.policy->required(question_of(state.opened, state.opened.account, state.opened_at));
}

Json seats_json(const std::vector<RoleName>& seats) {
  Json list = Json::array();
  for (const auto& seat : seats) list.push(seat.text());
  return list;
}

Json words_for_approvers(const Requirement& requirement) {
  Json list = Json::array();
  for (const auto& c : requirement.approvers) list.push(words_for_seats(c.at_least, c));
  return list;
}

std::string join_names(const std::vector<Missing>& missing) {
  std::string out;
  for (const auto& m : missing) out += concat(out.empty() ? "" : "; ", m.what, " (", m.who, ")");
  return out;
}

Json missing_as_json(const std::vector<Missing>& missing) {
  Json list = Json::array();
  for (const auto& m : missing) list.push(record_to_json(m));
  return Json::object({{"missing", std::move(list)}});
}

// The holder has the hold to object in, so it runs from when they could know.
void assess_hold(const CaseState& state, const OrganizationState& organization, Assessment& out) {
  const auto& policy = *organization.policy;
  const auto& requirement = out.required.requirement;
  out.hold_until = state.identity->hold_until;
  if (!requirement.alarm.value_or(false)) return;
  const auto needs = policy.needs_of(requirement);
  const auto verified_at = state.identity->at;
  std::vector<Evidence> given;  // the word of somebody who has left carries no alarm
  std::ranges::copy_if(state.evidence, std::back_inserter(given), [&](const Evidence& e) {
    return !e.attested_by || organization.member(*e.attested_by) != nullptr;
  });
  std::vector<EvidenceFinding> findings(given.size());
  out.alarm_raised = false;
  for (const auto& notice : state.notices) {
    if (!reaches_holder(policy, notice)) continue;
    const auto beside = weigh_beside(policy, needs, *policy.notice(notice.way), given, verified_at, findings);
    if (!beside.satisfied) continue;
    const auto until = std::max(verified_at, notice.at) + hold_of(needs, beside);
    out.hold_until = out.alarm_raised ? std::min(*out.hold_until, until) : until;
    out.alarm_raised = true;
  }
  if (out.alarm_raised) return;
  const auto ways = alarm_ways(policy, needs, given, verified_at);
  out.missing.push_back({concat("a notice to the holder by a way that the proof does not need: ",
                                ways.empty() ? "the policy has none" : or_list(ways)),
                         ways.empty() ? "nobody" : "gateway"});
}

bool has_attested(const CaseState& state, const PersonId& person) {
  return std::ranges::any_of(state.evidence, [&](const Evidence& e) { return e.attester == person; });
}

}  // namespace

Ruling<void> may_approve(const CaseState& state, const StaffMember& member, const Requirement& requirement,
                         Instant now) {
  const auto& o = state.opened;
  if (member.person == o.requester)
    return deny(DenialCode::requester_may_not_approve,
                concat("`", member.id.text(), "` opened this case and so may not approve it"),
                "someone who did not touch the case must approve", Json::object({{"requester", member.id.text()}}));
  if (member.person == o.account.holder)
    return deny(DenialCode::holder_may_not_approve, concat("the account belongs to `", member.id.text(), "`"),
                "someone else must approve", Json::object({{"holder", member.id.text()}}));
  if (has_attested(state, member.person))
    return deny(
        DenialCode::attester_may_not_approve,
        concat("`", member.id.text(), "` has given their word for the claimant, and so may not approve as well"),
        "someone else must approve", Json::object({{"attester", member.id.text()}}));
  if (!member.has(StaffRole::approver))
    return deny(DenialCode::role_missing, concat("`", member.id.text(), "` is no approver"),
                "ask an approver, or an operator to appoint one",
                Json::object({{"staff", member.id.text()}, {"role", "approver"}}));
  if (member.ends_at <= now)
    return deny(DenialCode::appointment_ended, concat("the appointment of `", member.id.text(), "` has ended"),
                "an operator can renew it",
                Json::object({{"staff", member.id.text()}, {"ended_at", to_rfc3339(member.ends_at)}}));
  if (!fits_a_seat(requirement, o.account, facts_of(member)))
    return deny(DenialCode::approver_has_no_seat,
                concat("this case asks for no approval that `", member.id.text(), "` could give"),
                "see what is missing with `sallyport case show`",
                Json::object({{"seats", seats_json(member.seats)}, {"asked", words_for_approvers(requirement)}}));
  return {};
}

Ruling<void> may_attest(const CaseState& state, const StaffMember& member, const SignalName& signal, Attester who) {
  const auto& o = state.opened;
  const auto refuse = [&](std::string_view why, std::string next_step) {
    return deny(DenialCode::attester_not_allowed, concat("`", member.id.text(), "` ", why), std::move(next_step),
                Json::object({{"attester", member.id.text()}}));
  };
  if (member.person == o.requester)
    return refuse("opened this case and so may not say who the claimant is", "another one looks at the claimant");
  if (member.person == o.account.holder)
    return refuse("is whom the account belongs to", "somebody else gives their word");
  if (who == Attester::manager && o.account.manager && member.person != *o.account.manager)
    return refuse("is not the manager of the account's holder", "their manager vouches");
  const auto speaks_twice = [&](const Evidence& e) { return e.attester == member.person && e.signal != signal; };
  if (std::ranges::any_of(state.evidence, speaks_twice))
    return refuse("has given their word for this claimant in another way", "somebody else gives theirs");
  return {};
}

PolicyQuestion question_of(const CaseOpened& opened, const AccountFacts& account, Instant opened_at) {
  return {account, opened.action, opened.request, opened.channel, opened.cases_24h, opened_at};
}

Ruling<void> within_limits(const Limits& limits, const ApproverFacts& approver) {
  const auto objection = objection_to(limits, approver);
  if (objection == SeatObjection::over_budget)
    return deny(DenialCode::approver_over_budget,
                concat("you have approved ", approver.approvals_1h.value_or(0),
                       " times within an hour, the policy allows ", *limits.approvals_per_approver_1h),
                "somebody else approves, or wait; if these requests look alike, tell the security team",
                Json::object({{"approvals_1h", approver.approvals_1h.value_or(0)},
                              {"limit", *limits.approvals_per_approver_1h}}));
  if (objection == SeatObjection::in_cooldown)
    return deny(
        DenialCode::approver_in_cooldown,
        concat("your own account was recovered less than ", to_string(*limits.cooldown_after_own_recovery), " ago"),
        "somebody else approves",
        Json::object({{"since_recovery", to_string(approver.since_recovery.value_or(Duration{}))},
                      {"cooldown", to_string(*limits.cooldown_after_own_recovery)}}));
  return {};
}

bool is_as_given(Requirement recorded, const Requirement& given) {
  if (!recorded.lists) recorded.lists = given.lists;
  return recorded == given;
}

Ruling<void> is_as_recorded(const CaseOpened& opened, Instant opened_at, AccountFacts seen,
                            const OrganizationState& organization) {
  const auto refuse = [](std::string_view what) {
    return deny(DenialCode::account_changed, concat("the directory shows another `", what, "` than the case records"),
                "open a new case; if nobody changed the account, look at the server",
                Json::object({{"differs", what}}));
  };
  if (!organization.policy || organization.policy->digest() != opened.policy)
    return deny(DenialCode::policy_changed, "the policy has changed since the case was opened", "open a new case");
  const auto required = organization.policy->required(question_of(opened, seen, opened_at));
  if (!required) return std::unexpected(required.error());
  if (required->account_class != opened.account_class || !is_as_given(opened.requirement, required->requirement))
    return refuse("class");
  seen.read_at = opened.account.read_at;
  seen.locked = opened.account.locked;
  const auto now = record_to_json(seen);
  const auto then = record_to_json(opened.account);
  for (const auto& [name, value] : now.as_object())  // what is left out of a record is a value, too
    if (then.find(name) == nullptr) return refuse(name);
  for (const auto& [name, recorded] : then.as_object())
    if (const auto* value = now.find(name); value == nullptr || *value != recorded) return refuse(name);
  return {};
}

Ruling<Assessment> assess(const CaseState& state, const OrganizationState& organization, Instant now) {
  Assessment out;
  auto required = required_now(state, organization);
  if (!required) return std::unexpected(std::move(required).error());
  out.required = *std::move(required);
  const auto& requirement = out.required.requirement;

  // A verification is judged at the moment door one shut, on the evidence there was (docs/decisions/0006).
  out.identity_stands = state.identity && now < state.identity->expires_at;
  out.identity =
      judge_identity(*organization.policy, requirement, state.evidence, out.identity_stands ? state.identity->at : now);
  out.identity_stands =
      out.identity_stands && out.identity.satisfied && out.identity.counted == state.identity->evidence;
  if (!out.identity_stands) {
    out.missing = out.identity.missing;
    if (out.missing.empty()) out.missing.push_back({"the verification lapsed: one signal anew", "claimant"});
  }

  std::vector<ApproverFacts> approvers;
  for (const auto& approval : state.approvals) {
    const auto* member = out.identity_stands ? organization.member(approval.by) : nullptr;
    if (member == nullptr || !may_approve(state, *member, requirement, now)) continue;
    auto facts = facts_of(*member, approval);
    if (!within_limits(organization.policy->limits(), facts)) continue;
    approvers.push_back(std::move(facts));
    out.approvers.push_back(member->id);
  }
  out.approvals = judge_approvals(requirement, state.opened.account, approvers);
  out.missing.insert(out.missing.end(), out.approvals.missing.begin(), out.approvals.missing.end());

  if (out.identity_stands) assess_hold(state, organization, out);
  if (out.hold_until && now < *out.hold_until)
    out.missing.push_back({concat("the hold runs until ", to_rfc3339(*out.hold_until)), "nobody"});
  if (!requester_serves(state.opened, organization, now))
    out.missing.push_back({"an agent who still serves: theirs has left, so another one opens a new case", "agent"});
  if (needs_sealed_secret(state.opened.action) && !state.secret)
    out.missing.push_back({"the new password, sealed by the claimant", "claimant"});
  return out;
}

Ruling<void> requester_serves(const CaseOpened& opened, const OrganizationState& organization, Instant now) {
  const auto* requester = organization.member(opened.requested_by);
  if (requester != nullptr && requester->ends_at > now && requester->has(StaffRole::agent)) return {};
  return deny(DenialCode::requester_has_left,
              concat("`", opened.requested_by.text(), "`, who opened this case, is no agent any more"),
              "another agent opens a new case", Json::object({{"requester", opened.requested_by.text()}}));
}

Ruling<ActionPermitted> permit(const CaseState& state, const OrganizationState& organization, Instant now) {
  const auto a = assess(state, organization, now);
  if (!a) return std::unexpected(a.error());
  if (auto ok = requester_serves(state.opened, organization, now); !ok) return std::unexpected(std::move(ok).error());
  // Whatever else was given. It may have come while an earlier attempt was under way.
  if (state.objections > 0)
    return deny(DenialCode::case_closed, "the account holder said that it was not them",
                "speak to the holder; a new case is opened if it was them after all",
                Json::object({{"objections", Json(std::uint64_t{state.objections})}}));
  const auto refuse = [&](DenialCode code, std::string next_step) {
    return deny(code, concat("still missing: ", join_names(a->missing)), std::move(next_step),
                missing_as_json(a->missing));
  };
  if (!a->identity_stands) return refuse(DenialCode::identity_not_verified, "the claimant gives the missing signals");
  for (const auto number : state.identity->evidence)
    if (const auto& by = state.evidence[number - 1].attested_by; by && organization.member(*by) == nullptr)
      return deny(DenialCode::attester_not_allowed,
                  concat("`", by->text(), "`, on whose word the claimant was verified, has left the staff"),
                  "another one gives their word in a new case", Json::object({{"attester", by->text()}}));
  if (!a->approvals.satisfied) return refuse(DenialCode::approvals_missing, "ask those who may approve");
  if (!a->alarm_raised) return refuse(DenialCode::alarm_missing, "the holder is told by another way, then it goes on");
  if (now < *a->hold_until) return refuse(DenialCode::hold_not_over, "wait until the hold is over");
  if (!a->missing.empty()) return refuse(DenialCode::secret_not_sealed, "the claimant chooses the new password");
  if (state.attempts >= attempts_per_case_max)
    return deny(DenialCode::attempts_exhausted, concat("the case was attempted ", state.attempts, " times"),
                "open a new case", Json::object({{"attempts", state.attempts}, {"limit", attempts_per_case_max}}));

  ActionPermitted out;
  out.attempt = state.attempts + 1;
  out.statement = statement_digest(state);
  out.approvers = a->approvers;
  out.policy = state.opened.policy;
  out.reasons = a->required.reasons;
  out.expires_at = std::min(state.identity->expires_at, state.opened.expires_at);
  return out;
}

bool begins_cooldown(const CaseState& before, const OutcomeRecorded& outcome) noexcept {
  if (only_takes_away(before.opened.action)) return false;  // nobody got in by it
  const auto was = before.last_outcome ? before.last_outcome->outcome : Outcome::not_done;
  return outcome.outcome != Outcome::not_done && outcome.outcome != was;
}

}  // namespace sallyport
