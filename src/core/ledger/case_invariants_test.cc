// An honest history breaks no invariant; each thing that decide() could get wrong stops the process, by its number.
#include "core/cases/invariants.h"

#include <gtest/gtest.h>

#include <functional>

#include "../tests/support/small_world.h"
#include "base/invariant.h"
#include "core/ledger/entry.h"

namespace sallyport {
namespace {

// A password reset that was done and an unlock that was not, each from call to outcome.
std::vector<LedgerEntry> honest_history() {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), std::nullopt);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), std::nullopt);
  world.ready("c-2", Action::unlock);
  EXPECT_EQ(world.intend("c-2"), std::nullopt);
  EXPECT_EQ(world.conclude("c-2", Outcome::not_done, "account_gone"), std::nullopt);
  std::vector<LedgerEntry> out;
  for (const auto& bytes : world.ledger) out.push_back(*decode_entry(bytes));
  return out;
}

// Before an event of a case: what somebody has done to the case or to the event.
using Tamper = std::function<void(CaseState&, CaseEvent&, Instant&)>;

void play(const Tamper& tamper) {
  OrganizationState organization;
  std::map<std::string, CaseState> cases;
  for (const auto& entry : honest_history()) {
    if (const auto* change = std::get_if<OrganizationEvent>(&entry.event)) {
      const auto before = organization;
      ASSERT_TRUE(evolve(organization, *change, entry.at));
      assert_invariants(before, *change, organization);
    }
    const auto* recorded = std::get_if<CaseEvent>(&entry.event);
    if (recorded == nullptr) continue;
    auto& state = cases[entry.stream];
    state.id = *case_of_stream(entry.stream);
    auto event = *recorded;
    auto at = entry.at;
    auto changed = state;
    if (tamper) tamper(changed, event, at);
    assert_invariants(changed, event, at, organization);
    ASSERT_TRUE(evolve(state, *recorded, entry.at));
  }
}

// As `change` leaves an event of this kind, or the case before it.
template <typename Event>
Tamper in(std::function<void(CaseState&, Event&)> change) {
  return [change = std::move(change)](CaseState& state, CaseEvent& event, Instant&) {
    if (auto* e = std::get_if<Event>(&event)) change(state, *e);
  };
}

void expect_stop(unsigned number, const Tamper& tamper) {
  EXPECT_DEATH(play(tamper), concat("invariant ", number, " does not hold"));
}

TEST(Invariants, an_honest_history_breaks_none) { play(nullptr); }

TEST(Invariants, the_number_is_all_that_is_said) {
  EXPECT_DEATH(invariant_violated(41), "what\\(\\):  invariant 41 does not hold\n$");
}

TEST(Invariants, of_opening_a_case) {
  expect_stop(4, in<CaseOpened>([](auto&, auto& e) { e.policy = {}; }));
  expect_stop(9, in<CaseOpened>([](auto&, auto& e) { e.requester = id_of<PersonId>("person.lea"); }));
  expect_stop(9, in<CaseOpened>([](auto&, auto& e) { e.account.holder = e.requester; }));
  expect_stop(11, in<CaseOpened>([](auto&, auto& e) {
                e.requested_by = id_of<StaffId>("lea");
                e.requester = id_of<PersonId>("person.lea");
              }));
  expect_stop(41, in<CaseOpened>([](auto&, auto& e) { e.cases_24h = 3; }));
}

TEST(Invariants, of_evidence) {
  expect_stop(6, in<EvidenceRecorded>([](auto&, auto& e) { e.evidence.number += 1; }));
  expect_stop(41, in<EvidenceRecorded>([](auto&, auto& e) { e.failed_elsewhere = 3; }));
  expect_stop(9, in<EvidenceRecorded>([](auto& s, auto& e) { e.evidence.attester = s.opened.requester; }));
  expect_stop(5, in<IdentityVerified>([](auto& s, auto&) { s.evidence[0].at = s.evidence[0].at - hours(1); }));
  expect_stop(6, in<IdentityVerified>([](auto& s, auto&) { s.evidence[0].result = EvidenceResult::failed; }));
  expect_stop(6, in<IdentityVerified>([](auto&, auto& e) { e.evidence.push_back(17); }));
  expect_stop(7, in<IdentityVerified>([](auto& s, auto& e) {
                if (e.evidence.size() < 2) return;
                s.evidence[1].signal = s.evidence[0].signal;
              }));
  expect_stop(8, in<IdentityVerified>([](auto& s, auto&) { s.evidence[0].rests_on_account = true; }));
  expect_stop(8, in<IdentityVerified>([](auto& s, auto&) {
                s.evidence[0].signal = id_of<SignalName>("callback");
                s.evidence[0].unchanged_since.reset();
              }));
  expect_stop(34, in<IdentityVerified>([](auto& s, auto& e) { e.expires_at = s.opened.expires_at + seconds(1); }));
}

