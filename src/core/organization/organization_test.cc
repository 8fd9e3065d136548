// Who may change who may do what.
#include "core/organization/organization.h"

#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

const auto allowed = std::nullopt;

StaffEnrolled enrolment(const StaffMember& member) { return {member, {}}; }

TEST(Organization, an_operator_appoints_and_removes) {
  SmallWorld world;
  world.appoint("nina", {StaffRole::agent}, {});
  EXPECT_NE(world.organization.member(id_of<StaffId>("nina")), nullptr);
  world.dismiss("nina");
  EXPECT_EQ(world.organization.member(id_of<StaffId>("nina")), nullptr);
  EXPECT_FALSE(world.organization.keys.contains(id_of<StaffId>("nina")));
}

TEST(Organization, nobody_else_does) {
  SmallWorld world;
  const auto nina = world.staff("nina", {StaffRole::agent}, {});
  EXPECT_EQ(world.change(world.signed_by("lea", enrolment(nina))), DenialCode::role_missing);
  EXPECT_EQ(world.change(world.signed_by("nina", enrolment(nina))), DenialCode::staff_unknown);
  EXPECT_EQ(world.change(world.signed_by("lea", PolicyActivated{std::string(small_policy), {}})),
            DenialCode::role_missing);
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), allowed);
}

TEST(Organization, an_operator_whose_appointment_ended_does_not) {
  SmallWorld world;
  auto nina = world.staff("nina", {StaffRole::agent}, {});
  nina.ends_at = world.now + days(900);
  world.now = world.organization.member(id_of<StaffId>("olga"))->ends_at;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), DenialCode::appointment_ended);
  world.wait(Duration{-1});
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), allowed);
}

TEST(Organization, a_signature_is_for_one_change_once) {
  SmallWorld world;
  const auto nina = world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})));
  const auto nils = world.signed_by("olga", enrolment(world.staff("nils", {StaffRole::agent}, {})));
  EXPECT_EQ(world.change(nina), allowed);
  EXPECT_EQ(world.change(nina), DenialCode::organization_moved_on);
  EXPECT_EQ(world.change(nils), DenialCode::organization_moved_on);  // signed before nina came
  auto renumbered = nils;
  renumbered.signature.number = world.organization.changes + 1;
  EXPECT_EQ(world.change(renumbered), DenialCode::signature_invalid);
}

TEST(Organization, a_signature_is_over_exactly_the_change) {
  SmallWorld world;
  auto nina = world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})));
  nina.member.roles.push_back(StaffRole::operator_);
  EXPECT_EQ(world.change(nina), DenialCode::signature_invalid);
  auto policy = world.signed_by("olga", PolicyActivated{std::string(small_policy), {}});
  policy.text += "# and more\n";
  EXPECT_EQ(world.change(policy), DenialCode::signature_invalid);
  auto removal = world.signed_by("olga", StaffRemoved{id_of<StaffId>("lea"), {}});
  removal.staff = id_of<StaffId>("leo");
  EXPECT_EQ(world.change(removal), DenialCode::signature_invalid);
}

TEST(Organization, a_signature_of_another_ledger_is_worth_nothing) {
  SmallWorld world;
  auto other = world.organization;
  other.opened.origin = "ledger.example.com/other";
  StaffEnrolled nina = enrolment(world.staff("nina", {StaffRole::agent}, {}));
  nina.signature.number = world.organization.changes + 1;
  nina.signature.by = id_of<StaffId>("olga");
  nina.signature.assertion = world.sign("olga", change_domain, change_statement(other, nina));
  EXPECT_EQ(world.change(nina), DenialCode::signature_invalid);
}

TEST(Organization, one_person_has_one_place_and_one_passkey) {
  SmallWorld world;
  auto twin = world.staff("lea2", {StaffRole::agent}, {});
  twin.person = id_of<PersonId>("person.lea");
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(twin))), DenialCode::staff_exists);
  auto same_key = world.staff("nina", {StaffRole::agent}, {});
  same_key.passkey = world.organization.member(id_of<StaffId>("lea"))->passkey;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(same_key))), DenialCode::staff_exists);
  auto other_person = world.staff("lea", {StaffRole::agent}, {});
  other_person.person = id_of<PersonId>("person.lena");
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(other_person))), DenialCode::staff_exists);
  auto renewed = *world.organization.member(id_of<StaffId>("lea"));
  renewed.ends_at = renewed.ends_at + days(30);
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(renewed))), allowed);
}

TEST(Organization, an_appointment_is_complete_and_lies_ahead) {
  SmallWorld world;
  auto nina = world.staff("nina", {}, {});
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), DenialCode::role_missing);
  nina.roles = {StaffRole::agent};
  nina.ends_at = world.now;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), DenialCode::appointment_ended);
  nina.ends_at = world.now + Duration{1};
  auto off_curve = nina;
  off_curve.passkey.public_key.back() ^= 1;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(off_curve))), DenialCode::signature_invalid);
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), allowed);
}

TEST(Organization, production_takes_no_software_passkey) {
  SmallWorld world;
  world.organization.opened.environment = Environment::production;
  const auto nina = world.staff("nina", {StaffRole::agent}, {});
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), DenialCode::software_key_in_production);
}

TEST(Organization, a_removal_names_somebody_else_who_is_there) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("nobody"), {}})),
            DenialCode::staff_unknown);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("olga"), {}})), DenialCode::role_missing);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("lea"), {}})), allowed);
}

TEST(Organization, a_policy_that_does_not_load_does_not_go_live) {
  SmallWorld world;
  const auto before = world.organization.policy->digest();
  EXPECT_EQ(world.change(world.signed_by("olga", PolicyActivated{"policy: x\n", {}})),
            DenialCode::action_not_in_policy);
  EXPECT_EQ(world.organization.policy->digest(), before);
}

TEST(Organization, a_ledger_is_opened_once_and_first) {
  OrganizationState none;
  SmallWorld world;
  EXPECT_FALSE(evolve(none, StaffRemoved{id_of<StaffId>("lea"), {}}).has_value());
  auto state = world.organization;
  EXPECT_FALSE(evolve(state, state.opened).has_value());
}

}  // namespace
}  // namespace sallyport
