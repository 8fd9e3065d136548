// Whoever's own account was recovered a short time ago speaks for nobody (core/organization/cooldown.h): what they may
// not say, what they may, and what the auditor says of a ledger that hides it.
#include "core/organization/cooldown.h"

#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

constexpr std::optional<DenialCode> allowed = std::nullopt;

std::string cooldown_policy(bool with = true) {
  std::string text(small_policy);
  text.insert(text.find("tiers:\n"), "  vouch:         {rests_on: [voucher], fresh: 30m}\n");
  if (with) text.insert(text.find("limits: {") + 9, "cooldown_after_own_recovery: 72h, ");
  return text;
}

struct Cooldown : SmallWorld {
  explicit Cooldown(bool with = true) : SmallWorld(cooldown_policy(with)) {
    appoint("mia", {StaffRole::voucher}, {});
    appoint("max", {StaffRole::voucher}, {});
    appoint("rita", {StaffRole::reviewer}, {}, "audit");
    appoint("rolf", {StaffRole::reviewer}, {}, "audit");
  }
  void recover(std::string_view name, const std::string& id) {
    EXPECT_EQ(told(id, opening(Action::password_reset, "ann", name)), allowed);
    EXPECT_EQ(give(id, "totp"), allowed);
    EXPECT_EQ(give(id, "recovery_code"), allowed);
    EXPECT_EQ(seal(id), allowed);
    EXPECT_EQ(approve("leo", id), allowed);
    EXPECT_EQ(intend(id), allowed);
    EXPECT_EQ(conclude(id, Outcome::done), allowed);
  }
  [[nodiscard]] static RecordEvidence vouch(std::string_view who) {
    RecordEvidence command;
    command.signal = id_of<SignalName>("vouch");
    command.result = EvidenceResult::passed;
    command.attested_by = id_of<StaffId>(who);
    return command;
  }
  std::optional<DenialCode> review(std::string_view by, const std::string& id) {
    return told(id, reviews(by, {id}, ReviewVerdict::proper, false).front());
  }
  [[nodiscard]] std::string finding() const {
    const auto report = audit();
    return report.findings.empty() ? std::string() : report.findings.front().text;
  }
  // As a server writes it that says nothing of a recovery.
  void hides(std::string_view id, const CaseCommand& command) {
    const auto ruling = decide(state(id), command, {organization, now});
    ASSERT_TRUE(ruling.has_value()) << ruling.error().detail;
    for (const auto& event : *ruling) record(id, event);
  }
  void hides(const OrganizationChange& change) {
    const auto ruling = decide(organization, change, now);
    ASSERT_TRUE(ruling.has_value()) << ruling.error().detail;
    for (const auto& event : *ruling) record(event);
  }
  [[nodiscard]] StaffEnrolled newcomer() const { return {staff("nina", {StaffRole::agent}, {}), {}}; }
};

TEST(CooldownOfSpeakers, no_word_for_a_claimant_counts_until_it_is_over) {
  Cooldown world;
  world.recover("mia", "c-1");
  world.open("c-2", Action::password_reset);
  EXPECT_EQ(world.told("c-2", Cooldown::vouch("mia")), DenialCode::staff_in_cooldown);
  EXPECT_TRUE(world.state("c-2").evidence.empty());
  EXPECT_EQ(world.told("c-2", Cooldown::vouch("max")), allowed);
  world.wait(Duration{hours(72).milliseconds - 1});
  world.open("c-3", Action::password_reset);
  EXPECT_EQ(world.told("c-3", Cooldown::vouch("mia")), DenialCode::staff_in_cooldown);
  world.wait(Duration{1});
  EXPECT_EQ(world.told("c-3", Cooldown::vouch("mia")), allowed);
  EXPECT_EQ(world.finding(), "");
}

TEST(CooldownOfSpeakers, no_case_is_reviewed_by_one) {
  Cooldown world;
  world.recover("paul", "c-1");
  world.recover("rita", "c-2");
  EXPECT_EQ(world.review("rita", "c-1"), DenialCode::staff_in_cooldown);
  EXPECT_EQ(world.review("rolf", "c-1"), allowed);
  world.wait(hours(72));
  world.recover("pia", "c-3");
  EXPECT_EQ(world.review("rita", "c-3"), allowed);
  EXPECT_EQ(world.finding(), "");
}

TEST(CooldownOfSpeakers, an_operator_gives_no_power_and_still_takes_it_away) {
  Cooldown world;
  world.recover("otis", "c-1");
  EXPECT_EQ(world.change(world.signed_by("otis", world.newcomer())), DenialCode::staff_in_cooldown);
  EXPECT_EQ(world.change(world.signed_by("otis", SmallWorld::proposal(concat(cooldown_policy(), "# more\n")))),
            DenialCode::staff_in_cooldown);
  EXPECT_EQ(world.change(world.signed_by("otis", StaffRemoved{id_of<StaffId>("otto"), {}})),
            DenialCode::staff_in_cooldown);
  EXPECT_EQ(world.change(world.signed_by("olga", world.newcomer())), allowed);
  EXPECT_EQ(world.agree("otis"), DenialCode::staff_in_cooldown);
  const auto number = world.organization.open.rbegin()->first;
  EXPECT_EQ(world.reject("otis", number, "too soon"), allowed);
  EXPECT_EQ(world.change(world.signed_by("otis", StaffRemoved{id_of<StaffId>("rolf"), {}})), allowed);
  EXPECT_EQ(world.change(world.signed_by("olga", world.newcomer())), allowed);
  world.wait(hours(72));
  EXPECT_EQ(world.agree("otis"), allowed);
  EXPECT_EQ(world.finding(), "");
}

