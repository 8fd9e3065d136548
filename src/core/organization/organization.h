// Who may do what, and which policy is in force: the stream "organization" of the ledger.
// Every change is signed with a passkey over exactly that change, so the process that faces the network can neither
// appoint an approver nor loosen a policy. The first operator is named in the ledger's first entry, whose hash the
// executor and the auditor are given by hand.
//
// No single person gives power (docs/decisions/0011):
//   - a policy is proposed by anybody on the staff, with the proof that it keeps what it promises, and is in force once
//     two operators other than the proposer have approved it;
//   - an appointment is made by one operator and approved by another. Until the first policy is in force nothing can be
//     recovered, and the operator who opened the ledger appoints alone;
//   - an operator is removed by two: one proposes it, and another approves, who is not the one to go. Everybody else is
//     removed by one operator at once: that takes power away, and leaves those who can give it again;
//   - anybody resigns by themselves, at once.
//
// Whoever could approve a change may also reject it, and whoever asked for it may withdraw it: either closes it for
// good.
//
// Pure: decide() checks a proposed change, evolve() applies a recorded one; auditors run both.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/record.h"
#include "core/model/denial.h"
#include "core/model/staff.h"
#include "core/organization/exercise.h"
#include "core/policy/policy.h"
#include "crypto/es256.h"

namespace sallyport {

namespace proof {
struct Population;
}
class CheckedProof;

enum class Environment : std::uint8_t { demo, production };  // production refuses software passkeys
[[nodiscard]] std::string_view to_string(Environment environment) noexcept;
template <>
struct EnumValues<Environment> {
  static constexpr std::array<Environment, 2> all{Environment::demo, Environment::production};
};

// -- events -----------------------------------------------------------------------------------
struct LedgerOpened {
  std::string origin;  // the ledger's name in checkpoints
  Environment environment = Environment::production;
  std::string rp_id;  // WebAuthn relying party
  std::vector<std::string> origins;  // that a passkey's client data may name
  StaffMember root;  // the first operator
  Bytes executor_key;  // HPKE public key to which claimants seal secrets

  static constexpr auto fields() {
    using E = LedgerOpened;
    return record_fields("origin", &E::origin, "environment", &E::environment, "rp_id", &E::rp_id, "origins",
                         &E::origins, "root", &E::root, "executor_key", &E::executor_key);
  }
};

// What an operator signs: the number keeps a signature from being used for a second change.
struct ChangeSignature {
  std::uint64_t number = 0;  // of this change, from 1
  StaffId by;
  SignedAssertion assertion;
  std::optional<Duration> since_recovery = std::nullopt;  // of an account of theirs; not signed. Absent: never

  static constexpr auto fields() {
    using S = ChangeSignature;
    return record_fields("number", &S::number, "by", &S::by, "assertion", &S::assertion, "since_recovery",
                         &S::since_recovery);
  }
};

struct StaffEnrolled {
  StaffMember member;
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("member", &StaffEnrolled::member, "signature", &StaffEnrolled::signature);
  }
};

// They are gone at once.
struct StaffRemoved {
  StaffId staff;
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("staff", &StaffRemoved::staff, "signature", &StaffRemoved::signature);
  }
};

// A certificate may be longer than an entry: its text comes in parts, right before the proposal that they belong to.
// Nobody signs a part: the proposal names the digest of them all.
struct ProofPart {
  std::string text;
  static constexpr auto fields() { return record_fields("text", &ProofPart::text); }
};

struct PolicyProposed {
  std::string text;
  std::string organization;  // the text of the organization file that it was proved for; empty: the assumed one
  Digest certificate;  // of the text that the parts before it make up
  ChangeSignature signature;
  static constexpr auto fields() {
    using P = PolicyProposed;
    return record_fields("text", &P::text, "organization", &P::organization, "certificate", &P::certificate,
                         "signature", &P::signature);
  }
};

struct ChangeApproved {
  std::uint64_t change = 0;  // the number of what is approved
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("change", &ChangeApproved::change, "signature", &ChangeApproved::signature);
  }
};

// They are gone once another operator approves. Signed with the same words as StaffRemoved: which of the two follows is
// nobody's choice.
struct RemovalProposed {
  StaffId staff;
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("staff", &RemovalProposed::staff, "signature", &RemovalProposed::signature);
  }
};

