// What people and processes ask of a case: orders, in the imperative. A command carries every fact
// that decide() needs and cannot compute; decide() answers with events or with a denial.
#pragma once

#include <variant>

#include "core/cases/event.h"
#include "core/organization/cooldown.h"

namespace sallyport {

struct OpenCase {
  Action action = Action::unlock;
  AccountFacts account;
  StaffId requested_by;
  std::string channel;
  std::string ticket;
  Digest reason;
  Digest holder;
  Digest join_code;
  std::uint32_t cases_24h = 0;
  RequestFacts request;  // the agent's part is filled in by decide()
};

struct JoinClaimant {
  Digest join_code;
  Digest token;
};

// The caller sends the code only after this was recorded.
struct RequestSignal {
  SignalName signal;
  Duration valid_for;
};

// The signal's verifier in the shell has compared the code; secrets never get here.
struct RecordEvidence {
  SignalName signal;
  EvidenceResult result = EvidenceResult::failed;
  std::optional<Instant> enrolled_at;
  std::optional<Instant> unchanged_since;
  std::optional<Instant> data_at;
  bool rests_on_account = false;
  std::string detail;
  std::optional<StaffId> attested_by = std::nullopt;  // who says so, of a signal that rests on a person's word
  std::uint32_t failed_elsewhere = 0;  // on this account, in other cases, in the 24 hours before and since it passed
  std::optional<Duration> since_recovery = std::nullopt;  // of an account of the attester; absent: never
};

struct SealSecret {
  Digest sealed;
};

struct Approve {
  StaffId by;
  SignedAssertion assertion;
  std::uint32_t approvals_1h = 0;           // given by this person in the hour before
  std::optional<Duration> since_recovery;  // since an account of theirs was recovered; absent: never
  std::optional<ListPlace> list = std::nullopt;  // the signature is over a list, on which this case has this place
};

struct DenyCase {  // an approver's no ends the case
  StaffId by;
  std::string detail;
};

struct RequestExecution {  // a nudge by the agent; the action is repeated so that another one is noticed
  StaffId by;
  Action action = Action::unlock;
};

struct Proceed {};  // the clock's nudge: a hold may be over

struct RecordIntent {
  IntentRecorded intent;
};

struct RecordOutcome {
  OutcomeRecorded outcome;
};

struct CancelCase {
  StaffId by;
  std::string detail;
};

// The account holder says that it was not them.
struct Object {
  std::optional<StaffId> heard_by;  // absent: by a way of the holder's own, which the shell has verified
  std::string through;              // "callback", "notice", ...
};

// A notice was handed over for delivery.
struct RecordNotice {
  NoticeName way;
  std::optional<Instant> unchanged_since;
  bool rests_on_account = false;
};

// A reviewer's judgement of a case that has acted.
struct ReviewCase {
  StaffId by;
  ReviewVerdict verdict = ReviewVerdict::proper;
  std::string ticket;
  SignedAssertion assertion;
  std::optional<ListPlace> list = std::nullopt;
  std::optional<Duration> since_recovery = std::nullopt;  // since an account of theirs was recovered; absent: never
};

struct ExpireCase {};

// An exercise that was opened ends the cases that were its own; nobody else's.
struct EndExercise {
  std::uint64_t exercise = 0;
};

using CaseCommand = std::variant<OpenCase, JoinClaimant, RequestSignal, RecordEvidence, SealSecret, Approve, DenyCase,
                                 RequestExecution, Proceed, RecordIntent, RecordOutcome, CancelCase, Object, ExpireCase,
                                 RecordNotice, ReviewCase, EndExercise>;

// Whoever speaks for somebody else in it: approves, attests, reviews (core/organization/cooldown.h).
[[nodiscard]] std::optional<Speech> speech_in(CaseCommand& command) noexcept;

// "approve", "open", ...: for messages and for RefusalRecorded::attempted.
[[nodiscard]] std::string_view name_of(const CaseCommand& command) noexcept;

}  // namespace sallyport
