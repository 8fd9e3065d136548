#include "core/ledger/readjudicate.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "core/cases/assess.h"
#include "core/cases/decide.h"
#include "core/cases/statement.h"
#include "core/ledger/exercise_audit.h"
#include "core/model/marker.h"
#include "core/organization/policy_proposal.h"

namespace sallyport {

// The only maker of AuthorizedAction. It has internal use alone: authorize() below.
class Adjudication {
 public:
  static AuthorizedAction authorized(const CaseState& state, const ActionPermitted& permit) {
    const auto& o = state.opened;
    return AuthorizedAction(state.id, execution_of(state.id, permit.attempt), o.action, o.account.directory,
                            o.account.account, o.account.state_token, permit.expires_at, o.requirement.lasts);
  }
};

namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

// `breaks`: the numbers, in docs/testing.md, of the invariants that an entry like this breaks.
std::string naming(std::string what, std::string_view breaks) {
  if (breaks.empty()) return what;
  return concat(what, breaks.contains(',') ? " (invariants " : " (invariant ", breaks, ")");
}
std::unexpected<Fault> differs(std::string what, std::string_view breaks = {}) {
  return fault(FaultKind::corrupt, naming(std::move(what), breaks));
}

struct Breaks {
  DenialCode code;
  std::string_view invariants;
};
constexpr std::array<Breaks, 34> broken_by{{
    {DenialCode::policy_changed, "4"},
    {DenialCode::case_closed, "14"},
    {DenialCode::case_expired, "34"},
    {DenialCode::case_already_acted, "3"},
    {DenialCode::action_differs_from_case, "1, 2, 20"},
    {DenialCode::execution_in_progress, "20"},
    {DenialCode::outcome_unknown, "19, 44"},
    {DenialCode::too_many_cases, "41"},
    {DenialCode::signal_tries_exhausted, "41"},
    {DenialCode::attempts_exhausted, "41"},
    {DenialCode::approver_over_budget, "41"},
    {DenialCode::code_expired, "5"},
    {DenialCode::signal_not_requested, "6"},
    {DenialCode::not_your_case, "9"},
    {DenialCode::requester_may_not_approve, "9"},
    {DenialCode::holder_may_not_approve, "9"},
    {DenialCode::attester_may_not_approve, "9"},
    {DenialCode::attester_not_allowed, "9"},
    {DenialCode::role_missing, "11"},
    {DenialCode::appointment_ended, "11"},
    {DenialCode::staff_unknown, "11"},
    {DenialCode::requester_has_left, "11"},
    {DenialCode::already_approved, "10"},
    {DenialCode::signature_invalid, "10"},
    {DenialCode::credential_unknown, "10"},
    {DenialCode::approvals_missing, "13"},
    {DenialCode::approval_expired, "34"},
    {DenialCode::hold_not_over, "34"},
    {DenialCode::alarm_missing, "34"},
    {DenialCode::reviewer_was_involved, "36"},
    {DenialCode::change_not_open, "37"},
    {DenialCode::policy_unproved, "37"},
    {DenialCode::policy_was_in_force, "37"},
    {DenialCode::clock_behind_ledger, "31"},
}};

// `also`: what it breaks beside what the denial stands for.
std::unexpected<Fault> as_fault(std::string_view what, const Denial& denial, std::string_view also = {}) {
  const auto* found = std::ranges::find(broken_by, denial.code, &Breaks::code);
  std::string breaks(also);
  if (found != broken_by.end()) breaks += concat(also.empty() ? "" : ", ", found->invariants);
  return differs(concat(what, ": ", to_string(denial.code), ", ", denial.detail), breaks);
}

// Rules on one event of a case: the command that must have led to it is decided again.
class Ruler {
 public:
  Ruler(const CaseState& state, const OrganizationState& organization, Instant at)
      : s_(state), org_(organization), at_(at) {}

  Result<void> operator()(const CaseOpened& e) const {
    OpenCase command{e.action, e.account, e.requested_by, e.channel,   e.ticket,
                     e.reason, e.holder,  e.join_code,    e.cases_24h, e.request};
    const auto ruling = decide(s_, command, {org_, at_});
    if (!ruling) return as_fault("the case should not have been opened", ruling.error());
    const auto& expected = std::get<CaseOpened>(ruling->front());
    if (expected.policy != e.policy) return differs("the case was opened under a policy that was not in force", "4");
    if (!is_as_given(e.requirement, expected.requirement) || expected.account_class != e.account_class)
      return differs("the case's requirement is not what the policy gives", "4");
    if (expected.request != e.request) return differs("the agent is recorded with another organization or team");
    if (expected.requester != e.requester) return differs("the requester is recorded as another person", "9");
    if (expected.expires_at != e.expires_at) return differs("the case's expiry is not what the policy gives", "34");
    return {};
  }

  Result<void> operator()(const ClaimantJoined& e) const {
    return allowed("the browser should not have joined", JoinClaimant{s_.opened.join_code, e.token});
  }