// One is enough, and the change is closed for good: who asks for the same again asks for another change.
struct ChangeRejected {
  std::uint64_t change = 0;
  std::string reason;  // for everybody who reads the ledger: 1 to reason_length_max bytes
  ChangeSignature signature;
  static constexpr auto fields() {
    using C = ChangeRejected;
    return record_fields("change", &C::change, "reason", &C::reason, "signature", &C::signature);
  }
};

// By whoever asked for it.
struct ChangeWithdrawn {
  std::uint64_t change = 0;
  ChangeSignature signature;
  static constexpr auto fields() {
    return record_fields("change", &ChangeWithdrawn::change, "signature", &ChangeWithdrawn::signature);
  }
};

// A plan that nobody reads until it is opened. Its number is its signature's.
struct ExerciseSealed {
  Digest commitment;
  Instant ends_at;  // of the window: what it may be about is bounded for those who do not know it
  ChangeSignature signature;
  static constexpr auto fields() {
    using E = ExerciseSealed;
    return record_fields("commitment", &E::commitment, "ends_at", &E::ends_at, "signature", &E::signature);
  }
};

// By an operator at any time, or by itself a day after its end: then nobody has signed it, and it is no change.
struct ExerciseOpened {
  std::uint64_t exercise = 0;  // the number under which it was sealed
  ExercisePlan plan;
  std::vector<CaseId> cases;  // all that were its own, sorted
  std::optional<ChangeSignature> signature = std::nullopt;
  static constexpr auto fields() {
    using E = ExerciseOpened;
    return record_fields("exercise", &E::exercise, "plan", &E::plan, "cases", &E::cases, "signature", &E::signature);
  }
};

using OrganizationEvent =
    std::variant<LedgerOpened, StaffEnrolled, StaffRemoved, ProofPart, PolicyProposed, ChangeApproved, RemovalProposed,
                 ChangeRejected, ChangeWithdrawn, ExerciseSealed, ExerciseOpened>;
// Did a person sign it? Those are the ones that are counted as changes.
[[nodiscard]] bool is_signed(const OrganizationEvent& event) noexcept;

// What somebody asks for. A proposal brings its certificate along; decide() cuts it into parts. A removal is recorded
// as StaffRemoved or as RemovalProposed.
struct ProposePolicy {
  std::string text, organization, certificate;
  ChangeSignature signature;
  std::shared_ptr<const CheckedProof> checked = nullptr;  // that it was checked already; else decide() does (slow)
};
using OrganizationChange = std::variant<StaffEnrolled, StaffRemoved, ProposePolicy, ChangeApproved, ChangeRejected,
                                        ChangeWithdrawn, ExerciseSealed, ExerciseOpened>;

// -- state ------------------------------------------------------------------------------------
struct PolicyProof {
  std::string organization;  // the file's text; empty: the assumed one
  std::string certificate;  // the text
};
struct PolicyInProposal {
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<const proof::Population> population;  // null: the assumed organization
  std::shared_ptr<const PolicyProof> proof;
};

struct Removal {
  StaffId staff;
  PersonId person;
};
using ChangeMatter = std::variant<StaffMember, PolicyInProposal, Removal>;

// A change that waits for approvals. It ends by itself, and when whoever asked for it is removed.
struct OpenChange {
  ChangeMatter what;
  std::string statement;  // that its proposer signed
  StaffId by;
  PersonId person;
  Instant until;
  std::vector<StaffId> approved_by;
};
enum class ChangeEnd : std::uint8_t { approved, rejected, withdrawn };
[[nodiscard]] std::string_view to_string(ChangeEnd end) noexcept;

// What somebody ended: who and why, for those who look afterwards. The whole story is in the ledger.
struct EndedChange {
  std::string kind, about;  // "appointment" or "removal" of a staff id, "policy" of a name
  StaffId asked_by;
  ChangeEnd end = ChangeEnd::rejected;
  StaffId by;  // whose approval was the last one needed, or who rejected or withdrew it
  std::string reason;  // of a rejection
  Instant at;
};

