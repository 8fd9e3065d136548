// An honest ledger gives no findings; each single thing that somebody could have done to it does.
#include "core/ledger/readjudicate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "../tests/support/small_world.h"
#include "base/limits.h"

namespace sallyport {
namespace {

using Entries = std::vector<LedgerEntry>;

// One password reset from call to effect, one unlock, one case denied, one refusal recorded.
SmallWorld honest_world() {
  SmallWorld world;
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), std::nullopt);
  world.wait(seconds(2));
  EXPECT_EQ(world.conclude("c-1", Outcome::done), std::nullopt);
  world.record("c-1", RefusalRecorded{"execute", "ann", DenialCode::case_already_acted, "the case has acted"});
  world.ready("c-2", Action::unlock);
  EXPECT_EQ(world.intend("c-2"), std::nullopt);
  EXPECT_EQ(world.conclude("c-2", Outcome::not_done, "account_gone"), std::nullopt);
  EXPECT_EQ(world.open("c-3", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.told("c-3", DenyCase{id_of<StaffId>("lea"), "a strange voice"}), std::nullopt);
  return world;
}

Entries decoded(const std::vector<std::string>& ledger) {
  Entries out;
  for (const auto& bytes : ledger) out.push_back(*decode_entry(bytes));
  return out;
}

// As an attacker with the server's powers would write it: every stream numbered anew.
std::vector<std::string> encoded(Entries entries) {
  std::map<std::string, std::uint64_t> versions;
  std::vector<std::string> out;
  for (auto& entry : entries) {
    entry.version = versions[entry.stream]++;
    out.push_back(encode_entry(entry));
  }
  return out;
}

template <typename Event>
const Event* as(const LedgerEntry& entry) {
  if (const auto* e = std::get_if<CaseEvent>(&entry.event)) {
    if constexpr (std::is_constructible_v<CaseEvent, Event>) return std::get_if<Event>(e);
  }
  if (const auto* e = std::get_if<OrganizationEvent>(&entry.event)) {
    if constexpr (std::is_constructible_v<OrganizationEvent, Event>) return std::get_if<Event>(e);
  }
  return nullptr;
}

template <typename Event>
std::size_t place_of(const Entries& entries, std::size_t which = 0) {
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (as<Event>(entries[i]) != nullptr && which-- == 0) return i;
  ADD_FAILURE() << "no such event";
  return 0;
}

template <typename Event>
void edit(Entries& entries, const std::function<void(Event&)>& change, std::size_t which = 0) {
  auto& entry = entries[place_of<Event>(entries, which)];
  auto event = *as<Event>(entry);
  change(event);
  if constexpr (std::is_constructible_v<CaseEvent, Event>) entry.event = CaseEvent(std::move(event));
  else entry.event = OrganizationEvent(std::move(event));
}

template <typename Event>
void drop(Entries& entries, std::size_t which = 0) {
  entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place_of<Event>(entries, which)));
}

// Says what the auditor found first.
std::string found(const std::vector<std::string>& ledger) {
  Readjudicator auditor;
  for (std::size_t i = 0; i < ledger.size(); ++i) auditor.feed(i, ledger[i]);
  const auto report = auditor.finish();
  return report.findings.empty() ? std::string() : report.findings.front().text;
}

std::string found_after(const std::function<void(Entries&)>& tamper) {
  auto entries = decoded(honest_world().ledger);
  tamper(entries);
  return found(encoded(std::move(entries)));
}

#define EXPECT_FOUND(text, tamper)                                      \
  do {                                                                  \
    const auto what = found_after([&](Entries& entries) { tamper; });   \
    EXPECT_NE(what.find(text), std::string::npos) << "found: " << what; \
  } while (false)

TEST(Auditor, finds_nothing_in_an_honest_ledger) {
  const auto world = honest_world();
  const auto report = world.audit();
  EXPECT_EQ(report.findings_total, 0U) << report.findings.front().text;
  EXPECT_EQ(report.entries, world.ledger.size());
  EXPECT_EQ(report.cases, 3U);
  EXPECT_EQ(report.permitted, 2U);
  EXPECT_EQ(report.executed, 1U);
  EXPECT_EQ(report.not_done, 1U);
  EXPECT_EQ(report.refusals, 1U);
  EXPECT_EQ(report.unresolved, 0U);
  EXPECT_EQ(report.signatures, 9U + 3U + 1U);  // appointments, a policy and its approvals, a case's approval
  EXPECT_EQ(found_after([](Entries&) {}), "");
}