  Result<void> operator()(const SignalRequested& e) const {
    const auto ruling = decide(s_, RequestSignal{e.signal, e.expires_at - at_}, {org_, at_});
    if (!ruling) return as_fault("the signal should not have been requested", ruling.error());
    if (std::get<SignalRequested>(ruling->front()).number != e.number)
      return differs("the request's number is another's");
    return {};
  }

  Result<void> operator()(const EvidenceRecorded& e) const {
    const auto& v = e.evidence;
    const RecordEvidence command{v.signal,          v.result,      v.enrolled_at,
                                 v.unchanged_since, v.data_at,     v.rests_on_account,
                                 v.detail,          v.attested_by, e.failed_elsewhere.value_or(0),
                                 e.since_recovery};
    const auto ruling = decide(s_, command, {org_, at_});
    if (!ruling) return as_fault("the evidence should not have been taken", ruling.error());
    if (std::get<EvidenceRecorded>(ruling->front()).evidence != v)
      return differs("the evidence's number, time or attester is not that of its entry", "6");
    return {};
  }

  Result<void> operator()(const IdentityVerified& e) const {
    if (s_.identity && at_ < s_.identity->expires_at)
      return differs("identity was verified while a verification stood");
    const auto a = assess(s_, org_, at_);
    if (!a) return as_fault("identity should not have been verified", a.error());
    const auto& asked = a->required.requirement;
    const bool at_once = asked.signals == 0 && asked.include.empty() && s_.version == 1 && at_ == s_.opened_at;
    const bool on_a_signal =
        !s_.evidence.empty() && s_.evidence.back().at == at_ && s_.evidence.back().result == EvidenceResult::passed;
    if (!at_once && !on_a_signal) return differs("identity was verified, but no signal was given at that moment", "5");
    const auto judged = judge_identity(*org_.policy, a->required.requirement, s_.evidence, at_);
    if (!judged.satisfied) return differs("identity was verified on evidence that does not suffice", "5, 6, 7, 8");
    const auto& r = a->required.requirement;
    const auto hold_until = at_ + (judged.strong ? r.hold_with_strong : r.hold_without_strong);
    if (e.at != at_ || judged.counted != e.evidence || judged.strong != e.strong)
      return differs("identity was verified on other evidence than counts", "5, 6, 7, 8");
    if (e.hold_until != hold_until ||
        e.expires_at != std::min(hold_until + org_.policy->limits().verified_for, s_.opened.expires_at))
      return differs("the hold or the life of the verification is not what the policy gives", "34");
    return {};
  }

  Result<void> operator()(const SecretSealed& e) const {
    return allowed("the new password should not have been taken", SealSecret{e.sealed});
  }

  Result<void> operator()(const ApprovalRecorded& e) const {
    const auto* member = org_.member(e.by);
    if (member != nullptr && member->person != e.person)
      return differs("the approver is recorded as another person", "9");
    return allowed("the approval should not have been taken",
                   Approve{e.by, e.assertion, e.approvals_1h, e.since_recovery, e.list});
  }

  Result<void> operator()(const ActionPermitted& e) const {
    const auto ruling = permit(s_, org_, at_);
    if (!ruling) return as_fault("the action should not have been permitted", ruling.error());
    if (ruling->attempt != e.attempt || ruling->statement != e.statement || ruling->approvers != e.approvers ||
        ruling->policy != e.policy || ruling->expires_at != e.expires_at)
      return differs("the permit says something else than the rules give", "3, 4");
    return {};
  }

  Result<void> operator()(const IntentRecorded& e) const {
    auto intent = e;
    const bool permitted = s_.permit || s_.intent;
    // A ledger of before, whose requirements are silent on lists, is silent on ends as well.
    if (!intent.lasts && !s_.opened.requirement.lists) intent.lasts = s_.opened.requirement.lasts;
    const auto ruling = decide(s_, RecordIntent{intent}, {org_, at_});
    if (!ruling) return as_fault("the executor should not have acted", ruling.error(), permitted ? "" : "1");
    if (!permitted) return differs("the executor should not have acted: it has no permit", "1");
    return {};
  }

  Result<void> operator()(const OutcomeRecorded& e) const {
    if (!s_.intent) return differs("an outcome has no intent", "1");
    return allowed("the outcome should not have been recorded", RecordOutcome{e});
  }

  Result<void> operator()(const NoticeSent& e) const {
    const auto& n = e.notice;
    const auto ruling = decide(s_, RecordNotice{n.way, n.unchanged_since, n.rests_on_account}, {org_, at_});
    if (!ruling) return as_fault("the notice should not have been recorded", ruling.error());
    if (std::get<NoticeSent>(ruling->front()).notice != n)
      return differs("the notice's number or time is not that of its entry");
    return {};
  }

  Result<void> operator()(const CaseReviewed& e) const {
    const auto* member = org_.member(e.by);
    if (member != nullptr && member->person != e.person)
      return differs("the reviewer is recorded as another person", "36");
    return allowed("the review should not have been taken",
                   ReviewCase{e.by, e.verdict, e.ticket, e.assertion, e.list, e.since_recovery});
  }

  Result<void> operator()(const HolderObjected& e) const {
    return allowed("the objection should not have been recorded", Object{e.heard_by, e.through});
  }

