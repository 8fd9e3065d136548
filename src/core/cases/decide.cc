#include "core/cases/decide.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/cases/assess.h"
#include "core/cases/statement.h"
#include "core/model/marker.h"
#include "core/policy/attester.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

using Events = std::vector<CaseEvent>;

class Decision {
 public:
  Decision(const CaseState& state, const DecisionContext& context)
      : s_(state), org_(context.organization), now_(context.now) {}

  Ruling<Events> rule(const CaseCommand& command) {
    if (auto ok = may_begin(command); !ok) return std::unexpected(std::move(ok).error());
    return std::visit(*this, command);
  }

  Ruling<Events> operator()(const OpenCase& c) const {
    if (!org_.policy)
      return deny(DenialCode::policy_changed, "no policy is in force",
                  "somebody proposes one, and two operators approve it");
    const auto* agent = org_.member(c.requested_by);
    if (auto ok = has_role(agent, c.requested_by, StaffRole::agent); !ok) return std::unexpected(std::move(ok).error());
    if (agent->person == c.account.holder)  // one person, one slot (R13)
      return deny(DenialCode::not_your_case, concat("`", c.requested_by.text(), "` holds this account"),
                  "another agent opens the case", Json::object({{"holder", c.requested_by.text()}}));
    auto request = c.request;
    request.agent_organization = agent->organization;
    request.agent_team = agent->team;
    const auto required = org_.policy->required({c.account, c.action, request, c.channel, c.cases_24h, now_});
    if (!required) return std::unexpected(required.error());
    if (c.channel.size() > channel_length_max || c.ticket.size() > ticket_length_max)
      return deny(DenialCode::limit_reached,
                  concat("the channel has at most ", channel_length_max, " bytes and the ticket ", ticket_length_max),
                  "shorten them; the reason is the place for a sentence",
                  Json::object({{"channel_bytes", c.channel.size()},
                                {"channel_bytes_max", channel_length_max},
                                {"ticket_bytes", c.ticket.size()},
                                {"ticket_bytes_max", ticket_length_max}}));
    CaseOpened e;
    e.action = c.action;
    e.account = c.account;
    e.requested_by = c.requested_by;
    e.requester = agent->person;
    e.channel = c.channel;
    e.ticket = c.ticket;
    e.reason = c.reason;
    e.holder = c.holder;
    e.join_code = c.join_code;
    e.cases_24h = c.cases_24h;
    e.request = std::move(request);
    e.policy = org_.policy->digest();
    e.account_class = required->account_class;
    e.requirement = required->requirement;
    e.expires_at = now_ + org_.policy->limits().case_lifetime;
    const bool nothing_asked = e.requirement.signals == 0 && e.requirement.include.empty();
    Events events{std::move(e)};
    if (!nothing_asked) return events;
    // What only takes access away waits for nobody's proof: door one is shut from the beginning.
    const auto opened = replay(events);
    auto more = Decision(opened, {org_, now_}).then_verify_identity({});
    if (!more) return more;
    std::ranges::move(*more, std::back_inserter(events));
    return events;
  }

  Ruling<Events> operator()(const JoinClaimant& c) const {
    if (s_.joined)
      return deny(DenialCode::already_joined, "a browser has joined this case already",
                  "if that was not you, tell the agent to cancel the case and open a new one");
    if (c.join_code != s_.opened.join_code)
      return deny(DenialCode::join_code_wrong, "the code is not of an open case", "ask the agent to read it out again");
    if (now_ - s_.opened_at > claimant_join_within)
      return deny(
          DenialCode::join_code_expired, "the code is older than 30 minutes", "ask the agent for a new case",
          Json::object({{"given_at", to_rfc3339(s_.opened_at)}, {"good_for", to_string(claimant_join_within)}}));
    return Events{ClaimantJoined{c.token}};
  }