TEST(Auditor, finds_a_missing_approval) {
  EXPECT_FOUND("the action should not have been permitted: approvals_missing", drop<ApprovalRecorded>(entries));
}

TEST(Auditor, finds_a_signature_over_something_else) {
  EXPECT_FOUND("signature_invalid",
               edit<ApprovalRecorded>(entries, [](auto& e) { e.assertion.signature.back() ^= 1; }));
  EXPECT_FOUND("signature_invalid", edit<CaseOpened>(entries, [](auto& e) { e.account.state_token = "another"; }));
  EXPECT_FOUND("signature_invalid", edit<CaseOpened>(entries, [](auto& e) { e.holder = sha256(view_of("mallory")); }));
  EXPECT_FOUND("recorded as another person",
               edit<ApprovalRecorded>(entries, [](auto& e) { e.by = *StaffId::parse("leo"); }));
  EXPECT_FOUND("credential_unknown", edit<ApprovalRecorded>(entries, [](auto& e) {
                 e.by = *StaffId::parse("leo");
                 e.person = *PersonId::parse("person.leo");
               }));
  EXPECT_FOUND("another organization or team",
               edit<CaseOpened>(entries, [](auto& e) { e.request.agent_team = *TeamId::parse("security"); }));
}

TEST(Auditor, finds_an_action_that_was_changed) {
  EXPECT_FOUND("requirement is not what the policy gives",
               edit<CaseOpened>(entries, [](auto& e) { e.action = Action::mfa_reset; }));
  EXPECT_FOUND("the executor should not have acted",
               edit<IntentRecorded>(entries, [](auto& e) { e.action = Action::unlock; }));
  EXPECT_FOUND("the executor should not have acted",
               edit<IntentRecorded>(entries, [](auto& e) { e.account = *AccountId::parse("mallory"); }));
}

TEST(Auditor, finds_a_requirement_that_was_eased) {
  EXPECT_FOUND("requirement is not what the policy gives",
               edit<CaseOpened>(entries, [](auto& e) { e.requirement.signals = 1; }));
  EXPECT_FOUND("requirement is not what the policy gives",
               edit<CaseOpened>(entries, [](auto& e) { e.account_class = *ClassName::parse("tier0"); }));
  EXPECT_FOUND("under a policy that was not in force",
               edit<CaseOpened>(entries, [](auto& e) { e.policy = sha256(view_of("x")); }));
  EXPECT_FOUND("expiry", edit<CaseOpened>(entries, [](auto& e) { e.expires_at = e.expires_at + hours(1); }));
  EXPECT_FOUND("requester", edit<CaseOpened>(entries, [](auto& e) { e.requester = *PersonId::parse("person.abe"); }));
}

TEST(Auditor, finds_a_count_of_cases_that_was_lowered) {
  SmallWorld world;
  for (const auto* id : {"c-1", "c-2", "c-3"}) EXPECT_EQ(world.open(id, Action::unlock), std::nullopt);
  EXPECT_EQ(world.open("c-4", Action::unlock), DenialCode::too_many_cases);
  EXPECT_EQ(world.audit().findings_total, 0U);
  auto fourth = world.opening(Action::unlock);
  fourth.cases_24h = 2;  // what a server says that wants to go on guessing
  EXPECT_EQ(world.told("c-4", fourth), std::nullopt);
  const auto report = world.audit();
  ASSERT_EQ(report.findings_total, 1U);
  EXPECT_NE(report.findings.front().text.find("3 cases in 24 hours, not 2"), std::string::npos);
}

TEST(Auditor, finds_failed_evidence_made_to_pass) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.give("c-1", "totp", EvidenceResult::failed), std::nullopt);
  EXPECT_EQ(world.give("c-1", "recovery_code"), std::nullopt);
  auto entries = decoded(world.ledger);
  edit<EvidenceRecorded>(entries, [](auto& e) { e.evidence.result = EvidenceResult::passed; });
  EXPECT_EQ(found(encoded(entries)), "");  // nothing came of it yet
  IdentityVerified verified;               // so the attacker goes on
  verified.number = 1;
  verified.at = world.now;
  verified.evidence = {1, 2};
  verified.hold_until = world.now;
  verified.expires_at = world.now + hours(1);
  entries.push_back({"case/c-1", 0, world.now, CaseEvent(verified)});
  ApprovalRecorded approval{*StaffId::parse("lea"), *PersonId::parse("person.lea"), 1, {}, 0, {}};
  entries.push_back({"case/c-1", 0, world.now, CaseEvent(approval)});
  EXPECT_NE(found(encoded(entries)), "");  // nobody signed for it
}