  Result<void> operator()(const CaseClosed& e) const {
    const bool done = s_.last_outcome && s_.last_outcome->outcome == Outcome::done;
    if ((e.result == CaseResult::done) != done) return differs("the case's result is not its outcome", "44");
    const auto by = StaffId::parse(e.by).value_or(StaffId());
    switch (e.result) {
      case CaseResult::done: return closed_by(e, "executor");
      case CaseResult::failed:
        if (!s_.last_outcome) return differs("the case failed without an outcome");
        return closed_by(e, "executor");
      case CaseResult::cancelled: return allowed("the case should not have been cancelled", CancelCase{by, e.detail});
      case CaseResult::expired:
        SP_CHECK(allowed("the case had not expired", ExpireCase{}));
        return closed_by(e, "clock");
      case CaseResult::exercise: return ended_by_exercise(e);
      case CaseResult::denied:
        if (e.by == holder_of_account && s_.objections > 0 && !s_.intent) return {};
        return allowed("the case should not have been denied", DenyCase{by, e.detail});
    }
    return differs("the case's result is not known");
  }

  // Somebody was told no: that grants nothing, and what they asked is not in the ledger.
  Result<void> operator()(const RefusalRecorded& /*e*/) const { return {}; }

 private:
  static Result<void> closed_by(const CaseClosed& e, std::string_view who) {
    return e.by == who ? Result<void>{} : differs(concat("the case is said to be closed by `", e.by, "`, not ", who));
  }
  Result<void> ended_by_exercise(const CaseClosed& e) const {
    const auto ruling = decide(s_, EndExercise{exercise_of(org_, s_.id).value_or(0)}, {org_, at_});
    if (!ruling) return as_fault("the case should not have been ended as an exercise", ruling.error());
    const auto& expected = std::get<CaseClosed>(ruling->front());
    if (expected.by != e.by || expected.detail != e.detail)
      return differs("the case is ended by another exercise than lists it");
    return {};
  }

  Result<void> allowed(std::string_view otherwise, const CaseCommand& command) const {
    if (const auto ruling = decide(s_, command, {org_, at_}); !ruling) return as_fault(otherwise, ruling.error());
    return {};
  }

  const CaseState& s_;
  const OrganizationState& org_;
  Instant at_;
};

}  // namespace

namespace {

// The change that must have led to an event: a proposal's certificate stands in the parts before it. Nothing is asked
// of a part by itself.
std::optional<OrganizationChange> change_behind(const OrganizationState& state, const OrganizationEvent& event,
                                                const KnownProofs& known) {
  return std::visit(Overloaded{[](const LedgerOpened&) -> std::optional<OrganizationChange> { return std::nullopt; },
                               [](const ProofPart&) -> std::optional<OrganizationChange> { return std::nullopt; },
                               [&](const PolicyProposed& e) -> std::optional<OrganizationChange> {
                                 const auto checked = std::ranges::find_if(
                                     known, [&](const auto& k) { return k->certificate() == e.certificate; });
                                 return ProposePolicy{e.text, e.organization, state.proof_parts, e.signature,
                                                      checked == known.end() ? nullptr : *checked};
                               },
                               [](const RemovalProposed& e) -> std::optional<OrganizationChange> {
                                 return StaffRemoved{e.staff, e.signature};
                               },
                               [](const auto& e) -> std::optional<OrganizationChange> { return e; }},
                    event);
}

}  // namespace

Result<void> readjudicate(OrganizationState& state, const OrganizationEvent& event, Instant at, ProofCheck check,
                          const KnownProofs& known) {
  if (state.version == 0 && !std::holds_alternative<LedgerOpened>(event))
    return differs("the ledger does not begin by being opened");
  if (at < state.last_at) return differs("time runs backwards", "31");
  if (const auto change = change_behind(state, event, known)) {
    const auto ruling = decide(state, *change, at, check);
    if (!ruling) return as_fault("the organization should not have been changed", ruling.error());
    if (ruling->back().index() != event.index())  // of a removal, which is signed in the same words either way
      return differs(std::holds_alternative<StaffRemoved>(event)
                         ? "an operator was removed without the approval of another operator"
                         : "a removal that takes nobody's approval was recorded as one that waits");
    const auto* expected = std::get_if<PolicyProposed>(&ruling->back());
    const auto* recorded = std::get_if<PolicyProposed>(&event);
    if (recorded != nullptr && expected->certificate != recorded->certificate)
      return differs("the proposal names another certificate than the one before it");
  }
  return evolve(state, event, at);
}

Result<void> readjudicate(CaseState& state, const CaseEvent& event, Instant at, const OrganizationState& organization) {
  if (!state.exists() && !std::holds_alternative<CaseOpened>(event))
    return differs("the case does not begin by being opened");
  if (state.exists() && std::holds_alternative<CaseOpened>(event)) return differs("the case is opened twice");
  if (at < state.last_at) return differs("time runs backwards", "31");
  SP_CHECK(std::visit(Ruler(state, organization, at), event));
  return evolve(state, event, at);
}