TEST(CooldownOfSpeakers, an_operator_has_nobodys_authenticators_bound) {
  Cooldown world;
  const auto account = world.account();
  EnrolmentInvited invited{account.directory, account.account, id_of<StaffId>("olga"),
                           world.now + invitation_valid_for};
  EXPECT_TRUE(check_enrolment(world.organization, invited, world.now).has_value());
  invited.since_recovery = hours(72);
  EXPECT_TRUE(check_enrolment(world.organization, invited, world.now).has_value());
  invited.since_recovery = Duration{hours(72).milliseconds - 1};
  const auto early = check_enrolment(world.organization, invited, world.now);
  ASSERT_FALSE(early.has_value());
  EXPECT_EQ(early.error().code, DenialCode::staff_in_cooldown);
  EXPECT_NE(early.error().detail.find("less than 3d ago"), std::string::npos) << early.error().detail;
}

TEST(CooldownOfSpeakers, a_policy_without_it_asks_for_none) {
  Cooldown world(false);
  world.recover("mia", "c-1");
  world.open("c-2", Action::password_reset);
  EXPECT_EQ(world.told("c-2", Cooldown::vouch("mia")), allowed);
  EXPECT_EQ(world.finding(), "");
}

// -- what the auditor counts again ------------------------------------------------------------------
TEST(CooldownOfSpeakers, a_hidden_recovery_of_a_voucher_is_found) {
  Cooldown world;
  world.recover("mia", "c-1");
  world.open("c-2", Action::password_reset);
  world.hides("c-2", Cooldown::vouch("mia"));
  EXPECT_NE(world.finding().find("an account of `person.mia` was recovered at"), std::string::npos) << world.finding();
}

TEST(CooldownOfSpeakers, a_hidden_recovery_of_a_reviewer_is_found) {
  Cooldown world;
  world.recover("paul", "c-1");
  world.recover("rita", "c-2");
  world.hides("c-1", world.reviews("rita", {"c-1"}, ReviewVerdict::proper, false).front());
  EXPECT_NE(world.finding().find("an account of `person.rita`"), std::string::npos) << world.finding();
}

TEST(CooldownOfSpeakers, a_hidden_recovery_of_an_operator_is_found) {
  Cooldown world;
  world.recover("olga", "c-1");
  world.hides(world.signed_by("olga", world.newcomer()));
  EXPECT_NE(world.finding().find("an account of `person.olga`"), std::string::npos) << world.finding();

  Cooldown other;
  other.recover("olga", "c-1");
  const auto account = other.account();
  const EnrolmentInvited invited{account.directory, account.account, id_of<StaffId>("olga"),
                                 other.now + invitation_valid_for};
  other.ledger.push_back(
      encode_entry({account_stream(account.directory, account.account), 0, other.now, EnrolmentEvent(invited)}));
  EXPECT_NE(other.finding().find("an account of `person.olga`"), std::string::npos) << other.finding();
}

TEST(CooldownOfSpeakers, a_ledger_of_before_is_silent_on_what_takes_power_away) {
  Cooldown world;
  world.recover("otis", "c-1");
  EXPECT_EQ(world.change(world.signed_by("olga", world.newcomer())), allowed);
  const auto number = world.organization.open.rbegin()->first;
  world.hides(world.signed_by("otis", ChangeRejected{number, "too soon", {}}));
  world.hides(world.signed_by("otis", StaffRemoved{id_of<StaffId>("rolf"), {}}));
  EXPECT_EQ(world.finding(), "");
  world.hides(world.signed_by("otis", StaffRemoved{id_of<StaffId>("otto"), {}}));  // which waits for another operator
  EXPECT_NE(world.finding().find("an account of `person.otis`"), std::string::npos) << world.finding();
}

TEST(CooldownOfSpeakers, a_ledger_of_before_is_silent_where_it_did_not_matter) {
  Cooldown world;
  world.recover("mia", "c-1");
  world.wait(hours(73));
  world.open("c-2", Action::password_reset);
  world.hides("c-2", Cooldown::vouch("mia"));
  EXPECT_EQ(world.finding(), "");
  auto boasts = Cooldown::vouch("mia");
  boasts.since_recovery = hours(90);  // it was 73
  world.open("c-3", Action::password_reset);
  world.hides("c-3", boasts);
  EXPECT_NE(world.finding().find("an account of `person.mia`"), std::string::npos) << world.finding();
}

}  // namespace
}  // namespace sallyport