TEST(Auditor, finds_evidence_swapped_under_an_approval) {
  EXPECT_FOUND("signature_invalid",
               edit<EvidenceRecorded>(entries, [](auto& e) { e.evidence.detail = "another step"; }));
  EXPECT_FOUND("evidence that does not suffice",
               edit<EvidenceRecorded>(entries, [](auto& e) { e.evidence.result = EvidenceResult::failed; }));
  EXPECT_FOUND("the evidence's number, time or attester",
               edit<EvidenceRecorded>(entries, [](auto& e) { e.evidence.at = e.evidence.at - minutes(9); }));
  EXPECT_FOUND("evidence that does not suffice", drop<EvidenceRecorded>(entries, 0);
               edit<EvidenceRecorded>(entries, [](auto& e) { e.evidence.number = 1; });
               edit<IdentityVerified>(entries, [](auto& e) { e.evidence = {1}; }));
}

TEST(Auditor, finds_a_verification_that_is_not_what_the_rules_give) {
  EXPECT_FOUND("the hold or the life",
               edit<IdentityVerified>(entries, [](auto& e) { e.expires_at = e.expires_at + Duration{1}; }));
  EXPECT_FOUND("the hold or the life",
               edit<IdentityVerified>(entries, [](auto& e) { e.hold_until = e.hold_until - Duration{1}; }));
  EXPECT_FOUND("other evidence than counts", edit<IdentityVerified>(entries, [](auto& e) { e.strong = true; }));
  EXPECT_FOUND("while a verification stood", {
    auto again = entries[place_of<IdentityVerified>(entries)];
    auto event = *as<IdentityVerified>(again);
    event.number = 2;
    again.event = CaseEvent(event);
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place_of<IdentityVerified>(entries)) + 1, again);
  });
}

TEST(Auditor, finds_a_permit_that_is_not_what_the_rules_give) {
  EXPECT_FOUND("something else than the rules give",
               edit<ActionPermitted>(entries, [](auto& e) { e.expires_at = e.expires_at + hours(1); }));
  EXPECT_FOUND("something else than the rules give",
               edit<ActionPermitted>(entries, [](auto& e) { e.approvers.clear(); }));
  EXPECT_FOUND("something else than the rules give",
               edit<ActionPermitted>(entries, [](auto& e) { e.statement = Digest{}; }));
  EXPECT_FOUND("the executor should not have acted", drop<ActionPermitted>(entries));
}

TEST(Auditor, finds_an_intent_told_twice) {
  EXPECT_FOUND("the executor should not have acted", {
    const auto at = place_of<IntentRecorded>(entries);
    auto twin = entries[at];
    auto event = *as<IntentRecorded>(twin);
    event.fence_token += 1;
    twin.event = CaseEvent(event);
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(at) + 1, twin);
  });
}

TEST(Auditor, finds_an_execution_that_is_missing_from_the_ledger) {
  const auto as_number = [](std::uint64_t token) {
    return [token](IntentRecorded& e) {
      e.fence_token = token;
      e.marker_to = marker_of_execution(token, e.execution);
    };
  };
  EXPECT_FOUND("the fence token does not follow", edit<IntentRecorded>(entries, as_number(3), 1));
  EXPECT_FOUND(
      "the account's marker is not what the ledger left there",
      edit<IntentRecorded>(
          entries, [](auto& e) { e.marker_from = marker_of_execution(1, *ExecutionId::parse("unheard-of.1")); }, 1));
  EXPECT_FOUND("markers are not those of its execution",
               edit<IntentRecorded>(entries, [](auto& e) { e.marker_to = "e1:another.1"; }));
}