  Ruling<Events> operator()(const RequestSignal& c) const {
    if (auto ok = takes_evidence(c.signal, 0); !ok) return std::unexpected(std::move(ok).error());
    const auto* rule = org_.policy->signal(c.signal);
    if (!rule->issued)
      return deny(DenialCode::signal_not_requested, concat(c.signal.text(), " needs no request"),
                  "give its code directly", Json::object({{"signal", c.signal.text()}}));
    const auto before = std::ranges::count(s_.requests, c.signal, &SignalRequested::signal);
    if (before >= org_.policy->limits().tries_per_signal) return exhausted(c.signal, 0);
    return Events{SignalRequested{c.signal, static_cast<std::uint32_t>(before + 1), now_ + c.valid_for}};
  }

  Ruling<Events> operator()(const RecordEvidence& c) const {
    if (auto ok = takes_evidence(c.signal, c.failed_elsewhere); !ok) return std::unexpected(std::move(ok).error());
    if (auto ok = was_requested(c.signal); !ok) return std::unexpected(std::move(ok).error());
    auto attester = attester_for(c);
    if (!attester) return std::unexpected(std::move(attester).error());
    Evidence e;
    e.number = static_cast<std::uint32_t>(s_.evidence.size() + 1);
    e.signal = c.signal;
    e.result = c.result;
    e.at = now_;
    e.enrolled_at = c.enrolled_at;
    e.unchanged_since = c.unchanged_since;
    e.data_at = c.data_at;
    e.rests_on_account = c.rests_on_account;
    e.attested_by = c.attested_by;
    e.attester = *std::move(attester);
    e.detail = c.detail;
    Events events{EvidenceRecorded{e, c.failed_elsewhere, e.attester ? c.since_recovery : std::nullopt}};
    // A wrong code says nothing, so it cannot renew a verification that lapsed.
    if (c.result == EvidenceResult::failed) return events;
    return then_verify_identity(std::move(events));
  }

  Ruling<Events> operator()(const SealSecret& c) const {
    if (!needs_sealed_secret(s_.opened.action))
      return deny(DenialCode::secret_not_needed, concat(to_string(s_.opened.action), " needs no new password"),
                  "nothing to do", Json::object({{"action", to_string(s_.opened.action)}}));
    if (s_.intent || permit_stands()) return in_progress();
    if (!s_.identity || now_ >= s_.identity->expires_at)
      return deny(DenialCode::identity_not_verified, "a new password is chosen after the signals have been given",
                  "give the missing signals first");
    return then_permit({SecretSealed{c.sealed}});
  }

  Ruling<Events> operator()(const Approve& c) const {
    const auto* member = org_.member(c.by);
    if (member == nullptr)
      return deny(DenialCode::staff_unknown, concat("`", c.by.text(), "` is not on the staff"), "sign in again");
    auto a = assess(s_, org_, now_);
    if (!a) return std::unexpected(std::move(a).error());
    if (auto ok = may_approve(s_, *member, a->required.requirement, now_); !ok)
      return std::unexpected(std::move(ok).error());
    if (auto ok = requester_serves(s_.opened, org_, now_); !ok) return std::unexpected(std::move(ok).error());
    if (!a->identity_stands)
      return deny(
          s_.identity ? DenialCode::approval_expired : DenialCode::identity_not_verified,
          s_.identity ? "the verification of the claimant has lapsed" : "the claimant has not been verified yet",
          "the claimant gives the missing signals first");
    const auto same_person = [&](const ApprovalRecorded& r) { return r.by == c.by; };
    if (std::ranges::any_of(s_.approvals, same_person))
      return deny(DenialCode::already_approved, concat("`", c.by.text(), "` has approved already"), "nothing to do",
                  Json::object({{"by", c.by.text()}}));
    if (s_.approvals.size() >= approvals_per_case_max)
      return deny(DenialCode::limit_reached, "the case holds as many approvals as it may", "nothing to do",
                  Json::object({{"limit", approvals_per_case_max}}));
    if (s_.intent || permit_stands()) return in_progress();  // it has what it needs
    if (auto ok = may_be_listed(c.list, a->required.requirement); !ok) return std::unexpected(std::move(ok).error());
    if (auto ok = check_signed(org_, *member, c.assertion, as_approval, approval_statement(s_), c.list); !ok)
      return std::unexpected(std::move(ok).error());
    if (auto ok = within_limits(org_.policy->limits(),
                                {member->person, {}, {}, {}, c.approvals_1h, c.since_recovery.value_or(forever)});
        !ok)
      return std::unexpected(std::move(ok).error());
    return then_permit({ApprovalRecorded{c.by, member->person, s_.identity->number, c.assertion, c.approvals_1h,
                                         c.since_recovery, c.list}});
  }

