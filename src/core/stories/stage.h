// A company in memory: what stories, drills and tests play on. Everything that happens goes through decide() and
// evolve() and is written down as the entries that a store would keep, so whatever was played can be audited. Passkeys
// are made of software, each from its owner's name: nothing here is a secret, and no production ledger takes them.
//
//   Stage stage(now);
//   SP_CHECK(stage.open(stage.person("olga", {StaffRole::operator_}, {}, "it", "north")));
//   SP_CHECK(stage.change(stage.signed_by("olga", StaffEnrolled{...})));
//   const auto ruling = stage.tell("c-1", stage.opening(...));
//
// The wall clock is `now`, and its owner moves it; what somebody set it by, against the time that goes by, is `set_by`.
// It is watched as the gateway's is. Names are ids (core/model/ids.h). One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/cases/decide.h"
#include "core/ledger/entry.h"
#include "core/ledger/readjudicate.h"
#include "core/model/clock_watch.h"
#include "core/model/marker.h"
#include "core/organization/policy_proposal.h"
#include "crypto/software_authenticator.h"

namespace sallyport {

class Stage {
 public:
  static constexpr std::string_view salt = "5a17";  // of every case
  static constexpr std::string_view origin = "https://example.org";

  explicit Stage(Instant at) : now(at) {}

  Instant now;
  Duration set_by;  // negative: back
  [[nodiscard]] ClockTold told_by_clock() { return watch_.tell({now, now - set_by - Instant{}}); }
  OrganizationState organization;
  std::map<std::string, CaseState> cases;
  std::vector<std::string> ledger;
  std::map<std::uint64_t, ExercisePlan> plans;  // of sealed exercises, as their keeper has them

  // -- the organization -------------------------------------------------------------------------
  [[nodiscard]] static SoftwareAuthenticator passkey_of(std::string_view name);
  // A member of staff for ninety days; `person`: empty for "person.<name>".
  [[nodiscard]] StaffMember person(std::string_view name, std::vector<StaffRole> roles, std::vector<RoleName> seats,
                                   const TeamId& team, const OrganizationId& of, std::string_view person = {}) const;
  struct Signing {
    std::string_view origin = Stage::origin;  // of the page that asked for the signature
    bool user_verified = true;  // with PIN or finger
  };
  [[nodiscard]] static SignedAssertion sign(std::string_view name, std::string_view domain, std::string_view statement,
                                            Signing how);
  [[nodiscard]] static SignedAssertion sign(std::string_view name, std::string_view domain,
                                            std::string_view statement) {
    return sign(name, domain, statement, Signing{});
  }

  // Opens the ledger with its first operator.
  void open(const StaffMember& root);
  // The change with a signature by `signer`, as the next change.
  template <typename Change>
  [[nodiscard]] Change signed_by(std::string_view signer, Change change) const {
    change.signature.number = organization.changes + 1;
    change.signature.by = StaffId::parse(signer).value_or(StaffId());
    change.signature.assertion = sign(signer, change_domain, change_statement(organization, change));
    return change;
  }
  // Asks for a change; recorded when it is allowed.
  Ruling<void> ask(OrganizationChange change);

  // -- cases ------------------------------------------------------------------------------------
  // An account of the directory "corp" whose holder is "person.<name>": active, an employee, and read at this moment.
  [[nodiscard]] AccountFacts account_of(std::string_view name, const OrganizationId& organization) const;
  // By phone, with how many cases the account had in the day before.
  [[nodiscard]] OpenCase opening_of(Action action, const StaffId& agent, AccountFacts account) const;
  [[nodiscard]] const CaseState& state(std::string_view id);
  // Decides, and records what follows.
  Ruling<std::vector<CaseEvent>> tell(std::string_view id, const CaseCommand& command);

  // Signed over the case's statement as it stands, with what the store would count.
  [[nodiscard]] Approve approval(std::string_view by, std::string_view id) { return approval(by, id, Signing{}); }
  [[nodiscard]] Approve approval(std::string_view by, std::string_view id, Signing how);
  // The same for several cases under one signature, in their order.
  [[nodiscard]] std::vector<Approve> approvals(std::string_view by, const std::vector<std::string>& ids);
  // What a reviewer signs: one case by itself, or several as a list.
  [[nodiscard]] std::vector<ReviewCase> reviews(std::string_view by, const std::vector<std::string>& ids,
                                                ReviewVerdict verdict, bool as_list);
  // The executor's own look, before it acts: it replays the case's entries and reads the account for itself.
  [[nodiscard]] Ruling<void> authorized(std::string_view id, const AccountFacts& seen);
  // What the executor would have written before it acts, and afterwards.
  [[nodiscard]] RecordIntent intent(std::string_view id);
  [[nodiscard]] RecordOutcome outcome_of(std::string_view id, Outcome outcome, std::string_view refusal = "none");

  // -- the ledger -------------------------------------------------------------------------------
  // Each writes an entry and applies it: what decide() allowed, or, for a test, what it would not have.
  [[nodiscard]] Result<void> write_down(const OrganizationEvent& event);
  [[nodiscard]] Result<void> write_down(std::string_view id, const CaseEvent& event);
  // Proofs of policies that were proposed here are not checked a second time.
  [[nodiscard]] AuditReport audit(const std::vector<std::string>& entries) const;
  [[nodiscard]] AuditReport audit() const { return audit(ledger); }

 private:
  // When it is, by the clock that is watched, and what stands against whatever does not stand without a clock.
  struct Moment {
    Instant at;
    std::optional<Denial> doubt;
  };
  [[nodiscard]] Ruling<Moment> time();
  [[nodiscard]] Instant written_at();
  void write(std::string stream, std::uint64_t version, LedgerEvent event, Instant at);
  void count_approvals(Approve& command) const;
  void tell_recovery(const std::optional<Speech>& speech) const;

  // What a directory and a store would know.
  std::map<std::string, std::uint64_t> fence_tokens_;
  struct Given {
    PersonId person;
    Instant at;
    std::optional<Digest> list;
  };
  std::vector<Given> approvals_;
  std::map<PersonId, Instant> recovered_;
  std::map<AccountId, Instant> objected_;  // when its holder last said that a case was not theirs
  KnownProofs proofs_;
  std::vector<std::pair<StaffId, Instant>> openings_;
  struct Try {
    std::string in_case;
    Instant at;
  };
  std::map<std::string, std::vector<Try>> failed_;  // since it last passed, by account and signal
  ClockWatch watch_;
  Instant last_at_;  // of the ledger: a clock behind it decides nothing
  std::map<std::string, Marker> markers_;
};

}  // namespace sallyport