TEST(Auditor, finds_an_outcome_that_nothing_led_to) {
  EXPECT_FOUND("an outcome has no intent", drop<IntentRecorded>(entries));
  EXPECT_FOUND("the account's marker tells another outcome",
               edit<OutcomeRecorded>(entries, [](auto& e) { e.marker.clear(); }));
  EXPECT_FOUND("the account's marker tells another outcome",
               edit<OutcomeRecorded>(entries, [](auto& e) { e.outcome = Outcome::not_done; }));
  EXPECT_FOUND("not fenced may still happen", edit<OutcomeRecorded>(entries, [](auto& e) {
                 e.outcome = Outcome::not_done;
                 e.marker.clear();
                 e.reconciled = true;
               }));
  EXPECT_FOUND("the case's result is not its outcome", edit<OutcomeRecorded>(entries, [](auto& e) {
                 e.outcome = Outcome::not_done;
                 e.marker.clear();
               }));
  EXPECT_FOUND("the case's result is not its outcome",
               edit<CaseClosed>(entries, [](auto& e) { e.result = CaseResult::failed; }));
  EXPECT_FOUND("the case's result is not its outcome",
               edit<CaseClosed>(entries, [](auto& e) { e.result = CaseResult::done; }, 1));
}

TEST(Auditor, finds_a_second_permit_after_success) {
  EXPECT_FOUND("", {
    drop<CaseClosed>(entries);
    drop<RefusalRecorded>(entries);
    auto twin = entries[place_of<ActionPermitted>(entries)];
    auto event = *as<ActionPermitted>(twin);
    event.attempt = 2;
    twin.at = entries[place_of<OutcomeRecorded>(entries)].at;
    twin.event = CaseEvent(event);
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(place_of<OutcomeRecorded>(entries)) + 1, twin);
  });
}

TEST(Auditor, finds_a_case_that_somebody_ended_who_may_not) {
  EXPECT_FOUND("the case should not have been denied", edit<CaseClosed>(entries, [](auto& e) { e.by = "ann"; }, 2));
  EXPECT_FOUND("the case should not have been cancelled", edit<CaseClosed>(
                                                              entries,
                                                              [](auto& e) {
                                                                e.result = CaseResult::cancelled;
                                                                e.by = "abe";
                                                              },
                                                              2));
  EXPECT_FOUND("the case had not expired",
               edit<CaseClosed>(entries, [](auto& e) { e.result = CaseResult::expired; }, 2));
  for (const auto* who : {"ann", "clock", "holder", ""})
    EXPECT_FOUND("not executor", edit<CaseClosed>(entries, [&](auto& e) { e.by = who; }));
  EXPECT_FOUND("failed without an outcome",
               edit<CaseClosed>(entries, [](auto& e) { e.result = CaseResult::failed; }, 2));
}

TEST(Auditor, finds_an_approver_who_was_removed_before) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.give("c-1", "totp"), std::nullopt);
  EXPECT_EQ(world.give("c-1", "recovery_code"), std::nullopt);
  EXPECT_EQ(world.approve("lea", "c-1"), std::nullopt);
  world.dismiss("lea");
  auto entries = decoded(world.ledger);
  EXPECT_EQ(found(encoded(entries)), "");
  std::swap(entries[entries.size() - 2], entries.back());  // first dismissed, then approving
  EXPECT_NE(found(encoded(entries)).find("staff_unknown"), std::string::npos);
}

TEST(Auditor, finds_staff_that_no_operator_appointed) {
  EXPECT_FOUND("signature_invalid",
               edit<StaffEnrolled>(entries, [](auto& e) { e.member.seats = {*RoleName::parse("tier0_approver")}; }));
  EXPECT_FOUND("signature_invalid",
               edit<StaffEnrolled>(entries, [](auto& e) { e.signature.assertion.signature.back() ^= 1; }));
  EXPECT_FOUND("staff_unknown",
               edit<StaffEnrolled>(entries, [](auto& e) { e.signature.by = *StaffId::parse("mallory"); }));
  EXPECT_FOUND("organization_moved_on", edit<StaffEnrolled>(entries, [](auto& e) { e.signature.number = 2; }));
}

TEST(Auditor, finds_a_change_signed_by_somebody_who_is_no_operator) {
  SmallWorld world;
  const auto forged =
      world.signed_by("lea", StaffEnrolled{world.staff("mallory", {StaffRole::approver}, {"desk_lead"}), {}});
  world.record(OrganizationEvent(forged));
  EXPECT_NE(found(world.ledger).find("role_missing"), std::string::npos);
}

