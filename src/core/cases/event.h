// What happened to a case. Events are history: past tense, complete, never changed. Everything that
// a rule read stands here by value, so that an auditor with the ledger alone reaches the same ruling
// (the closed book, docs/architecture.md).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/record.h"
#include "core/cases/list.h"
#include "core/model/account.h"
#include "core/model/action.h"
#include "core/model/denial.h"
#include "core/model/evidence.h"
#include "core/model/notice.h"
#include "core/model/request.h"
#include "core/model/staff.h"
#include "core/policy/requirement.h"

namespace sallyport {

struct CaseOpened {
  Action action = Action::unlock;
  AccountFacts account;
  StaffId requested_by;
  PersonId requester;        // the natural person behind requested_by
  std::string channel;       // "phone", "chat", "walk_in": how the request came
  std::string ticket;
  Digest reason;             // of the salted private text
  Digest holder;             // of the salted private name and login
  Digest join_code;          // joins a browser to the case and proves nothing
  std::uint32_t cases_24h = 0;  // opened on this account in the 24 hours before
  RequestFacts request;
  Digest policy;
  ClassName account_class;
  Requirement requirement;   // for the reader; adjudication derives it again
  Instant expires_at;

  static constexpr auto fields() {
    using E = CaseOpened;
    return record_fields("action", &E::action, "account", &E::account, "requested_by", &E::requested_by, "requester",
                         &E::requester, "channel", &E::channel, "ticket", &E::ticket, "reason", &E::reason, "holder",
                         &E::holder, "join_code", &E::join_code, "cases_24h", &E::cases_24h, "request", &E::request,
                         "policy", &E::policy, "account_class", &E::account_class, "requirement", &E::requirement,
                         "expires_at", &E::expires_at);
  }
};

struct ClaimantJoined {
  Digest token;  // of the claimant's session token
  static constexpr auto fields() { return record_fields("token", &ClaimantJoined::token); }
};

struct SignalRequested {
  SignalName signal;
  std::uint32_t number = 0;  // of this signal's requests in this case, from 1
  Instant expires_at;        // of the code that was sent
  static constexpr auto fields() {
    using E = SignalRequested;
    return record_fields("signal", &E::signal, "number", &E::number, "expires_at", &E::expires_at);
  }
};

struct EvidenceRecorded {
  Evidence evidence;
  // How often this signal failed on the account in other cases, in the 24 hours before and since it last passed.
  // Absent: nobody counted, as in ledgers of before.
  std::optional<std::uint32_t> failed_elsewhere = std::nullopt;
  std::optional<Duration> since_recovery = std::nullopt;  // of an account of the attester; absent: never
  static constexpr auto fields() {
    using E = EvidenceRecorded;
    return record_fields("evidence", &E::evidence, "failed_elsewhere", &E::failed_elsewhere, "since_recovery",
                         &E::since_recovery);
  }
};

// Door one has shut on this evidence; approvers are asked about exactly this.
struct IdentityVerified {
  std::uint32_t number = 0;                // from 1; a lapsed verification is followed by the next
  Instant at;
  std::vector<std::uint32_t> evidence;     // numbers of what counted
  bool strong = false;
  Instant hold_until;
  Instant expires_at;
  static constexpr auto fields() {
    using E = IdentityVerified;
    return record_fields("number", &E::number, "at", &E::at, "evidence", &E::evidence, "strong", &E::strong,
                         "hold_until", &E::hold_until, "expires_at", &E::expires_at);
  }
};

struct SecretSealed {
  Digest sealed;  // of the ciphertext, which is kept beside the ledger until the outcome is known
  static constexpr auto fields() { return record_fields("sealed", &SecretSealed::sealed); }
};

struct ApprovalRecorded {
  StaffId by;
  PersonId person;             // the natural person behind `by`
  std::uint32_t identity = 0;  // the IdentityVerified it is about
  SignedAssertion assertion;   // over the statement (core/cases/statement.h), or over the list that it is on
  std::uint32_t approvals_1h = 0;           // given by this person in the hour before; a list is given once
  std::optional<Duration> since_recovery;  // since an account of theirs was recovered; absent: never
  std::optional<ListPlace> list = std::nullopt;  // absent: this case was signed for by itself
  static constexpr auto fields() {
    using E = ApprovalRecorded;
    return record_fields("by", &E::by, "person", &E::person, "identity", &E::identity, "assertion", &E::assertion,
                         "approvals_1h", &E::approvals_1h, "since_recovery", &E::since_recovery, "list", &E::list);
  }
};

struct ActionPermitted {
  std::uint32_t attempt = 0;  // from 1; each is consumed by at most one intent
  Digest statement;           // what was approved
  std::vector<StaffId> approvers;
  Digest policy;
  std::vector<std::string> reasons;
  Instant expires_at;
  static constexpr auto fields() {
    using E = ActionPermitted;
    return record_fields("attempt", &E::attempt, "statement", &E::statement, "approvers", &E::approvers, "policy",
                         &E::policy, "reasons", &E::reasons, "expires_at", &E::expires_at);
  }
};

// Durable before the first byte goes to the directory (docs/architecture.md, "No log, no act").
struct IntentRecorded {
  ExecutionId execution;
  std::uint32_t attempt = 0;
  Action action = Action::unlock;
  DirectoryId directory;
  AccountId account;
  StateToken state_token;
  std::string marker_from, marker_to;
  std::uint64_t fence_token = 0;
  Instant deadline;
  std::optional<Duration> lasts = std::nullopt;  // the directory was told to end the effect after this
  static constexpr auto fields() {
    using E = IntentRecorded;
    return record_fields("execution", &E::execution, "attempt", &E::attempt, "action", &E::action, "directory",
                         &E::directory, "account", &E::account, "state_token", &E::state_token, "marker_from",
                         &E::marker_from, "marker_to", &E::marker_to, "fence_token", &E::fence_token, "deadline",
                         &E::deadline, "lasts", &E::lasts);
  }
};

enum class Outcome : std::uint8_t { done, not_done, unknown };
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;
template <>
struct EnumValues<Outcome> {
  static constexpr std::array<Outcome, 3> all{Outcome::done, Outcome::not_done, Outcome::unknown};
};

struct OutcomeRecorded {
  ExecutionId execution;
  Outcome outcome = Outcome::unknown;
  std::string refusal;   // of the directory: "none", "password_rejected", ...
  std::string detail;    // in the claimant's words where there are any; never the secret
  std::string marker;    // as read back
  std::string version;   // as the directory counts changes, read back
  bool reconciled = false;  // found out afterwards, by reading
  static constexpr auto fields() {
    using E = OutcomeRecorded;
    return record_fields("execution", &E::execution, "outcome", &E::outcome, "refusal", &E::refusal, "detail",
                         &E::detail, "marker", &E::marker, "version", &E::version, "reconciled", &E::reconciled);
  }
};

// Somebody was told no. What an attack looks like in the ledger.
struct RefusalRecorded {
  std::string attempted;  // the command: "approve", "execute mfa_reset"
  std::string by;         // staff id, "claimant" or "executor"
  DenialCode code = DenialCode::limit_reached;
  std::string detail;
  static constexpr auto fields() {
    using E = RefusalRecorded;
    return record_fields("attempted", &E::attempted, "by", &E::by, "code", &E::code, "detail", &E::detail);
  }
};

// The account holder says that it was not them who asked. It ends the case, or is noted where it comes too late.
inline constexpr std::string_view holder_of_account = "holder";  // CaseClosed::by of a case that they ended
struct HolderObjected {
  std::string through;               // how the holder was heard: "callback", "notice", "phone"
  std::optional<StaffId> heard_by;   // who of the staff heard them; absent: the holder used a way of their own
  static constexpr auto fields() {
    return record_fields("through", &HolderObjected::through, "heard_by", &HolderObjected::heard_by);
  }
};

// The holder, or somebody near them, was told of the case.
struct NoticeSent {
  Notice notice;
  static constexpr auto fields() { return record_fields("notice", &NoticeSent::notice); }
};

enum class ReviewVerdict : std::uint8_t { proper, doubtful };
[[nodiscard]] std::string_view to_string(ReviewVerdict verdict) noexcept;
template <>
struct EnumValues<ReviewVerdict> {
  static constexpr std::array<ReviewVerdict, 2> all{ReviewVerdict::proper, ReviewVerdict::doubtful};
};

// Somebody who had no part in the case looked at it afterwards (R21), and signed what they think of it.
struct CaseReviewed {
  StaffId by;
  PersonId person;            // the natural person behind `by`
  ReviewVerdict verdict = ReviewVerdict::proper;
  std::string ticket;         // where a doubt is followed up; may be empty
  SignedAssertion assertion;  // over review_statement (core/cases/statement.h), or over the list that it is on
  std::optional<ListPlace> list;
  std::optional<Duration> since_recovery = std::nullopt;  // since an account of theirs was recovered; absent: never
  static constexpr auto fields() {
    using E = CaseReviewed;
    return record_fields("by", &E::by, "person", &E::person, "verdict", &E::verdict, "ticket", &E::ticket, "assertion",
                         &E::assertion, "list", &E::list, "since_recovery", &E::since_recovery);
  }
};

inline constexpr const char* exercise_as_closer = "exercise";  // CaseClosed::by of a case that was one
enum class CaseResult : std::uint8_t { done, failed, cancelled, expired, denied, exercise };
[[nodiscard]] std::string_view to_string(CaseResult result) noexcept;
template <>
struct EnumValues<CaseResult> {
  static constexpr std::array<CaseResult, 6> all{CaseResult::done,    CaseResult::failed, CaseResult::cancelled,
                                                 CaseResult::expired, CaseResult::denied, CaseResult::exercise};
};

struct CaseClosed {
  CaseResult result = CaseResult::failed;
  std::string by;  // staff id, "executor", "holder", "clock" or "exercise"
  std::string detail;
  static constexpr auto fields() {
    return record_fields("result", &CaseClosed::result, "by", &CaseClosed::by, "detail", &CaseClosed::detail);
  }
};

using CaseEvent = std::variant<CaseOpened, ClaimantJoined, SignalRequested, EvidenceRecorded, IdentityVerified,
                               SecretSealed, ApprovalRecorded, ActionPermitted, IntentRecorded, OutcomeRecorded,
                               RefusalRecorded, HolderObjected, CaseClosed, NoticeSent, CaseReviewed>;

}  // namespace sallyport