  Ruling<Events> operator()(const DenyCase& c) const {
    if (auto ok = has_role(org_.member(c.by), c.by, StaffRole::approver); !ok)
      return std::unexpected(std::move(ok).error());
    if (s_.intent) return in_progress();
    return Events{CaseClosed{CaseResult::denied, c.by.text(), c.detail}};
  }

  Ruling<Events> operator()(const RequestExecution& c) const {
    if (auto ok = has_role(org_.member(c.by), c.by, StaffRole::agent); !ok)
      return std::unexpected(std::move(ok).error());
    if (c.action != s_.opened.action)
      return deny(DenialCode::action_differs_from_case,
                  concat("the case is for ", to_string(s_.opened.action), ", not for ", to_string(c.action)),
                  "each action needs a case of its own", actions(c.action));
    if (c.by != s_.opened.requested_by) return not_yours(c.by);
    if (s_.intent) return in_progress();
    if (permit_stands()) return Events{};  // permitted already: the caller hands it to the executor again
    return permit_event();
  }

  Ruling<Events> operator()(const Proceed& /*c*/) const {
    if (s_.intent || permit_stands()) return Events{};
    return permit_event();
  }

  Ruling<Events> operator()(const RecordIntent& c) const {
    const auto& i = c.intent;
    const auto& o = s_.opened;
    if (const auto exercise = exercise_of(org_, s_.id))
      return deny(DenialCode::case_is_exercise, concat("the case was of exercise ", *exercise),
                  "whoever needs it opens a new case", Json::object({{"exercise", Json(*exercise)}}));
    if (s_.intent) return in_progress();
    if (!s_.permit) return deny(DenialCode::approvals_missing, "the action is not permitted", "see what is missing");
    if (now_ >= s_.permit->expires_at)
      return deny(DenialCode::approval_expired, "the permit has expired", "the claimant is verified again",
                  Json::object({{"expired_at", to_rfc3339(s_.permit->expires_at)}}));
    const auto& account = o.account;
    if (i.attempt != s_.permit->attempt || i.action != o.action || i.directory != account.directory ||
        i.account != account.account || i.state_token != account.state_token || i.lasts != o.requirement.lasts ||
        i.execution != execution_of(s_.id, i.attempt))
      return deny(DenialCode::action_differs_from_case, "the intent is not what was permitted",
                  "this is a fault: look at the executor");
    const auto before_it = fence_token_of(i.marker_from);
    if (!before_it || i.fence_token > fence_token_max || *before_it >= i.fence_token ||
        i.marker_to != marker_of_execution(i.fence_token, i.execution))
      return deny(DenialCode::action_differs_from_case, "the intent's markers are not those of its execution",
                  "this is a fault: look at the executor");
    // Everything is judged once more: the permit may be minutes old, and people leave.
    CaseState before = s_;
    before.permit.reset();
    before.attempts = s_.permit->attempt - 1;
    if (auto still = permit(before, org_, now_); !still) return std::unexpected(std::move(still).error());
    return Events{i};
  }