TEST(Auditor, finds_nothing_when_operators_go_and_changes_are_closed) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), std::nullopt);
  EXPECT_EQ(world.reject("otis", world.organization.changes, "not otto"), std::nullopt);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), std::nullopt);
  EXPECT_EQ(world.withdraw("olga", world.organization.changes), std::nullopt);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), std::nullopt);
  EXPECT_EQ(world.agree("otis"), std::nullopt);
  world.appoint("omar", {StaffRole::operator_}, {}, "it");
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("olga"), {}})), std::nullopt);
  EXPECT_EQ(found(world.ledger), "");
}

TEST(Auditor, finds_an_operator_who_was_removed_by_one_alone) {
  SmallWorld world;
  auto alone = world;
  const auto removal = StaffRemoved{id_of<StaffId>("otto"), {}};
  alone.record(OrganizationEvent(alone.signed_by("olga", removal)));  // signed in the same words
  EXPECT_NE(found(alone.ledger).find("removed without the approval of another operator"), std::string::npos);
  EXPECT_EQ(world.change(world.signed_by("olga", removal)), std::nullopt);
  EXPECT_EQ(found(world.ledger), "");
  auto approved_by_themselves = world;
  approved_by_themselves.record(OrganizationEvent(
      approved_by_themselves.signed_by("otto", ChangeApproved{approved_by_themselves.organization.changes, {}})));
  EXPECT_NE(found(approved_by_themselves.ledger).find("subject_may_not_decide"), std::string::npos);
}

TEST(Auditor, finds_a_removal_that_was_left_waiting) {
  SmallWorld world;
  const auto signed_removal = world.signed_by("olga", StaffRemoved{id_of<StaffId>("lea"), {}});
  world.record(OrganizationEvent(RemovalProposed{signed_removal.staff, signed_removal.signature}));
  EXPECT_NE(found(world.ledger).find("takes nobody's approval"), std::string::npos);
}

TEST(Auditor, finds_a_forged_rejection) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), std::nullopt);
  const auto number = world.organization.changes;
  const auto found_with = [&](const ChangeRejected& forged) {
    auto copy = world;
    copy.record(OrganizationEvent(forged));
    return found(copy.ledger);
  };
  const auto honest = world.signed_by("otis", ChangeRejected{number, "not otto", {}});
  EXPECT_EQ(found_with(honest), "");
  auto forged = honest;
  forged.reason = "otto is the best of us";
  EXPECT_NE(found_with(forged).find("signature_invalid"), std::string::npos);
  forged = honest;
  forged.signature.assertion.signature.back() ^= 1;
  EXPECT_NE(found_with(forged).find("signature_invalid"), std::string::npos);
  forged = honest;
  forged.signature.by = id_of<StaffId>("otto");
  EXPECT_NE(found_with(forged).find("credential_unknown"), std::string::npos);
  const auto by = [&](std::string_view who) {
    return found_with(world.signed_by(who, ChangeRejected{number, "not otto", {}}));
  };
  EXPECT_NE(by("otto").find("subject_may_not_decide"), std::string::npos);
  EXPECT_NE(by("olga").find("requester_may_not_reject"), std::string::npos);
  EXPECT_NE(by("lea").find("role_missing"), std::string::npos);
}

TEST(Auditor, finds_a_forged_withdrawal) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), std::nullopt);
  const auto number = world.organization.changes;
  const auto found_with = [&](const ChangeWithdrawn& forged) {
    auto copy = world;
    copy.record(OrganizationEvent(forged));
    return found(copy.ledger);
  };
  const auto honest = world.signed_by("olga", ChangeWithdrawn{number, {}});
  EXPECT_EQ(found_with(honest), "");
  auto forged = honest;
  forged.signature.assertion.signature.back() ^= 1;
  EXPECT_NE(found_with(forged).find("signature_invalid"), std::string::npos);
  EXPECT_NE(found_with(world.signed_by("otto", ChangeWithdrawn{number, {}})).find("not_your_change"),
            std::string::npos);
}