namespace {

// An approval that would not be taken today (its giver has left, or holds another passkey) counts for
// nothing, and the others still count: what is left must suffice by itself.
// Does the entry rest on somebody who is not on the staff any more: who attested, or who heard the holder's no?
bool spoke_and_left(const CaseEvent& event, const OrganizationState& organization) {
  std::optional<StaffId> who;
  if (const auto* e = std::get_if<EvidenceRecorded>(&event)) who = e->evidence.attested_by;
  if (const auto* e = std::get_if<HolderObjected>(&event)) who = e->heard_by;
  return who && organization.member(*who) == nullptr;
}

Result<void> disregard_approval(CaseState& state, const CaseEvent& approval, Instant at) {
  SP_CHECK(evolve(state, approval, at));
  state.approvals.pop_back();
  return {};
}

}  // namespace

Ruling<Authorization> authorize(const LiveCase& live, const OrganizationState& organization, Instant now) {
  const auto& id = live.id();
  const auto refuse = [](std::string detail) {
    return deny(DenialCode::statement_differs, std::move(detail), "look at the ledger with `sallyport-audit verify`");
  };
  CaseState state;
  state.id = id;
  for (const auto& bytes : live.entries()) {
    const auto entry = decode_entry(bytes);
    if (!entry) return refuse(entry.error().what);
    const auto* event = std::get_if<CaseEvent>(&entry->event);
    if (event == nullptr || entry->stream != case_stream(id) || entry->version != state.version)
      return refuse("the case's entries are not one stream");
    // Under the organization as it is now an agent who has left could not have opened it: that is no damage.
    if (const auto* opened = std::get_if<CaseOpened>(event))
      if (auto serves = requester_serves(*opened, organization, now); !serves)
        return std::unexpected(std::move(serves).error());
    auto ok = readjudicate(state, *event, entry->at, organization);
    if (!ok && std::holds_alternative<ApprovalRecorded>(*event)) ok = disregard_approval(state, *event, entry->at);
    // Whose word it was has left: it is taken for the history that it is, and permit() below counts on it no more.
    if (!ok && spoke_and_left(*event, organization)) ok = evolve(state, *event, entry->at);
    if (!ok && std::holds_alternative<ActionPermitted>(*event))
      if (auto today = permit(state, organization, entry->at);
          !today && today.error().code == DenialCode::attester_not_allowed)
        return std::unexpected(std::move(today).error());  // right when it was given, and no damage
    if (!ok) return refuse(ok.error().what);
  }
  if (!state.exists()) return deny(DenialCode::case_closed, "there is no such case", "check the case id");
  if (state.closed) return deny(DenialCode::case_closed, "the case is closed", "open a new case");
  if (state.intent) return deny(DenialCode::execution_in_progress, "an execution is under way", "wait for its outcome");
  if (!state.permit) return deny(DenialCode::approvals_missing, "the action is not permitted", "see what is missing");
  if (now < state.last_at)
    return deny(DenialCode::clock_behind_ledger, "the clock is behind the ledger", "set the clock right");

  // The permit was right when it was given; is it right now?
  CaseState before = state;
  before.permit.reset();
  before.attempts = state.permit->attempt - 1;
  if (now >= state.permit->expires_at)
    return deny(DenialCode::approval_expired, "the permit has expired", "the claimant is verified again");
  if (auto still = permit(before, organization, now); !still) return std::unexpected(std::move(still).error());

  std::optional<Digest> sealed;
  if (needs_sealed_secret(state.opened.action)) sealed = state.secret->sealed;  // permit() saw it
  return Authorization{Adjudication::authorized(state, *state.permit),
                       state.permit->attempt,
                       state.version,
                       sealed,
                       state.opened,
                       state.opened_at};
}

Result<CaseState> replay_as_it_was(const CaseId& id, const std::vector<IndexedEntry>& organization_entries,
                                   const std::vector<IndexedEntry>& case_entries) {
  OrganizationState organization;
  CaseState state;
  state.id = id;
  auto next_change = organization_entries.begin();
  for (const auto& [index, bytes] : case_entries) {
    for (; next_change != organization_entries.end() && next_change->index < index; ++next_change) {
      SP_TRY(const auto entry, decode_entry(next_change->bytes));
      const auto* change = std::get_if<OrganizationEvent>(&entry.event);
      if (change == nullptr || entry.version != organization.version)
        return differs("the organization's entries are not one stream");
      SP_CHECK(readjudicate(organization, *change, entry.at, ProofCheck::later));
    }
    SP_TRY(const auto entry, decode_entry(bytes));
    const auto* event = std::get_if<CaseEvent>(&entry.event);
    if (event == nullptr || entry.stream != case_stream(id) || entry.version != state.version)
      return differs("the case's entries are not one stream");
    SP_CHECK(readjudicate(state, *event, entry.at, organization));
  }
  return state;
}

// -- the whole ledger -------------------------------------------------------------------------