  Ruling<Events> operator()(const RecordOutcome& c) const {
    const auto& e = c.outcome;
    if (!s_.intent || s_.intent->execution != e.execution)
      return deny(DenialCode::case_already_acted, "this execution is not under way", "nothing to do");
    if ((e.outcome == Outcome::done) != (e.marker == s_.intent->marker_to) && e.outcome != Outcome::unknown)
      return deny(DenialCode::outcome_unknown, "the account's marker tells another outcome",
                  "this is a fault: look at the executor");
    if (e.outcome == Outcome::not_done && e.reconciled &&
        e.marker != marker_of_fence(s_.intent->fence_token, s_.intent->execution))
      return deny(DenialCode::outcome_unknown, "an execution that was not fenced may still happen",
                  "this is a fault: look at the executor");
    if (e.outcome == Outcome::unknown && s_.last_outcome)
      return deny(DenialCode::outcome_unknown, "the outcome is known to be unknown", "read back from the directory");
    Events events{e};
    if (e.outcome == Outcome::done) events.push_back(CaseClosed{CaseResult::done, "executor", ""});
    // A password that the directory refuses is chosen anew; anything else ends the case.
    // Not when the account holder has objected meanwhile.
    const bool again = e.refusal == "password_rejected" && s_.attempts < attempts_per_case_max && s_.objections == 0;
    if (e.outcome == Outcome::not_done && !again)
      events.push_back(CaseClosed{CaseResult::failed, "executor", e.detail});
    return events;
  }

  Ruling<Events> operator()(const CancelCase& c) const {
    const auto* member = org_.member(c.by);
    if (member == nullptr || member->ends_at <= now_ ||
        (c.by != s_.opened.requested_by && !member->has(StaffRole::operator_)))
      return not_yours(c.by);
    if (s_.intent) return in_progress();
    return Events{CaseClosed{CaseResult::cancelled, c.by.text(), c.detail}};
  }

  // It only ever stops something, so anybody on the staff may pass it on, at any time. Once the executor is at work it
  // is noted: the deed is done or not, and whoever looks has to know.
  Ruling<Events> operator()(const Object& c) const {
    if (c.heard_by) {
      const auto* member = org_.member(*c.heard_by);
      if (member == nullptr || member->ends_at <= now_)
        return deny(DenialCode::staff_unknown, concat("`", c.heard_by->text(), "` is not on the staff"),
                    "sign in again", Json::object({{"staff", c.heard_by->text()}}));
    }
    if (c.through.empty() || c.through.size() > channel_length_max)
      return deny(DenialCode::limit_reached,
                  concat("how the holder was heard is told in 1 to ", channel_length_max, " bytes"),
                  "write `callback`, `notice` or `phone`");
    if (s_.objections >= objections_per_case_max)
      return deny(DenialCode::limit_reached, "the case holds as many objections as it may",
                  "the security team has to look at it", Json::object({{"limit", objections_per_case_max}}));
    Events events{HolderObjected{c.through, c.heard_by}};
    if (!s_.closed && !s_.intent)
      events.push_back(CaseClosed{CaseResult::denied, std::string(holder_of_account), "it was not the account holder"});
    return events;
  }

  Ruling<Events> operator()(const RecordNotice& c) const {
    if (!s_.closed && (!org_.policy || org_.policy->digest() != s_.opened.policy))
      return deny(DenialCode::policy_changed, "the policy has changed since the case was opened", "open a new case");
    if (!s_.closed && org_.policy->notice(c.way) == nullptr)
      return deny(DenialCode::notice_not_in_policy, concat("the policy has no notice by `", c.way.text(), "`"),
                  "name the way under `notices`", Json::object({{"way", c.way.text()}}));
    if (s_.notices.size() >= notices_per_case_max)
      return deny(DenialCode::limit_reached, "the case holds as many notices as it may", "nothing to do",
                  Json::object({{"limit", notices_per_case_max}}));
    const auto number = static_cast<std::uint32_t>(s_.notices.size() + 1);
    Events events{NoticeSent{{number, c.way, now_, c.unchanged_since, c.rests_on_account}}};
    if (s_.closed || s_.intent || permit_stands()) return events;
    return then_permit(std::move(events));
  }