TEST(Auditor, finds_an_approval_of_what_was_closed) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), std::nullopt);
  const auto number = world.organization.changes;
  auto open = world;
  EXPECT_EQ(world.reject("otis", number, "not otto"), std::nullopt);
  const auto late = [&](OrganizationState& as_if_open) {
    as_if_open.changes = world.organization.changes;
    ChangeApproved approval{number, {as_if_open.changes + 1, id_of<StaffId>("otis"), {}}};
    approval.signature.assertion = Stage::sign("otis", change_domain, change_statement(as_if_open, approval));
    return approval;
  }(open.organization);
  auto ledger = world.ledger;
  ledger.push_back(
      encode_entry({std::string(organization_stream), world.organization.version, world.now, OrganizationEvent(late)}));
  const auto what = found(ledger);
  EXPECT_NE(what.find("signature_invalid"), std::string::npos) << what;  // nothing is open under that number
  ledger.back() = encode_entry({std::string(organization_stream), world.organization.version, world.now,
                                OrganizationEvent(world.signed_by("otis", ChangeApproved{number, {}}))});
  EXPECT_NE(found(ledger).find("change_not_open"), std::string::npos);
}

// Where the entries of the last proposal begin: the parts of its certificate, itself, two approvals.
std::size_t proposal_at(const std::vector<LedgerEntry>& entries) {
  auto at = entries.size() - 3;
  while (std::holds_alternative<OrganizationEvent>(entries[at - 1].event) &&
         std::holds_alternative<ProofPart>(std::get<OrganizationEvent>(entries[at - 1].event)))
    --at;
  return at;
}

TEST(Auditor, finds_a_policy_that_was_put_back) {
  SmallWorld world;
  const auto before = decoded(world.ledger);
  world.activate(concat(small_policy, "# stricter days\n"));
  auto entries = decoded(world.ledger);
  // Its signatures were good once.
  entries.insert(entries.end(), before.begin() + static_cast<std::ptrdiff_t>(proposal_at(before)), before.end());
  for (auto version = world.organization.version; version < entries.size(); ++version)
    entries[version].version = version;
  EXPECT_NE(found(encoded(entries)).find("organization_moved_on"), std::string::npos);
}

TEST(Auditor, finds_a_policy_that_operators_put_back) {
  SmallWorld world;
  world.activate(concat(small_policy, "# stricter days\n"));
  const auto again = world.signed_by("olga", SmallWorld::proposal(small_policy));
  for (const auto& part : parts_of(again.certificate)) world.record(OrganizationEvent(part));
  world.record(OrganizationEvent(
      PolicyProposed{again.text, again.organization, sha256(view_of(again.certificate)), again.signature}));
  EXPECT_NE(found(world.ledger).find("policy_was_in_force"), std::string::npos);
}

TEST(Auditor, finds_a_policy_without_its_proof) {
  SmallWorld world;
  const auto text = concat(small_policy, "# another day\n");
  const auto propose = [&](ProposePolicy p) {
    auto again = world;
    p = again.signed_by("olga", p);
    for (const auto& part : parts_of(p.certificate)) again.record(OrganizationEvent(part));
    again.record(
        OrganizationEvent(PolicyProposed{p.text, p.organization, sha256(view_of(p.certificate)), p.signature}));
    return found(again.ledger);
  };
  const auto proved = SmallWorld::proposal(text);
  EXPECT_EQ(propose(proved), "");
  auto none = proved;
  none.certificate.clear();
  EXPECT_NE(propose(none).find("policy_unproved"), std::string::npos);
  auto of_another = proved;
  of_another.certificate = SmallWorld::proposal(small_policy).certificate;
  EXPECT_NE(propose(of_another).find("policy_unproved"), std::string::npos);
  auto changed = proved;
  changed.certificate.replace(changed.certificate.find("[["), 2, "[[ ");
  EXPECT_EQ(propose(changed), "");  // white space says nothing
  auto claims_less = proved;
  const auto claims = claims_less.certificate.find("\"claims\":[{");
  claims_less.certificate.erase(claims + 10, claims_less.certificate.find("},{", claims) + 2 - claims - 10);
  EXPECT_NE(propose(claims_less).find("policy_unproved"), std::string::npos);
}

TEST(Auditor, finds_parts_of_a_proof_that_lead_nowhere) {
  SmallWorld world;
  auto entries = decoded(world.ledger);
  const auto at = static_cast<std::ptrdiff_t>(proposal_at(entries));
  const auto part = entries[static_cast<std::size_t>(at)];
  entries.push_back(part);  // at the end nothing follows
  entries.back().version = entries.size() - 1;
  EXPECT_NE(found(encoded(entries)).find("without the proposal"), std::string::npos);
  entries = decoded(world.ledger);
  entries.erase(entries.begin() + at);
  for (std::size_t i = static_cast<std::size_t>(at); i < entries.size(); ++i) entries[i].version = i;
  EXPECT_NE(found(encoded(entries)), "");
}