namespace {

std::string stream_of(const EnrolmentEvent& event) {
  return std::visit(Overloaded{[](const EnrolmentInvited& e) { return account_stream(e.directory, e.account); },
                               [](const SignalEnrolled& e) { return account_stream(e.directory, e.account); },
                               [](const TokenIssued& e) { return staff_stream(e.staff); },
                               [](const TokenRevoked& e) { return staff_stream(e.staff); }},
                    event);
}

// What the ledger left on an account. The next execution begins there: one that is missing from the
// ledger leaves a gap, for the directory's marker and the fence token count every one.
struct LastExecution {
  std::uint64_t fence_token = 0;
  std::optional<Marker> marker = Marker();  // absent: not known, its outcome being open or unread

  Result<void> follow(const IntentRecorded& e) {
    const bool next = e.fence_token == fence_token + 1;
    const bool here = !marker || *marker == e.marker_from;
    fence_token = std::max(fence_token, e.fence_token);
    marker.reset();
    if (!next) return differs("the fence token does not follow the account's last one", "20, 45");
    if (!here) return differs("the account's marker is not what the ledger left there", "20");
    return {};
  }
  void end(const OutcomeRecorded& e) {
    if (e.outcome != Outcome::unknown && !e.marker.empty()) marker = e.marker;
  }
};

constexpr std::size_t cases_counted_max = 1000;  // no policy allows more on an account in a day

// What one stream of enrolments has to be consistent with itself: an authenticator is bound on an
// invitation, which works once and binds all it binds at one moment; a challenge is answered once.
struct Enrolments {
  std::uint64_t version = 0;
  std::vector<Instant> invited;  // until when, for each invitation that was not used
  std::optional<Instant> used_at;
  std::unordered_set<std::string> nonces;

  Result<void> take(const EnrolmentEvent& event, Instant at) {
    if (const auto* e = std::get_if<EnrolmentInvited>(&event)) invited.push_back(e->expires_at);
    if (const auto* e = std::get_if<TokenIssued>(&event); e != nullptr && !nonces.insert(e->nonce).second)
      return differs("a sign-in was used for a second token");
    if (!std::holds_alternative<SignalEnrolled>(event) || used_at == at) return {};
    std::erase_if(invited, [&](Instant until) { return until <= at; });
    if (invited.empty()) return differs("an authenticator was bound without an invitation");
    invited.erase(std::ranges::min_element(invited));
    used_at = at;
    return {};
  }
};

}  // namespace

struct Readjudicator::Impl {
  explicit Impl(KnownProofs proofs) : known(std::move(proofs)) {}

  KnownProofs known;
  OrganizationState organization;
  std::unordered_map<std::string, CaseState> cases;
  std::unordered_map<std::string, Enrolments> enrolments;      // by stream: of an account, or of a member of staff
  std::unordered_map<std::string, LastExecution> executions;    // by account
  std::unordered_map<std::string, std::vector<Instant>> opened_24h;  // when cases were opened, by account
  std::vector<Instant> opened_1h;                                    // the same over all accounts
  std::unordered_map<std::string, std::vector<Instant>> agent_1h;    // and by agent
  struct Failed {
    Instant at;
    std::string in_case;
  };
  bool counts_tries = false;  // whoever writes it does so by now; ledgers of before counted tries in one case alone,
                              // and are wrong where more would have been too many
  std::unordered_map<std::string, std::vector<Failed>> failed_24h;  // since it last passed, by account and signal
  struct Approved {
    Instant at;
    std::optional<Digest> list;
  };
  std::unordered_map<std::string, std::vector<Approved>> approved_1h;  // when approvals were given, by person
  std::unordered_map<std::string, Instant> recovered;  // when an account was last recovered, by holder
  std::unordered_map<std::string, Instant> factor_bound;  // when a signal was last enrolled, by account
  std::unordered_map<std::string, Instant> objected;  // when the holder last said that it was not them, by account
  ExerciseAudit exercises;
  AuditReport report;
  Instant last_at;

  void found(std::uint64_t index, std::string text) {
    ++report.findings_total;
    if (report.findings.size() < audit_findings_max) report.findings.push_back({index, std::move(text)});
  }

  void feed(std::uint64_t index, const ReadEntry& read) {
    ++report.entries;
    const auto& entry = read.entry;
    if (!entry) return found(index, entry.error().what);
    if (!read.canonical) found(index, "the entry is not in canonical form");
    if (entry->at < last_at) found(index, naming("time runs backwards in the ledger", "31"));
    last_at = std::max(last_at, entry->at);
    std::visit([&](const auto& event) { take(index, *entry, event); }, entry->event);
  }

  void take(std::uint64_t index, const LedgerEntry& entry, const OrganizationEvent& event) {
    if (entry.stream != organization_stream || entry.version != organization.version)
      return found(index, "the entry is out of its stream's order");
    if ((index == 0) != std::holds_alternative<LedgerOpened>(event))
      return found(index, "a ledger is opened once, by its first entry");
    if (is_signed(event)) ++report.signatures;
    count_speech(index, entry.at, event);
    exercises.take(organization, event, [&](std::string what) { found(index, std::move(what)); });
    if (std::holds_alternative<ExerciseSealed>(event)) ++report.exercises;
    if (auto ok = readjudicate(organization, event, entry.at, ProofCheck::now, known); !ok) {
      found(index, ok.error().what);
      if (organization.version == entry.version) {  // go on with what there is, so that later entries are ruled on
        if (!std::holds_alternative<ProofPart>(event)) organization.proof_parts.clear();
        ++organization.version;
      }
    }
  }