  Ruling<Events> operator()(const ReviewCase& c) const {
    const auto* member = org_.member(c.by);
    if (auto ok = has_role(member, c.by, StaffRole::reviewer); !ok) return std::unexpected(std::move(ok).error());
    if (std::ranges::find(s_.involved, member->person) != s_.involved.end())
      return deny(DenialCode::reviewer_was_involved, concat("`", c.by.text(), "` had a part in this case"),
                  "somebody who had none reviews it", Json::object({{"reviewer", c.by.text()}}));
    if (auto ok = may_speak(org_, c.by, c.since_recovery); !ok) return std::unexpected(std::move(ok).error());
    if (!s_.closed || s_.closed->result != CaseResult::done)
      return deny(DenialCode::review_not_open, "the case has done nothing that could be reviewed",
                  "review it when it is done");
    if (s_.review)
      return deny(DenialCode::review_not_open, concat("`", s_.review->by.text(), "` has reviewed it"), "nothing to do",
                  Json::object({{"by", s_.review->by.text()}}));
    if (c.ticket.size() > ticket_length_max)
      return deny(DenialCode::limit_reached, concat("a ticket has at most ", ticket_length_max, " bytes"),
                  "shorten it");
    const auto& review = s_.opened.requirement.review;
    if (c.list && review && !review->batch)
      return deny(DenialCode::list_not_allowed, "the policy asks for a review of this case by itself",
                  "leave it out of the list, and review it alone", Json::object({{"case", s_.id.text()}}));
    if (auto ok =
            check_signed(org_, *member, c.assertion, as_review, review_statement(s_, c.verdict, c.ticket), c.list);
        !ok)
      return std::unexpected(std::move(ok).error());
    return Events{CaseReviewed{c.by, member->person, c.verdict, c.ticket, c.assertion, c.list, c.since_recovery}};
  }

  Ruling<Events> operator()(const ExpireCase& /*c*/) const {
    if (now_ < s_.opened.expires_at)
      return deny(DenialCode::hold_not_over, concat("the case runs until ", to_rfc3339(s_.opened.expires_at)), "wait",
                  Json::object({{"expires_at", to_rfc3339(s_.opened.expires_at)}}));
    if (s_.intent) return in_progress();
    return Events{CaseClosed{CaseResult::expired, "clock", ""}};
  }

  // Only what the ledger lists as the exercise's: nobody calls a case an exercise to be rid of it.
  Ruling<Events> operator()(const EndExercise& c) const {
    if (exercise_of(org_, s_.id) != c.exercise)
      return deny(DenialCode::case_is_no_exercise, concat("exercise ", c.exercise, " does not list this case"),
                  "cancel or deny it, if it is to end", Json::object({{"exercise", Json(c.exercise)}}));
    if (s_.intent) return in_progress();
    return Events{CaseClosed{CaseResult::exercise, exercise_as_closer, concat("exercise ", c.exercise)}};
  }

 private:
  // What stands before any command on an existing case.
  Ruling<void> may_begin(const CaseCommand& command) const {
    const bool opening = std::holds_alternative<OpenCase>(command);
    if (opening != !s_.exists())
      return deny(DenialCode::case_closed, opening ? "the case exists already" : "there is no such case",
                  "check the case id");
    if (!s_.exists()) return {};
    if (now_ < s_.last_at)
      return deny(DenialCode::clock_behind_ledger,
                  concat("the clock shows ", to_rfc3339(now_), ", the ledger ", to_rfc3339(s_.last_at)),
                  "set the server's clock right",
                  Json::object({{"clock", to_rfc3339(now_)}, {"ledger", to_rfc3339(s_.last_at)}}));
    // What a case did can be objected to, told of and reviewed for as long as it is kept.
    const bool objects = std::holds_alternative<Object>(command);
    const bool tells = std::holds_alternative<RecordNotice>(command);
    const bool reviews = std::holds_alternative<ReviewCase>(command);
    if (s_.closed && (objects || tells) && s_.closed->result == CaseResult::done) return {};
    if (reviews) return {};  // it says itself what may be reviewed
    if (s_.closed) return closed(command);
    const bool ends = std::holds_alternative<RecordOutcome>(command) || std::holds_alternative<ExpireCase>(command) ||
                      std::holds_alternative<CancelCase>(command) || std::holds_alternative<EndExercise>(command) ||
                      objects;
    if (now_ >= s_.opened.expires_at && !ends)
      return deny(DenialCode::case_expired, concat("the case expired at ", to_rfc3339(s_.opened.expires_at)),
                  "open a new case", Json::object({{"expired_at", to_rfc3339(s_.opened.expires_at)}}));
    return {};
  }