TEST(Auditor, finds_a_policy_that_too_few_approved) {
  SmallWorld world;
  world.activate(concat(small_policy, "# another day\n"));
  EXPECT_EQ(world.open("c-1", Action::unlock), std::nullopt);
  auto entries = decoded(world.ledger);
  const auto approval = static_cast<std::ptrdiff_t>(entries.size()) - 2;
  entries.erase(entries.begin() + approval);
  EXPECT_NE(found(encoded(entries)).find("under a policy that was not in force"), std::string::npos);
}

TEST(Auditor, finds_a_back_dated_policy) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::unlock), std::nullopt);
  const auto opened = static_cast<std::ptrdiff_t>(world.ledger.size()) - 1;
  world.wait(minutes(1));
  world.activate(concat(small_policy, "# another day\n"));
  auto entries = decoded(world.ledger);
  entries.back().at = entries.back().at - minutes(5);
  EXPECT_NE(found(encoded(entries)).find("time runs backwards"), std::string::npos);
  entries = decoded(world.ledger);
  std::rotate(entries.begin() + opened, entries.begin() + opened + 1, entries.end());  // and moved before the case
  entries.back().at = world.now;
  EXPECT_NE(found(encoded(entries)).find("under a policy that was not in force"), std::string::npos);
}

TEST(Auditor, finds_a_ledger_that_was_cut_reordered_or_rewritten) {
  const auto world = honest_world();
  auto cut = world.ledger;
  cut.erase(cut.begin());
  EXPECT_NE(found(cut), "");
  auto reordered = world.ledger;
  std::swap(reordered[2], reordered[3]);
  EXPECT_NE(found(reordered).find("out of its stream's order"), std::string::npos);
  auto swapped = world.ledger;
  std::swap(swapped[12], swapped[13]);
  EXPECT_NE(found(swapped), "");
  auto twice = world.ledger;
  twice.insert(twice.begin(), twice.front());
  EXPECT_NE(found(twice), "");
  auto spaced = world.ledger;
  spaced[4].insert(1, " ");
  EXPECT_EQ(found(spaced), "the entry is not in canonical form");
  auto garbled = world.ledger;
  garbled[4].pop_back();
  EXPECT_NE(found(garbled), "");
}

TEST(Auditor, finds_any_entry_left_out) {
  const auto entries = decoded(honest_world().ledger);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool closes_a_case = as<CaseClosed>(entries[i]) != nullptr || as<RefusalRecorded>(entries[i]) != nullptr;
    const bool of_nobodys_use = i >= 1 && i <= 7;  // a member of staff who did nothing here: later numbers give it away
    auto without = entries;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    if (closes_a_case) continue;  // the tail of a stream: the Merkle tree's concern, not ours
    EXPECT_NE(found(encoded(without)), "") << "entry " << i << (of_nobodys_use ? " (staff)" : "");
  }
}

TEST(Auditor, survives_any_single_byte_changed) {
  const auto world = honest_world();
  for (std::size_t i = 0; i < world.ledger.size(); ++i) {
    for (std::size_t at = 0; at < world.ledger[i].size(); at += 97) {
      auto ledger = world.ledger;
      ledger[i][at] = static_cast<char>(ledger[i][at] ^ 1);
      Readjudicator auditor;
      for (std::size_t k = 0; k <= i; ++k) auditor.feed(k, ledger[k]);
      (void)auditor.finish();
    }
  }
}

TEST(Auditor, survives_the_longest_case_id) {
  SmallWorld world;
  const std::string longest(id_length_max, 'c');
  world.ready(longest, Action::unlock);
  EXPECT_EQ(world.intend(longest), std::nullopt);
  EXPECT_EQ(world.audit().findings_total, 0U);
}

TEST(Auditor, counts_findings_past_those_it_keeps) {
  Readjudicator auditor;
  for (std::size_t i = 0; i < audit_findings_max + 20; ++i) auditor.feed(i, "{}");
  const auto report = auditor.finish();
  EXPECT_EQ(report.findings.size(), audit_findings_max);
  EXPECT_EQ(report.findings_total, audit_findings_max + 20);
}

}  // namespace
}  // namespace sallyport
