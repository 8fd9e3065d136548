#include "core/cases/state.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "core/cases/statement.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

std::unexpected<Fault> misfit(std::string_view what) {
  return fault(FaultKind::corrupt, concat("the case's history does not fit together: ", what));
}

// One overload for each event. Each checks only what evolve itself would lose by going on; whether
// the event should have happened is decide()'s question, and the auditor's.
class Evolution {
 public:
  Evolution(CaseState& state, Instant at) : s_(state), at_(at) {}

  Result<void> operator()(const CaseOpened& e) {
    if (s_.exists()) return misfit("it is opened twice");
    s_.opened = e;
    s_.opened_at = at_;
    takes_part(e.requester);
    takes_part(e.account.holder);
    return {};
  }
  Result<void> operator()(const ClaimantJoined& e) {
    s_.joined = e;
    return {};
  }
  Result<void> operator()(const SignalRequested& e) {
    s_.requests.push_back(e);
    return {};
  }
  Result<void> operator()(const EvidenceRecorded& e) {
    if (e.evidence.number != s_.evidence.size() + 1) return misfit("evidence is out of order");
    s_.evidence.push_back(e.evidence);
    if (e.evidence.attester) takes_part(*e.evidence.attester);
    s_.failed_elsewhere = e.failed_elsewhere.value_or(0);
    return {};
  }
  Result<void> operator()(const IdentityVerified& e) {
    if (e.number != (s_.identity ? s_.identity->number : 0) + 1) return misfit("identity was verified out of order");
    for (const auto number : e.evidence)
      if (number < 1 || number > s_.evidence.size()) return misfit("identity rests on evidence that is not there");
    if (s_.intent) return misfit("identity was verified while an execution was under way");
    s_.identity = e;
    s_.approvals.clear();
    s_.permit.reset();  // it was for the verification that lapsed
    return {};
  }
  Result<void> operator()(const SecretSealed& e) {
    s_.secret = e;
    return {};
  }
  Result<void> operator()(const ApprovalRecorded& e) {
    if (!s_.identity || e.identity != s_.identity->number) return misfit("an approval is about another verification");
    s_.approvals.push_back(e);
    takes_part(e.person);
    return {};
  }
  Result<void> operator()(const ActionPermitted& e) {
    if (e.attempt != s_.attempts + 1 || s_.permit || s_.intent) return misfit("a permit is out of order");
    if (s_.last_outcome && s_.last_outcome->outcome == Outcome::done)
      return misfit("a permit follows an action that was done");
    s_.permit = e;
    s_.attempts = e.attempt;
    return {};
  }
  Result<void> operator()(const IntentRecorded& e) {
    if (!s_.permit || s_.permit->attempt != e.attempt) return misfit("an intent has no permit");
    s_.permit.reset();
    s_.intent = e;
    s_.last_outcome.reset();
    return {};
  }
  Result<void> operator()(const OutcomeRecorded& e) {
    if (!s_.intent || s_.intent->execution != e.execution) return misfit("an outcome has no intent");
    s_.last_outcome = e;
    if (e.outcome == Outcome::unknown) return {};
    s_.intent.reset();
    s_.secret.reset();
    return {};
  }
  Result<void> operator()(const RefusalRecorded& /*e*/) {
    ++s_.refusals;
    return {};
  }
  Result<void> operator()(const HolderObjected& /*e*/) {
    ++s_.objections;
    return {};
  }
  Result<void> operator()(const CaseClosed& e) {
    if (s_.intent) return misfit("it is closed while its outcome is not known");
    s_.closed = e;
    s_.permit.reset();
    if (e.result == CaseResult::done) s_.deed = sha256(view_of(deed_text(s_)));
    if (e.result == CaseResult::done && s_.opened.requirement.review)
      s_.review_due = at_ + s_.opened.requirement.review->within;
    return {};
  }
  Result<void> operator()(const NoticeSent& e) {
    if (e.notice.number != s_.notices.size() + 1) return misfit("a notice is out of order");
    s_.notices.push_back(e.notice);
    return {};
  }
  Result<void> operator()(const CaseReviewed& e) {
    if (!s_.closed || s_.closed->result != CaseResult::done) return misfit("it was reviewed before it acted");
    if (s_.review) return misfit("it was reviewed twice");
    s_.review = e;
    return {};
  }

 private:
  void takes_part(const PersonId& person) {
    if (std::ranges::find(s_.involved, person) == s_.involved.end()) s_.involved.push_back(person);
  }

  CaseState& s_;
  Instant at_;
};

}  // namespace

Result<void> evolve(CaseState& state, const CaseEvent& event, Instant at) {
  if (!state.exists() && !std::holds_alternative<CaseOpened>(event)) return misfit("it does not begin by being opened");
  const bool may_follow_end = std::holds_alternative<RefusalRecorded>(event) ||
                              std::holds_alternative<HolderObjected>(event) ||
                              std::holds_alternative<NoticeSent>(event) || std::holds_alternative<CaseReviewed>(event);
  if (state.closed && !may_follow_end) return misfit("something follows its end");
  if (at < state.last_at) return misfit("time runs backwards");
  SP_CHECK(std::visit(Evolution(state, at), event));
  state.last_at = at;
  ++state.version;
  return {};
}

CasePhase phase_of(const CaseState& state) noexcept {
  if (state.closed) return CasePhase::closed;
  if (state.intent && state.last_outcome) return CasePhase::unknown;
  if (state.intent) return CasePhase::executing;
  if (state.permit) return CasePhase::permitted;
  return state.identity ? CasePhase::approving : CasePhase::verifying;
}

std::string_view to_string(CasePhase phase) noexcept {
  switch (phase) {
    case CasePhase::verifying: return "verifying";
    case CasePhase::approving: return "approving";
    case CasePhase::permitted: return "permitted";
    case CasePhase::executing: return "executing";
    case CasePhase::unknown: return "unknown";
    case CasePhase::closed: return "closed";
  }
  return "";
}

std::string_view to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::done: return "done";
    case Outcome::not_done: return "not_done";
    case Outcome::unknown: return "unknown";
  }
  return "";
}

std::string_view to_string(ReviewVerdict verdict) noexcept {
  switch (verdict) {
    case ReviewVerdict::proper: return "proper";
    case ReviewVerdict::doubtful: return "doubtful";
  }
  return "";
}

std::string_view to_string(CaseResult result) noexcept {
  switch (result) {
    case CaseResult::done: return "done";
    case CaseResult::failed: return "failed";
    case CaseResult::cancelled: return "cancelled";
    case CaseResult::expired: return "expired";
    case CaseResult::denied: return "denied";
    case CaseResult::exercise: return "exercise";
  }
  return "";
}

}  // namespace sallyport