TEST(Invariants, of_approvals_and_permits) {
  expect_stop(9, in<ApprovalRecorded>([](auto& s, auto& e) { s.opened.requester = e.person; }));
  expect_stop(9, in<ApprovalRecorded>([](auto& s, auto& e) { s.opened.account.holder = e.person; }));
  expect_stop(9, in<ApprovalRecorded>([](auto& s, auto& e) { s.evidence[0].attester = e.person; }));
  expect_stop(10, in<ApprovalRecorded>([](auto& s, auto& e) { s.approvals.push_back(e); }));
  expect_stop(11, in<ApprovalRecorded>([](auto&, auto& e) {
                e.by = id_of<StaffId>("otis");
                e.person = id_of<PersonId>("person.otis");
              }));
  expect_stop(3, in<ActionPermitted>([](auto&, auto& e) { e.attempt += 1; }));
  expect_stop(4, in<ActionPermitted>([](auto&, auto& e) { e.policy = {}; }));
  expect_stop(10, in<ActionPermitted>([](auto&, auto& e) { e.approvers.push_back(id_of<StaffId>("leo")); }));
  expect_stop(13, in<ActionPermitted>([](auto&, auto& e) { e.approvers.clear(); }));
  expect_stop(14, in<ActionPermitted>([](auto& s, auto&) { s.objections = 1; }));
  expect_stop(34, in<ActionPermitted>([](auto& s, auto&) { s.identity->hold_until = s.opened.expires_at; }));
}

TEST(Invariants, of_deeds) {
  expect_stop(1, in<IntentRecorded>([](auto& s, auto&) { s.permit.reset(); }));
  expect_stop(1, in<IntentRecorded>([](auto&, auto& e) { e.action = Action::mfa_reset; }));
  expect_stop(2, in<IntentRecorded>([](auto&, auto& e) { e.state_token = "another"; }));
  expect_stop(13, in<IntentRecorded>([](auto& s, auto&) { s.approvals.clear(); }));
  expect_stop(14, in<IntentRecorded>([](auto& s, auto&) { s.objections = 1; }));
  expect_stop(20, in<IntentRecorded>([](auto&, auto& e) { e.fence_token = 0; }));
  expect_stop(34, in<IntentRecorded>([](auto& s, auto&) { s.permit->expires_at = s.last_at; }));
  expect_stop(1, in<OutcomeRecorded>([](auto& s, auto&) { s.intent.reset(); }));
  expect_stop(3, in<OutcomeRecorded>([](auto& s, auto& e) { s.last_outcome = e; }));
  expect_stop(17, in<OutcomeRecorded>([](auto&, auto& e) { e.marker = "e7:another"; }));
  expect_stop(44, in<OutcomeRecorded>([](auto&, auto& e) { e.outcome = Outcome::not_done; }));
  expect_stop(19, in<OutcomeRecorded>([](auto&, auto& e) {
                e.outcome = Outcome::not_done;
                e.marker = "";
                e.reconciled = true;
              }));
  expect_stop(18, in<CaseClosed>([](auto& s, auto&) { s.intent = IntentRecorded{}; }));
  expect_stop(34, in<CaseClosed>([](auto&, auto& e) { e.result = CaseResult::expired; }));
}

TEST(Invariants, of_the_end_and_of_time) {
  expect_stop(14, in<ActionPermitted>([](auto& s, auto&) { s.closed = CaseClosed{}; }));
  expect_stop(31, [](CaseState&, CaseEvent& event, Instant& at) {
    if (std::holds_alternative<ActionPermitted>(event)) at = at - hours(1);
  });
  expect_stop(36, [](CaseState& state, CaseEvent& event, Instant&) {
    if (!std::holds_alternative<CaseClosed>(event)) return;
    state.closed = CaseClosed{CaseResult::done, "executor", ""};
    CaseReviewed review;
    review.by = state.opened.requested_by;
    review.person = state.opened.requester;
    event = review;
  });
}

// A policy that one operator agreed to twice, and that its proposer agreed to.
TEST(Invariants, of_the_policy_in_force) {
  SmallWorld world;
  auto before = world.organization;
  auto after = before;
  after.policy = std::make_shared<const Policy>(*before.policy);
  OpenChange change;
  change.person = id_of<PersonId>("person.olga");
  change.approved_by = {id_of<StaffId>("otis"), id_of<StaffId>("olga")};
  before.open[99] = change;
  ChangeApproved last;
  last.change = 99;
  last.signature.by = id_of<StaffId>("otis");
  EXPECT_DEATH(assert_invariants(before, last, after), "invariant 37 does not hold");
  last.signature.by = id_of<StaffId>("otto");
  assert_invariants(before, last, after);
  last.change = 98;
  EXPECT_DEATH(assert_invariants(before, last, after), "invariant 37 does not hold");
}

}  // namespace
}  // namespace sallyport