inline constexpr Duration change_open_for = days(7);
inline constexpr std::size_t open_changes_max = 64;  // kept in memory by both processes
inline constexpr std::size_t open_changes_of_one_max = 8;  // so that nobody takes every place
inline constexpr std::size_t ended_changes_max = 64;  // remembered in memory, the newest; the ledger has all
inline constexpr std::size_t proposals_of_one_24h_max = 20;  // each: up to a megabyte of ledger, and seconds to audit
inline constexpr std::size_t operators_min = 2;  // below, no power could be given any more
inline constexpr std::size_t policy_approvals_needed = 2;  // besides the proposer
inline constexpr std::size_t appointment_approvals_needed = 1;  // besides the operator who appoints
inline constexpr std::size_t removal_approvals_needed = 1;  // of an operator, besides the one who proposes it

struct OrganizationState {
  std::uint64_t version = 0;  // events in the stream
  std::uint64_t changes = 0;  // signed changes so far
  LedgerOpened opened;
  std::map<StaffId, StaffMember> staff;  // those enrolled and not removed; ended ones stay until removed
  std::map<StaffId, Es256PublicKey> keys;  // each checked once, when it came
  std::shared_ptr<const Policy> policy;  // in force; null: none yet, and then every case is refused
  std::shared_ptr<const proof::Population> proved_for;  // whom it was proved for; null: the assumed organization
  std::shared_ptr<const PolicyProof> proof;  // of that policy
  std::set<Digest> former;  // policies that were in force before: they do not come back
  std::map<std::uint64_t, OpenChange> open;  // by number
  std::map<std::uint64_t, EndedChange> ended;  // by number
  std::map<StaffId, std::vector<Instant>> proposed_24h;  // when each proposed policies, in the day before the last
  Instant last_at;  // of the last event
  std::string proof_parts;  // of the proposal that comes next
  std::map<std::uint64_t, SealedExercise> exercises;  // by number; none is forgotten, or its cases could act

  [[nodiscard]] const StaffMember* member(const StaffId& id) const;
  [[nodiscard]] const StaffMember* member_with_credential(const Bytes& credential_id) const;
};

// -- what is signed -----------------------------------------------------------------------------
// The canonical JSON of a change without its signature, and the WebAuthn challenge over it.
[[nodiscard]] std::string change_statement(const OrganizationState& state, const OrganizationChange& change);
[[nodiscard]] Bytes challenge_of(std::string_view domain, std::string_view statement);
inline constexpr std::string_view change_domain = "sallyport/organization-change/v1";

// Checks one assertion by `signer` over `statement`. The key material is the ledger's.
[[nodiscard]] Ruling<void> check_assertion(const OrganizationState& state, const StaffMember& signer,
                                           const SignedAssertion& assertion, std::string_view domain,
                                           std::string_view statement);

// The exercise that lists the case; none: it was none, or none that was opened yet.
[[nodiscard]] std::optional<std::uint64_t> exercise_of(const OrganizationState& state, const CaseId& id);

[[nodiscard]] std::string_view kind_of_change(const ChangeMatter& what) noexcept;  // "appointment", "removal", "policy"
[[nodiscard]] std::size_t approvals_needed(const OpenChange& change) noexcept;
// "change 12 was rejected by `uwe`: `one operator too many`".
[[nodiscard]] std::string how_it_ended(std::uint64_t number, const EndedChange& ended);
// Of those who approved: who could still do so at this moment. Only these count.
[[nodiscard]] std::vector<StaffId> approvals_that_count(const OrganizationState& state, const OpenChange& change,
                                                        Instant at);

// A certificate may take minutes to be checked. Whoever reads a history may leave those of policies that have passed
// to an auditor, and checks the one in force at the end (check_proof_in_force() in policy_proposal.h).
enum class ProofCheck : std::uint8_t { now, later };

// What follows is recorded together, in this order.
[[nodiscard]] Ruling<std::vector<OrganizationEvent>> decide(const OrganizationState& state,
                                                            const OrganizationChange& change, Instant now,
                                                            ProofCheck check = ProofCheck::now);
// Applies a recorded event. A fault means that the stored event does not fit: the ledger is corrupt.
[[nodiscard]] Result<void> evolve(OrganizationState& state, const OrganizationEvent& event, Instant at);

}  // namespace sallyport