  void take(std::uint64_t index, const LedgerEntry& entry, const CaseEvent& event) {
    const auto id = case_of_stream(entry.stream);
    if (!id) return found(index, "a case's event stands in another stream");
    auto& state = cases[id->text()];
    if (state.id.empty()) {
      state.id = *id;
      ++report.cases;
    }
    if (entry.version != state.version) {
      found(index,
            naming(concat("the case's entries are out of order: version ", entry.version, ", expected ", state.version),
                   "28"));
      return;
    }
    count(index, entry.at, state, event);
    exercises.take(organization, *id, event, entry.at);
    if (auto ok = readjudicate(state, event, entry.at, organization); !ok) {
      found(index, concat("case ", id->text(), ": ", ok.error().what));
      if (!evolve(state, event, std::max(entry.at, state.last_at))) ++state.version;  // go on with what there is
    }
    if (state.closed) forget(state);
  }

  void take(std::uint64_t index, const LedgerEntry& entry, const EnrolmentEvent& event) {
    auto& of_stream = enrolments[entry.stream];
    if (entry.version != of_stream.version) found(index, "the entry is out of its stream's order");
    of_stream.version = entry.version + 1;
    if (entry.stream != stream_of(event)) found(index, "the event stands in another stream");
    if (std::holds_alternative<TokenIssued>(event)) ++report.signatures;
    if (const auto* e = std::get_if<EnrolmentInvited>(&event))
      if (const auto* member = organization.member(e->by))
        count_speech(index, entry.at, member->person, e->since_recovery);
    if (auto ok = check_enrolment(organization, event, entry.at); !ok)
      found(index, as_fault("the event should not have been recorded", ok.error()).error().what);
    if (auto ok = of_stream.take(event, entry.at); !ok) found(index, ok.error().what);
    if (std::holds_alternative<SignalEnrolled>(event)) factor_bound[entry.stream] = entry.at;
  }

  // A limit that rests on a count is worth what the count is: it may be too high, never too low.
  void count_case(std::uint64_t index, Instant at, const CaseOpened& e) {
    auto& times = opened_24h[concat(account_stream(e.account.directory, e.account.account),
                                    only_takes_away(e.action) ? "/suspensions" : "")];
    std::erase_if(times, [&](Instant t) { return t < at - hours(24); });
    if (e.cases_24h < times.size())
      found(index, naming(concat("the account had ", times.size(), " cases in 24 hours, not ", e.cases_24h), "41"));
    if (times.size() < cases_counted_max) times.push_back(at);
    count_recent(index, at, opened_1h, e.request.cases_1h, "the gateway");
    count_recent(index, at, agent_1h[e.requested_by.text()], e.request.agent_cases_1h, e.requested_by.text());
    count_overdue(index, at, e);
    count_objection(index, at, e);
    const auto bound = factor_bound.find(account_stream(e.account.directory, e.account.account));
    const auto& changed = e.request.recovery_factor_changed_at;
    if (bound != factor_bound.end() && changed && *changed < bound->second)
      found(index, concat("a way to recover the account was bound at ", to_rfc3339(bound->second), ", not last at ",
                          to_rfc3339(*changed)));
  }

  // Absent in ledgers of before: then no rule read it.
  void count_objection(std::uint64_t index, Instant at, const CaseOpened& e) {
    const auto last = objected.find(account_stream(e.account.directory, e.account.account));
    if (last != objected.end() && last->second >= at - hours(24) && e.request.objected_24h == false)
      found(index, concat("the holder said at ", to_rfc3339(last->second),
                          " that a case was not theirs, and this one does not know it"));
  }

  // Reviews that are to come: when they are due and of which case (by its number in this reading), of an action by
  // account and by the agent who opened it. Kept small: most cases of a ledger may wait for one.
  using DueReviews = std::set<std::pair<Instant, std::uint64_t>>;
  std::unordered_map<std::string, DueReviews> due_reviews;
  struct Awaited {
    std::uint64_t number = 0;
    std::array<DueReviews*, 2> in{};
  };
  std::unordered_map<std::string, Awaited> awaited;  // by case
  static std::array<std::string, 2> due_keys(const CaseOpened& e) {
    return {concat(to_string(e.action), "/", account_stream(e.account.directory, e.account.account)),
            concat(to_string(e.action), "/", staff_stream(e.requested_by))};
  }
  void count_overdue(std::uint64_t index, Instant at, const CaseOpened& e) {
    if (!e.request.overdue_reviews) return;  // as in ledgers of before: then no rule read it
    std::set<std::uint64_t> overdue;
    for (const auto& key : due_keys(e))
      if (const auto due = due_reviews.find(key); due != due_reviews.end())
        for (const auto& [until, number] : due->second) {
          if (until >= at || overdue.size() >= cases_counted_max) break;
          overdue.insert(number);
        }
    if (*e.request.overdue_reviews < overdue.size())
      found(index, concat(overdue.size(), " reviews of the account or the agent were overdue, not ",
                          *e.request.overdue_reviews));
  }
  // `state` is as before the event, in both.
  void await_review(Instant at, const CaseState& state, const CaseClosed& e) {
    const auto& review = state.opened.requirement.review;
    if (e.result != CaseResult::done || !review) return;
    Awaited one{awaited.size() + reviewed, {}};
    std::size_t i = 0;
    for (const auto& key : due_keys(state.opened)) {
      auto& due = due_reviews[key];  // its place does not move
      due.emplace(at + review->within, one.number);
      one.in[i++] = &due;
    }
    awaited.insert_or_assign(state.id.text(), one);
  }
  std::uint64_t reviewed = 0;
  void end_review(const CaseState& state) {
    const auto one = awaited.find(state.id.text());
    if (one == awaited.end() || !state.review_due) return;
    for (auto* due : one->second.in) due->erase({*state.review_due, one->second.number});
    awaited.erase(one);
    ++reviewed;
  }

