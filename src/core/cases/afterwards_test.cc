// Lists of cases, alarms, suspension, effects that end, and reviews (R9, R15, R21, R22): what is allowed beside what is
// not, and what the auditor says of a ledger that tells otherwise.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "base/limits.h"
#include "core/cases/assess.h"

namespace sallyport {
namespace {

constexpr std::optional<DenialCode> allowed = std::nullopt;

// The small policy with ways to tell the holder, and tiers that speak of alarms, lists and ends.
std::string afterwards_policy() {
  std::string text(small_policy);
  const auto put = [&](std::string_view before, std::string_view what) { text.insert(text.find(before), what); };
  const auto swap = [&](std::string_view what, std::string_view with) {
    text.replace(text.find(what), what.size(), with);
  };
  put("tiers:\n", "notices:\n  mail: {rests_on: [mailbox], unchanged_for: 30d}\n  letter: {rests_on: [address]}\n");
  swap("  standard: {signals: 2, approvers: [{at_least: 1, role: desk_lead}]}\n",
       "  standard: {signals: 2, approvers: [{at_least: 1, role: desk_lead}], lists: 2, review: {within: 7d, batch: "
       "true}}\n"
       "  none:     {signals: 0}\n"
       "  glass:    {signals: 1, lasts: 60m, review: 24h}\n"
       "  alarmed:  {signals: 1, hold: {for: 30m}, alarm: independent}\n");
  put("limits:",
      "  suspend: none\n  emergency_access: glass\n  recovery_factor_change: alarmed\n"
      "rules:\n  - {id: unreviewed, when: \"action == 'emergency_access' && request.overdue_reviews > 0\", "
      "deny: nobody looked}\n");
  swap("limits: {", "limits: {approvals_per_approver_1h: 2, ");
  return text;
}

struct Afterwards : SmallWorld {
  Afterwards() : SmallWorld(afterwards_policy()) {
    appoint("rita", {StaffRole::reviewer}, {}, "audit");
    appoint("lara", {StaffRole::reviewer, StaffRole::approver}, {"desk_lead"});
  }
  // Everything but the approval, of an account of its own.
  void proven(const std::string& id, std::string_view account) {
    EXPECT_EQ(told(id, opening(Action::password_reset, "ann", account)), allowed);
    EXPECT_EQ(give(id, "totp"), allowed);
    EXPECT_EQ(give(id, "recovery_code"), allowed);
    EXPECT_EQ(seal(id), allowed);
  }
  void done(const std::string& id, std::string_view by = "lea") {
    if (!state(id).permit) {
      EXPECT_EQ(approve(by, id), allowed);
    }
    EXPECT_EQ(intend(id), allowed);
    EXPECT_EQ(conclude(id, Outcome::done), allowed);
  }
  std::optional<DenialCode> review(std::string_view by, const std::string& id,
                                   ReviewVerdict verdict = ReviewVerdict::proper) {
    return told(id, reviews(by, {id}, verdict, false).front());
  }
  std::optional<DenialCode> tells(std::string_view id, std::string_view way,
                                  std::string_view since = "2025-01-01T00:00:00.000Z") {
    RecordNotice command{id_of<NoticeName>(way), instant_from_rfc3339(since), false};
    return told(id, command);
  }
  [[nodiscard]] std::string finding() const {
    const auto report = audit();
    return report.findings.empty() ? std::string() : report.findings.front().text;
  }
};

// -- lists ----------------------------------------------------------------------------------------
TEST(Lists, carry_each_case_by_a_path_of_its_own) {
  Afterwards world;
  world.proven("c-1", "paul");
  world.proven("c-2", "pia");
  const auto both = world.approvals("lea", {"c-1", "c-2"});
  EXPECT_EQ(world.told("c-2", both[0]), DenialCode::statement_differs);  // the place of the other one
  EXPECT_EQ(world.told("c-1", both[0]), allowed);
  EXPECT_EQ(world.told("c-2", both[1]), allowed);
  EXPECT_TRUE(world.state("c-1").permit && world.state("c-2").permit);
  EXPECT_EQ(world.finding(), "");
}

TEST(Lists, are_no_longer_than_every_tier_allows) {
  Afterwards world;
  for (const auto* name : {"paul", "pia", "pam"}) world.proven(concat("c-", name), name);
  const auto three = world.approvals("lea", {"c-paul", "c-pia", "c-pam"});
  EXPECT_EQ(world.told("c-paul", three[0]), DenialCode::list_not_allowed);
  auto admin = world.opening(Action::password_reset, "ann", "ada");
  admin.account.admin = true;  // a class whose floor is silent on lists
  EXPECT_EQ(world.told("c-ada", admin), allowed);
  EXPECT_EQ(world.give("c-ada", "passkey"), allowed);
  EXPECT_EQ(world.give("c-ada", "recovery_code"), allowed);
  EXPECT_EQ(world.told("c-ada", world.approvals("lea", {"c-ada", "c-pia"})[0]), DenialCode::list_not_allowed);
  EXPECT_EQ(world.told("c-ada", world.approvals("lea", {"c-ada"})[0]), allowed);  // of one
}

TEST(Lists, are_one_approval_of_the_hour_and_the_auditor_counts_so) {
  Afterwards world;
  for (const auto* name : {"a1", "a2", "a3", "a4", "a5"}) world.proven(concat("c-", name), name);
  for (const auto& pair : {std::pair("c-a1", "c-a2"), std::pair("c-a3", "c-a4")}) {
    const auto list = world.approvals("lea", {pair.first, pair.second});
    EXPECT_EQ(world.told(pair.first, list[0]), allowed);
    EXPECT_EQ(world.told(pair.second, world.approvals("lea", {pair.first, pair.second})[1]), allowed);
  }
  EXPECT_EQ(world.approve("lea", "c-a5"), DenialCode::approver_over_budget);
  EXPECT_EQ(world.finding(), "");
  auto understated = world.approval("leo", "c-a5");
  EXPECT_EQ(world.told("c-a5", understated), allowed);
  Afterwards other;
  for (const auto* name : {"b1", "b2"}) other.proven(concat("c-", name), name);
  EXPECT_EQ(other.approve("lea", "c-b1"), allowed);
  auto list = other.approvals("lea", {"c-b2"});
  list[0].approvals_1h = 0;
  EXPECT_EQ(other.told("c-b2", list[0]), allowed);  // whoever records it says so; the ledger shows that it is not so
  EXPECT_NE(other.finding().find("`lea` had approved 1 times within an hour, not 0"), std::string::npos);
}

TEST(Lists, that_were_forged_are_convicted) {
  Afterwards world;
  world.proven("c-1", "paul");
  world.proven("c-2", "pia");
  const auto list = world.approvals("lea", {"c-1"});
  EXPECT_EQ(world.told("c-1", list[0]), allowed);
  // Somebody who writes the ledger says that the other case was on the list, too.
  ApprovalRecorded forged{id_of<StaffId>("lea"), id_of<PersonId>("person.lea"), 1, list[0].assertion, 1, {},
                          list[0].list};
  ASSERT_TRUE(world.write_down("c-2", CaseEvent(forged)).has_value());
  EXPECT_NE(world.finding().find("statement_differs"), std::string::npos) << world.finding();
}

// -- alarms ---------------------------------------------------------------------------------------
TEST(Alarms, count_when_they_rest_on_nothing_that_gave_proof) {
  Afterwards world;
  ASSERT_EQ(world.open("c-1", Action::recovery_factor_change), allowed);
  ASSERT_EQ(world.tells("c-1", "mail"), allowed);
  ASSERT_EQ(world.told("c-1", RequestSignal{id_of<SignalName>("mail_code"), minutes(10)}), allowed);
  ASSERT_EQ(world.give("c-1", "mail_code"), allowed);
  world.now = world.now + minutes(31);
  const auto ask = SmallWorld::execution("ann", Action::recovery_factor_change);
  EXPECT_EQ(world.told("c-1", ask), DenialCode::alarm_missing);  // the mailbox gave the proof
  EXPECT_EQ(world.tells("c-1", "letter"), allowed);
  EXPECT_EQ(world.told("c-1", ask), DenialCode::hold_not_over);  // which begins when somebody could know
  world.now = world.now + minutes(29) + seconds(59);
  EXPECT_EQ(world.told("c-1", ask), DenialCode::hold_not_over);
  world.now = world.now + seconds(1);
  EXPECT_EQ(world.told("c-1", ask), allowed);
  EXPECT_EQ(world.finding(), "");
}

TEST(Alarms, are_not_silenced_by_proofs_that_nobody_needs) {
  Afterwards world;  // as before, and the claimant also gives what the tier does not ask for
  ASSERT_EQ(world.open("c-1", Action::recovery_factor_change), allowed);
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  ASSERT_EQ(world.tells("c-1", "mail"), allowed);
  auto& all = world.cases.at("c-1");
  const auto more = [&](std::string_view signal) {
    auto one = all.evidence.front();
    one.number = static_cast<std::uint32_t>(all.evidence.size() + 1);
    one.signal = id_of<SignalName>(signal);
    all.evidence.push_back(one);
    all.identity->evidence.push_back(one.number);
  };
  more("mail_code");
  world.wait(minutes(30));
  const auto both = assess(all, world.organization, world.now);
  ASSERT_TRUE(both.has_value());
  EXPECT_TRUE(both->identity_stands);
  EXPECT_TRUE(both->alarm_raised);  // totp alone suffices, and rests on nothing of the mailbox
  all.evidence.erase(all.evidence.begin());
  all.evidence.front().number = 1;
  all.identity->evidence = {1};
  const auto code_alone = assess(all, world.organization, world.now);
  ASSERT_TRUE(code_alone.has_value());
  EXPECT_TRUE(code_alone->identity_stands);
  EXPECT_FALSE(code_alone->alarm_raised);
}

TEST(Alarms, come_from_addresses_that_stood_long_enough_and_ways_that_the_policy_knows) {
  Afterwards world;
  ASSERT_EQ(world.open("c-1", Action::recovery_factor_change), allowed);
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  EXPECT_EQ(world.tells("c-1", "mail", "2026-02-01T00:00:00.000Z"), allowed);  // recorded, and no alarm
  EXPECT_EQ(world.told("c-1", RecordNotice{id_of<NoticeName>("mail"), {}, false}), allowed);
  EXPECT_EQ(world.told("c-1", RecordNotice{id_of<NoticeName>("letter"), {}, true}), allowed);  // rests on the account
  EXPECT_EQ(world.tells("c-1", "pigeon"), DenialCode::notice_not_in_policy);
  const auto ask = SmallWorld::execution("ann", Action::recovery_factor_change);
  EXPECT_EQ(world.told("c-1", ask), DenialCode::alarm_missing);
  EXPECT_EQ(world.tells("c-1", "mail"), allowed);
  EXPECT_EQ(world.told("c-1", ask), DenialCode::hold_not_over);
  for (auto n = world.state("c-1").notices.size(); n < notices_per_case_max; ++n)
    ASSERT_EQ(world.tells("c-1", "letter"), allowed);
  EXPECT_EQ(world.tells("c-1", "letter"), DenialCode::limit_reached);
  EXPECT_EQ(world.finding(), "");
}

// -- suspension, and effects that end ----------------------------------------------------------------
TEST(Suspension, takes_no_signal_and_no_class_floor_and_nothing_else_goes_without) {
  Afterwards world;
  auto suspend = world.opening(Action::suspend, "ann", "ada");
  suspend.account.groups = {"Domain Admins"};
  EXPECT_EQ(world.told("c-1", suspend), allowed);
  EXPECT_TRUE(world.state("c-1").permit.has_value());
  EXPECT_EQ(world.state("c-1").version, 3U);
  world.done("c-1");
  auto unlock = world.opening(Action::unlock, "ann", "ada");
  unlock.account.groups = {"Domain Admins"};
  EXPECT_EQ(world.told("c-2", unlock), allowed);
  EXPECT_FALSE(world.state("c-2").identity.has_value());
  EXPECT_EQ(world.finding(), "");
}

TEST(Suspension, begins_no_cooldown_and_takes_none_of_the_cases_of_a_day) {
  std::string policy = afterwards_policy();
  policy.replace(policy.find("limits: {"), 9, "limits: {cooldown_after_own_recovery: 72h, ");
  SmallWorld world(policy);
  for (const auto* id : {"c-1", "c-2", "c-3"}) {  // of lea, who is an approver; three cases are a day's
    ASSERT_EQ(world.told(id, world.opening(Action::suspend, "ann", "lea")), allowed);
    ASSERT_EQ(world.intend(id), allowed);
    ASSERT_EQ(world.conclude(id, Outcome::done), allowed);
  }
  EXPECT_EQ(world.told("c-4", world.opening(Action::suspend, "ann", "lea")), DenialCode::too_many_cases);
  EXPECT_EQ(world.told("c-5", world.opening(Action::unlock, "ann", "lea")), allowed);
  EXPECT_EQ(world.state("c-5").opened.cases_24h, 0U);
  world.open("c-6", Action::password_reset);
  world.give("c-6", "totp");
  world.give("c-6", "recovery_code");
  EXPECT_EQ(world.approve("lea", "c-6"), allowed);
  EXPECT_EQ(world.audit().findings_total, 0U);
  // An unlock of her own does begin one.
  ASSERT_EQ(world.give("c-5", "totp"), allowed);
  ASSERT_EQ(world.intend("c-5"), allowed);
  ASSERT_EQ(world.conclude("c-5", Outcome::done), allowed);
  ASSERT_EQ(world.told("c-7", world.opening(Action::password_reset, "ann", "pia")), allowed);
  world.give("c-7", "totp");
  world.give("c-7", "recovery_code");
  EXPECT_EQ(world.approve("lea", "c-7"), DenialCode::approver_in_cooldown);
}

TEST(Suspension, of_another_action_is_convicted) {
  Afterwards world;
  ASSERT_EQ(world.open("c-1", Action::unlock), allowed);
  const IdentityVerified at_once{1, world.now, {}, false, world.now, world.now + hours(1)};
  ASSERT_TRUE(world.write_down("c-1", CaseEvent(at_once)).has_value());
  EXPECT_NE(world.finding().find("no signal was given at that moment"), std::string::npos);
}

TEST(Ends, are_told_to_the_directory_or_it_does_not_act) {
  Afterwards world;
  ASSERT_EQ(world.open("c-1", Action::emergency_access), allowed);
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  auto intent = world.intent("c-1");
  for (const auto& other : {std::optional<Duration>(), std::optional(minutes(61))}) {
    auto wrong = intent;
    wrong.intent.lasts = other;
    EXPECT_EQ(world.told("c-1", wrong), DenialCode::action_differs_from_case);
  }
  EXPECT_EQ(intent.intent.lasts, minutes(60));
  EXPECT_EQ(world.told("c-1", intent), allowed);
}

// -- reviews ----------------------------------------------------------------------------------------
TEST(Reviews, are_of_those_who_had_no_part_and_given_once) {
  Afterwards world;
  world.proven("c-1", "paul");
  EXPECT_EQ(world.review("rita", "c-1"), DenialCode::review_not_open);
  world.done("c-1", "lara");
  EXPECT_EQ(world.review("lara", "c-1"), DenialCode::reviewer_was_involved);
  EXPECT_EQ(world.review("lea", "c-1"), DenialCode::role_missing);
  EXPECT_EQ(world.review("nobody", "c-1"), DenialCode::staff_unknown);
  auto another = world.reviews("rita", {"c-1"}, ReviewVerdict::proper, false).front();
  another.verdict = ReviewVerdict::doubtful;  // than what was signed
  EXPECT_EQ(world.told("c-1", another), DenialCode::signature_invalid);
  EXPECT_EQ(world.review("rita", "c-1", ReviewVerdict::doubtful), allowed);
  EXPECT_EQ(world.review("rita", "c-1"), DenialCode::review_not_open);
  EXPECT_EQ(world.finding(), "");
}

TEST(Reviews, are_of_what_was_done_and_of_nothing_else) {
  Afterwards world;
  world.proven("c-1", "paul");
  world.done("c-1");
  world.proven("c-2", "pia");
  world.done("c-2", "leo");
  const auto deed = deed_text(world.state("c-1"));
  EXPECT_EQ(sha256(view_of(deed)), world.state("c-1").deed);
  EXPECT_NE(deed.find("lea"), std::string::npos);
  EXPECT_NE(world.state("c-1").deed, world.state("c-2").deed);
  // Somebody is shown the deed of another case under this one's name.
  auto statement = review_statement(world.state("c-1"), ReviewVerdict::proper, "");
  const auto own = to_hex(world.state("c-1").deed);
  statement.replace(statement.find(own), own.size(), to_hex(world.state("c-2").deed));
  ReviewCase fooled{id_of<StaffId>("rita"), ReviewVerdict::proper, "", Stage::sign("rita", as_review.alone, statement)};
  EXPECT_EQ(world.told("c-1", fooled), DenialCode::signature_invalid);
  EXPECT_EQ(world.review("rita", "c-1"), allowed);
  EXPECT_EQ(world.finding(), "");
}

TEST(Reviews, by_list_are_for_those_that_may_be_in_a_batch) {
  Afterwards world;
  world.proven("c-1", "paul");
  world.done("c-1");
  ASSERT_EQ(world.told("c-2", world.opening(Action::emergency_access, "ann", "pia")), allowed);
  ASSERT_EQ(world.give("c-2", "totp"), allowed);
  world.done("c-2");
  const auto both = world.reviews("rita", {"c-1", "c-2"}, ReviewVerdict::proper, true);
  EXPECT_EQ(world.told("c-2", both[1]), DenialCode::list_not_allowed);
  EXPECT_EQ(world.told("c-1", both[0]), allowed);
  EXPECT_EQ(world.review("rita", "c-2"), allowed);
  EXPECT_EQ(world.finding(), "");
}

TEST(Reviews, that_are_overdue_bar_the_next_emergency_of_those_involved) {
  Afterwards world;
  const auto emergency = [&](std::string_view agent, std::string_view account) {
    return world.opening(Action::emergency_access, agent, account);
  };
  ASSERT_EQ(world.told("c-1", emergency("ann", "paul")), allowed);
  ASSERT_EQ(world.give("c-1", "totp"), allowed);
  world.done("c-1");
  world.now = world.now + hours(24);
  EXPECT_EQ(world.told("c-2", emergency("ann", "paul")), allowed);  // due at this moment, and not before
  world.now = world.now + seconds(1);
  EXPECT_EQ(world.told("c-3", emergency("ann", "pia")), DenialCode::refused_by_rule);  // the same agent
  EXPECT_EQ(world.told("c-4", emergency("abe", "paul")), DenialCode::refused_by_rule);  // the same account
  EXPECT_EQ(world.told("c-5", emergency("abe", "pia")), allowed);
  auto understated = emergency("abe", "paul");
  understated.request.overdue_reviews = 0;
  EXPECT_EQ(world.told("c-6", understated), allowed);
  EXPECT_NE(world.finding().find("1 reviews of the account or the agent were overdue, not 0"), std::string::npos)
      << world.finding();
  EXPECT_EQ(world.review("rita", "c-1"), allowed);
  EXPECT_EQ(world.told("c-7", emergency("abe", "paul")), allowed);
}

TEST(Reviews, of_whoever_approved_are_convicted) {
  Afterwards world;
  world.proven("c-1", "paul");
  world.done("c-1", "lara");
  const auto own = world.reviews("lara", {"c-1"}, ReviewVerdict::proper, false).front();
  ASSERT_TRUE(
      world
          .write_down("c-1", CaseEvent(CaseReviewed{
                                 own.by, id_of<PersonId>("person.lara"), own.verdict, own.ticket, own.assertion, {}}))
          .has_value());
  EXPECT_NE(world.finding().find("reviewer_was_involved"), std::string::npos) << world.finding();
}

}  // namespace
}  // namespace sallyport