  Ruling<void> closed(const CaseCommand& command) const {
    const bool acted = s_.closed->result == CaseResult::done;
    const auto* asked = std::get_if<RequestExecution>(&command);
    if (asked != nullptr && asked->action != s_.opened.action)
      return deny(DenialCode::action_differs_from_case,
                  concat("the case was for ", to_string(s_.opened.action), ", not for ", to_string(asked->action)),
                  "each action needs a case of its own", actions(asked->action));
    if (acted && asked != nullptr)
      return deny(DenialCode::case_already_acted, "the case has acted, and a case acts once", "open a new case");
    return deny(DenialCode::case_closed, concat("the case is closed: ", to_string(s_.closed->result)),
                "open a new case", Json::object({{"result", to_string(s_.closed->result)}}));
  }

  Ruling<void> has_role(const StaffMember* member, const StaffId& id, StaffRole role) const {
    if (member == nullptr)
      return deny(DenialCode::staff_unknown, concat("`", id.text(), "` is not on the staff"), "sign in again",
                  Json::object({{"staff", id.text()}}));
    if (member->ends_at <= now_)
      return deny(DenialCode::appointment_ended, concat("the appointment of `", id.text(), "` has ended"),
                  "an operator can renew it",
                  Json::object({{"staff", id.text()}, {"ended_at", to_rfc3339(member->ends_at)}}));
    if (!member->has(role))
      return deny(DenialCode::role_missing, concat("`", id.text(), "` is no ", to_string(role)), "ask someone who is",
                  Json::object({{"staff", id.text()}, {"role", to_string(role)}}));
    return {};
  }

  Json actions(Action asked) const {
    return Json::object({{"case", to_string(s_.opened.action)}, {"asked", to_string(asked)}});
  }

  // Is a signature over a list good for this case? Only where every tier of its requirement says so.
  Ruling<void> may_be_listed(const std::optional<ListPlace>& list, const Requirement& requirement) const {
    const auto most = requirement.lists.value_or(1);
    if (!list || list->size <= most) return {};
    return deny(DenialCode::list_not_allowed,
                most == 1 ? concat("case `", s_.id.text(), "` is approved by itself, in no list")
                          : concat("case `", s_.id.text(), "` is approved in a list of at most ", most, ", not of ",
                                   list->size),
                most == 1 ? "leave it out of the list, and look at it alone" : "approve fewer at a time",
                Json::object({{"case", s_.id.text()}, {"limit", Json(std::uint64_t{most})}}));
  }

  bool permit_stands() const { return s_.permit && now_ < s_.permit->expires_at; }

  std::unexpected<Denial> in_progress() const {
    return deny(DenialCode::execution_in_progress, "the executor is at work on this case", "wait for its outcome");
  }
  std::unexpected<Denial> not_yours(const StaffId& by) const {
    return deny(DenialCode::not_your_case, concat("the case is not `", by.text(), "`'s"),
                "ask who opened it, or an operator",
                Json::object({{"by", by.text()}, {"opened_by", s_.opened.requested_by.text()}}));
  }
  std::unexpected<Denial> exhausted(const SignalName& signal, std::uint32_t failed_elsewhere) const {
    return deny(DenialCode::signal_tries_exhausted,
                failed_elsewhere == 0 ? concat("every try of ", signal.text(), " in this case is used up")
                                      : concat("every try of ", signal.text(), " on this account is used up, ",
                                               failed_elsewhere, " of them in other cases of the last 24 hours"),
                "give another signal, or ask the agent",
                Json::object({{"signal", signal.text()}, {"failed_elsewhere", failed_elsewhere}}));
  }