  // Absent in ledgers of before: then no rule read it, for what is not known makes every rule hold.
  void count_recent(std::uint64_t index, Instant at, std::vector<Instant>& times,
                    const std::optional<std::uint32_t>& told, std::string_view whose) {
    std::erase_if(times, [&](Instant t) { return t < at - hours(1); });
    if (told && *told < std::min<std::size_t>(times.size(), cases_counted_max))
      found(index, concat("`", whose, "` had ", times.size(), " cases within an hour, not ", *told));
    if (times.size() < cases_counted_max) times.push_back(at);
  }

  // Silence of whoever never counts: wrong where the number would have kept the try from being taken.
  bool would_have_mattered(Instant at, const CaseState& state, const EvidenceRecorded& e, std::uint32_t elsewhere) {
    if (elsewhere == 0 || !state.exists()) return false;
    const auto& v = e.evidence;
    const RecordEvidence command{v.signal,           v.result, v.enrolled_at, v.unchanged_since, v.data_at,
                                 v.rests_on_account, v.detail, v.attested_by, elsewhere,         e.since_recovery};
    const auto ruling = decide(state, command, {organization, at});
    return !ruling && ruling.error().code == DenialCode::signal_tries_exhausted;
  }

  // How often a signal was tried in vain, whatever the case.
  void count_try(std::uint64_t index, Instant at, const CaseState& state, const EvidenceRecorded& e) {
    const auto& account = state.opened.account;
    auto& tries = failed_24h[concat(account_stream(account.directory, account.account), "/", e.evidence.signal.text())];
    std::erase_if(tries, [&](const Failed& f) { return f.at < at - hours(24); });
    counts_tries = counts_tries || e.failed_elsewhere.has_value();
    const auto elsewhere = std::ranges::count_if(tries, [&](const Failed& f) { return f.in_case != state.id.text(); });
    const bool asked = counts_tries || would_have_mattered(at, state, e, static_cast<std::uint32_t>(elsewhere));
    if (asked && std::cmp_less(e.failed_elsewhere.value_or(0), elsewhere))
      found(index, naming(concat(e.evidence.signal.text(), " had failed ", elsewhere, " times in other cases, not ",
                                 e.failed_elsewhere.value_or(0)),
                          "41"));
    if (e.evidence.result == EvidenceResult::passed) tries.clear();
    else if (tries.size() < cases_counted_max) tries.push_back({at, state.id.text()});
  }

  // The same of an approver's budget and cooldown.
  void count_approval(std::uint64_t index, Instant at, const ApprovalRecorded& e) {
    ++report.signatures;
    auto& times = approved_1h[e.person.text()];
    std::erase_if(times, [&](const Approved& a) { return a.at < at - hours(1); });
    // A list is one approval, however many cases are on it.
    const auto list = e.list ? std::optional(e.list->root) : std::nullopt;
    const bool same_list = list && std::ranges::any_of(times, [&](const Approved& a) { return a.list == list; });
    const auto before = times.size() - (same_list ? 1 : 0);
    if (e.approvals_1h < before)
      found(index,
            naming(concat("`", e.by.text(), "` had approved ", before, " times within an hour, not ", e.approvals_1h),
                   "41"));
    if (!same_list && times.size() < cases_counted_max) times.push_back({at, list});
    count_recovery(index, at, e.person, e.since_recovery);
  }