  // The person behind whoever attests: none for a signal that rests on nobody's word.
  Ruling<std::optional<PersonId>> attester_for(const RecordEvidence& c) const {
    const auto who = attester_of(*org_.policy->signal(c.signal));
    if (who.has_value() != c.attested_by.has_value())
      return deny(DenialCode::attester_not_allowed,
                  concat(c.signal.text(), who ? " rests on somebody's word, and nobody is named"
                                              : " rests on nobody's word, and somebody is named"),
                  who ? "whoever says so signs in and says it" : "leave them out",
                  Json::object({{"signal", c.signal.text()}}));
    if (!who) return std::optional<PersonId>();
    const auto* member = org_.member(*c.attested_by);
    if (auto ok = has_role(member, *c.attested_by, *who == Attester::agent ? StaffRole::agent : StaffRole::voucher);
        !ok)
      return std::unexpected(std::move(ok).error());
    if (auto ok = may_attest(s_, *member, c.signal, *who); !ok) return std::unexpected(std::move(ok).error());
    if (auto ok = may_speak(org_, member->id, c.since_recovery); !ok) return std::unexpected(std::move(ok).error());
    return std::optional(member->person);
  }

  // May this signal be tried now? Its tries are those of the authenticator, by whatever case it is tried in.
  Ruling<void> takes_evidence(const SignalName& signal, std::uint32_t failed_elsewhere) const {
    if (!org_.policy || org_.policy->digest() != s_.opened.policy)
      return deny(DenialCode::policy_changed, "the policy has changed since the case was opened", "open a new case");
    if (org_.policy->signal(signal) == nullptr)
      return deny(DenialCode::signal_not_in_policy, concat(signal.text(), " is not a signal of the policy"),
                  "give another signal", Json::object({{"signal", signal.text()}}));
    if (s_.intent || permit_stands()) return in_progress();
    if (s_.identity && now_ < s_.identity->expires_at)
      return deny(DenialCode::identity_already_verified, "the claimant is verified; nothing more is needed here",
                  "wait for the approvers", Json::object({{"stands_until", to_rfc3339(s_.identity->expires_at)}}));
    const auto failed = std::ranges::count_if(
        s_.evidence, [&](const Evidence& e) { return e.signal == signal && e.result == EvidenceResult::failed; });
    if (failed + failed_elsewhere >= org_.policy->limits().tries_per_signal) return exhausted(signal, failed_elsewhere);
    if (s_.evidence.size() >= evidence_per_case_max) return exhausted(signal, failed_elsewhere);
    return {};
  }

  // A code that we send counts only while the one we sent last is alive.
  Ruling<void> was_requested(const SignalName& signal) const {
    if (!org_.policy->signal(signal)->issued) return {};
    const auto last = std::ranges::find(s_.requests.rbegin(), s_.requests.rend(), signal, &SignalRequested::signal);
    if (last == s_.requests.rend())
      return deny(DenialCode::signal_not_requested, concat("no ", signal.text(), " was sent in this case"),
                  "have one sent first", Json::object({{"signal", signal.text()}}));
    if (now_ >= last->expires_at)
      return deny(DenialCode::code_expired, concat("the ", signal.text(), " expired at ", to_rfc3339(last->expires_at)),
                  "have another one sent",
                  Json::object({{"signal", signal.text()}, {"expired_at", to_rfc3339(last->expires_at)}}));
    return {};
  }