  // Whoever speaks for others, and whether the entry says how lately their own account was recovered.
  void count_recovery(std::uint64_t index, Instant at, const PersonId& person, const std::optional<Duration>& told) {
    const auto last = recovered.find(person.text());
    if (last != recovered.end() && (!told || *told > at - last->second))
      found(index, concat("an account of `", person.text(), "` was recovered at ", to_rfc3339(last->second),
                          ", and what they say here does not tell so"));
  }
  // The same of what else is said for others. Ledgers of before are silent on it: that is wrong where it mattered.
  void count_speech(std::uint64_t index, Instant at, const PersonId& person, const std::optional<Duration>& told) {
    const auto last = recovered.find(person.text());
    if (last == recovered.end()) return;
    if (told || (organization.policy && in_cooldown(organization.policy->limits(), at - last->second)))
      count_recovery(index, at, person, told);
  }
  // REQUIRES: the event is not applied: whoever removes themselves is still there.
  void count_speech(std::uint64_t index, Instant at, const OrganizationEvent& event) {
    // Silence on what only takes power away is no wrong: nobody waits for a cooldown there.
    const auto of = [&](const ChangeSignature& signature, bool waits) {
      const auto* member = organization.member(signature.by);
      if (member != nullptr && (waits || signature.since_recovery))
        count_speech(index, at, member->person, signature.since_recovery);
    };
    std::visit(Overloaded{[](const LedgerOpened&) {}, [](const ProofPart&) {},
                          [&](const StaffEnrolled& e) { of(e.signature, true); },
                          [&](const PolicyProposed& e) { of(e.signature, true); },
                          [&](const ChangeApproved& e) { of(e.signature, true); },
                          [&](const RemovalProposed& e) { of(e.signature, true); },
                          [&](const ExerciseOpened& e) {
                            if (e.signature) of(*e.signature, false);
                          },
                          [&](const auto& e) { of(e.signature, false); }},
               event);
  }

  void count(std::uint64_t index, Instant at, const CaseState& state, const CaseEvent& event) {
    std::visit(Overloaded{[&](const CaseOpened& e) { count_case(index, at, e); },
                          [&](const ApprovalRecorded& e) { count_approval(index, at, e); },
                          [&](const EvidenceRecorded& e) {
                            count_try(index, at, state, e);
                            if (e.evidence.attester) count_speech(index, at, *e.evidence.attester, e.since_recovery);
                          },
                          [&](const ActionPermitted&) { ++report.permitted; },
                          [&](const CaseClosed& e) { await_review(at, state, e); },
                          [&](const CaseReviewed& e) {
                            ++report.signatures;
                            count_speech(index, at, e.person, e.since_recovery);
                            end_review(state);
                          },
                          [&](const RefusalRecorded&) { ++report.refusals; },
                          [&](const HolderObjected&) {
                            const auto& account = state.opened.account;
                            objected[account_stream(account.directory, account.account)] = at;
                          },
                          [&](const IntentRecorded& e) {
                            auto& last = executions[account_stream(e.directory, e.account)];
                            if (auto ok = last.follow(e); !ok)
                              found(index, concat("case ", state.id.text(), ": ", ok.error().what));
                          },
                          [&](const OutcomeRecorded& e) {
                            if (state.intent)
                              executions[account_stream(state.intent->directory, state.intent->account)].end(e);
                            if (begins_cooldown(state, e)) recovered[state.opened.account.holder.text()] = at;
                            if (e.outcome == Outcome::done) ++report.executed;
                            if (e.outcome == Outcome::not_done) ++report.not_done;
                          },
                          [](const auto&) {}},
               event);
  }

  // A closed case takes refusals only; keep what they need, so that a million cases fit in memory.
  static void forget(CaseState& state) {
    CaseState kept;
    kept.id = state.id;
    kept.version = state.version;
    kept.last_at = state.last_at;
    kept.closed = state.closed;
    kept.refusals = state.refusals;
    kept.objections = state.objections;
    kept.involved = std::move(state.involved);
    kept.review_due = state.review_due;
    kept.deed = state.deed;
    kept.review = std::move(state.review);
    kept.opened.requirement.review = state.opened.requirement.review;
    kept.opened.account.directory = std::move(state.opened.account.directory);
    kept.opened.account.account = std::move(state.opened.account.account);
    kept.notices = std::move(state.notices);
    state = std::move(kept);
  }
};

Readjudicator::Readjudicator(KnownProofs known) : impl_(std::make_unique<Impl>(std::move(known))) {}
Readjudicator::~Readjudicator() = default;
Readjudicator::Readjudicator(Readjudicator&&) noexcept = default;
Readjudicator& Readjudicator::operator=(Readjudicator&&) noexcept = default;

ReadEntry read_entry(std::string_view bytes) {
  ReadEntry read{decode_entry(bytes)};
  read.canonical = read.entry && encode_entry(*read.entry) == bytes;
  return read;
}

void Readjudicator::feed(std::uint64_t index, std::string_view bytes) { impl_->feed(index, read_entry(bytes)); }
void Readjudicator::feed(std::uint64_t index, const ReadEntry& read) { impl_->feed(index, read); }

const AuditReport& Readjudicator::so_far() const noexcept { return impl_->report; }

AuditReport Readjudicator::finish() {
  for (const auto& [id, state] : impl_->cases)
    if (state.intent) ++impl_->report.unresolved;
  if (!impl_->organization.proof_parts.empty() && impl_->report.entries > 0)
    impl_->found(impl_->report.entries - 1, "parts of a certificate stand without the proposal that they belong to");
  for (auto& what : overdue_exercises(impl_->organization, impl_->last_at))
    impl_->report.warnings.push_back({impl_->report.entries - 1, std::move(what)});  // at most exercises_sealed_max
  return impl_->report;
}

const OrganizationState& Readjudicator::organization() const noexcept { return impl_->organization; }

}  // namespace sallyport