  Ruling<Events> then_verify_identity(Events events) const {
    const auto after = replay(events);
    const auto required = org_.policy->required(question_of(s_.opened, s_.opened.account, s_.opened_at));
    if (!required) return std::unexpected(required.error());
    const auto judged = judge_identity(*org_.policy, required->requirement, after.evidence, now_);
    if (!judged.satisfied) return events;
    const auto& r = required->requirement;
    const auto hold_until = now_ + (judged.strong ? r.hold_with_strong : r.hold_without_strong);
    IdentityVerified e;
    e.number = (s_.identity ? s_.identity->number : 0) + 1;
    e.at = now_;
    e.evidence = judged.counted;
    e.strong = judged.strong;
    e.hold_until = hold_until;
    e.expires_at = std::min(hold_until + org_.policy->limits().verified_for, s_.opened.expires_at);
    events.push_back(std::move(e));
    return then_permit(std::move(events));
  }

  // Adds the permit when these events were all that was missing: one flush instead of two.
  Ruling<Events> then_permit(Events events) const {
    if (auto p = permit(replay(events), org_, now_)) events.push_back(*std::move(p));
    return events;
  }

  Ruling<Events> permit_event() const {
    auto p = permit(s_, org_, now_);
    if (!p) return std::unexpected(std::move(p).error());
    return Events{*std::move(p)};
  }

  CaseState replay(const Events& events) const {
    CaseState after = s_;
    for (const auto& e : events) {
      const auto ok = evolve(after, e, now_);
      SALLYPORT_ASSERT(ok.has_value());  // decide() makes events that fit its own state
    }
    return after;
  }

  const CaseState& s_;
  const OrganizationState& org_;
  Instant now_;
};

}  // namespace

ExecutionId execution_of(const CaseId& id, std::uint32_t attempt) {
  // The longest case ids leave no room for a number; their digest does.
  const auto name = concat(id.text(), ".", attempt);
  if (const auto whole = ExecutionId::parse(name)) return *whole;
  return *ExecutionId::parse(concat(to_hex(sha256(view_of(id.text()))).substr(0, 48), ".", attempt));
}

Ruling<std::vector<CaseEvent>> decide(const CaseState& state, const CaseCommand& command,
                                      const DecisionContext& context) {
  return Decision(state, context).rule(command);
}

std::optional<Speech> speech_in(CaseCommand& command) noexcept {
  if (auto* c = std::get_if<RecordEvidence>(&command); c != nullptr && c->attested_by)
    return Speech{&*c->attested_by, &c->since_recovery};
  if (auto* c = std::get_if<Approve>(&command)) return Speech{&c->by, &c->since_recovery};
  if (auto* c = std::get_if<ReviewCase>(&command)) return Speech{&c->by, &c->since_recovery};
  return std::nullopt;
}

std::string_view name_of(const CaseCommand& command) noexcept {
  struct Names {
    std::string_view operator()(const OpenCase&) { return "open"; }
    std::string_view operator()(const JoinClaimant&) { return "join"; }
    std::string_view operator()(const RequestSignal&) { return "request_signal"; }
    std::string_view operator()(const RecordEvidence&) { return "give_signal"; }
    std::string_view operator()(const SealSecret&) { return "seal_secret"; }
    std::string_view operator()(const Approve&) { return "approve"; }
    std::string_view operator()(const DenyCase&) { return "deny"; }
    std::string_view operator()(const RequestExecution&) { return "execute"; }
    std::string_view operator()(const Proceed&) { return "proceed"; }
    std::string_view operator()(const RecordIntent&) { return "record_intent"; }
    std::string_view operator()(const RecordOutcome&) { return "record_outcome"; }
    std::string_view operator()(const CancelCase&) { return "cancel"; }
    std::string_view operator()(const Object&) { return "object"; }
    std::string_view operator()(const ExpireCase&) { return "expire"; }
    std::string_view operator()(const RecordNotice&) { return "tell"; }
    std::string_view operator()(const ReviewCase&) { return "review"; }
    std::string_view operator()(const EndExercise&) { return "end_exercise"; }
  };
  return std::visit(Names{}, command);
}

}  // namespace sallyport
