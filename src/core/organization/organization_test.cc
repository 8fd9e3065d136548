// Who may change who may do what.
#include "core/organization/organization.h"

#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "base/limits.h"
#include "core/organization/policy_proposal.h"
#include "core/proof/certificate.h"
#include "core/proof/verdict.h"

namespace sallyport {
namespace {

const auto allowed = std::nullopt;

const std::string another_day = concat(small_policy, "# another day\n");

constexpr std::string_view people = R"(organization: north
people:
  operator:  {count: 3, team: it, operator: true}
  agent:     {count: 2, team: help_desk, agent: true, seats: [desk_lead]}
  lead:      {count: 2, team: help_desk, seats: [desk_lead, tier0_approver]}
  guardian:  {count: 1, team: help_desk, seats: [tier0_approver]}
  outside:   {count: 1, team: security, seats: [tier0_approver]}
  vendor:    {count: 1, team: vendor_desk, organization: south, agent: true, seats: [supporter]}
accounts:
  admins:     {count: 2, class: tier0, facts: {account.groups: [Domain Admins]}}
  finance:    {count: 5, class: privileged, facts: {account.admin: true, account.groups: []}}
  contractor: {count: 5, class: contractor, facts: {account.admin: false, account.executive: false,
               account.groups: [], account.employment: contractor}}
  staff:      {count: 50, class: workforce, facts: {account.admin: false, account.executive: false,
               account.groups: [], account.employment: employee}}
)";

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
  auto policy = world.signed_by("olga", SmallWorld::proposal(another_day));
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

TEST(Organization, a_removal_names_somebody_who_is_there) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("nobody"), {}})),
            DenialCode::staff_unknown);
  EXPECT_EQ(world.change(world.signed_by("lea", StaffRemoved{id_of<StaffId>("leo"), {}})), DenialCode::role_missing);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("lea"), {}})), allowed);
  EXPECT_EQ(world.organization.member(id_of<StaffId>("lea")), nullptr);
}

// -- operators who go -------------------------------------------------------------------------

std::optional<DenialCode> remove(SmallWorld& world, std::string_view by, std::string_view whom) {
  return world.change(world.signed_by(by, StaffRemoved{id_of<StaffId>(whom), {}}));
}
bool serves(const SmallWorld& world, std::string_view name) {
  return world.organization.member(id_of<StaffId>(name)) != nullptr;
}

TEST(Organization, an_operator_is_removed_by_two_others) {
  SmallWorld world;
  EXPECT_EQ(remove(world, "olga", "otto"), allowed);
  EXPECT_TRUE(serves(world, "otto"));
  const auto number = world.organization.changes;
  EXPECT_EQ(world.agree("olga", number), DenialCode::requester_may_not_approve);
  EXPECT_EQ(world.agree("otto", number), DenialCode::subject_may_not_decide);
  EXPECT_EQ(world.agree("lea", number), DenialCode::role_missing);
  EXPECT_EQ(world.agree("otis", number), allowed);
  EXPECT_FALSE(serves(world, "otto"));
  EXPECT_FALSE(world.organization.keys.contains(id_of<StaffId>("otto")));
  EXPECT_TRUE(world.organization.open.empty());
}

TEST(Organization, before_a_policy_and_after_an_appointment_one_operator_is_enough) {
  SmallWorld world;
  auto before = world;
  before.organization.policy = nullptr;
  EXPECT_EQ(remove(before, "otis", "otto"), allowed);
  EXPECT_FALSE(serves(before, "otto"));
  auto brief = *world.organization.member(id_of<StaffId>("ann"));
  brief.roles = {StaffRole::operator_};
  brief.ends_at = world.now + days(2);
  world.appoint(brief);
  world.wait(days(2) + Duration{-1});
  auto last_moment = world;
  EXPECT_EQ(remove(last_moment, "olga", "ann"), allowed);
  EXPECT_TRUE(serves(last_moment, "ann"));
  world.wait(Duration{1});
  EXPECT_EQ(remove(world, "olga", "ann"), allowed);
  EXPECT_FALSE(serves(world, "ann"));
}

TEST(Organization, anybody_resigns_alone_while_two_operators_stay) {
  SmallWorld world;
  EXPECT_EQ(remove(world, "lea", "lea"), allowed);
  EXPECT_FALSE(serves(world, "lea"));
  EXPECT_EQ(remove(world, "olga", "olga"), allowed);
  EXPECT_FALSE(serves(world, "olga"));
  EXPECT_EQ(remove(world, "otis", "otis"), DenialCode::operators_too_few);
  EXPECT_TRUE(serves(world, "otis"));
  world.organization.policy = nullptr;  // a ledger that nobody can go on with helps nobody either
  EXPECT_EQ(remove(world, "otis", "otis"), DenialCode::operators_too_few);
}

TEST(Organization, a_captured_operator_cannot_keep_themselves_in_office) {
  SmallWorld world;
  EXPECT_EQ(remove(world, "olga", "otto"), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.reject("otto", number, "no"), DenialCode::subject_may_not_decide);
  EXPECT_EQ(world.withdraw("otto", number), DenialCode::not_your_change);
  EXPECT_EQ(remove(world, "otto", "olga"), allowed);  // waits for otis as well
  auto renewed = *world.organization.member(id_of<StaffId>("otto"));
  renewed.ends_at = renewed.ends_at + days(1);
  EXPECT_EQ(world.change(world.signed_by("otto", enrolment(renewed))), allowed);
  EXPECT_EQ(world.agree("otis"), allowed);  // who did not know
  EXPECT_EQ(world.agree("otis", number), allowed);
  EXPECT_FALSE(serves(world, "otto"));
  EXPECT_TRUE(world.organization.open.empty());
}

TEST(Organization, a_removal_is_right_when_it_takes_effect) {
  SmallWorld world;
  EXPECT_EQ(remove(world, "olga", "otto"), allowed);
  const auto otto = world.organization.changes;
  EXPECT_EQ(remove(world, "otto", "otis"), allowed);
  const auto otis = world.organization.changes;
  auto other = world;
  EXPECT_EQ(world.agree("otis", otto), allowed);
  EXPECT_EQ(world.agree("olga", otis), DenialCode::change_not_open);  // went with otto
  EXPECT_EQ(remove(other, "olga", "olga"), allowed);
  EXPECT_EQ(other.agree("otis", otto), DenialCode::change_not_open);  // went with olga
  auto few = world;
  few.appoint("omar", {StaffRole::operator_}, {}, "it");
  EXPECT_EQ(remove(few, "olga", "omar"), allowed);
  const auto omar = few.organization.changes;
  auto still = few;
  EXPECT_EQ(still.agree("otis", omar), allowed);
  few.organization.staff.at(id_of<StaffId>("olga")).roles = {StaffRole::reviewer};
  EXPECT_EQ(few.agree("otis", omar), DenialCode::role_missing);
}

TEST(Organization, a_removal_that_would_leave_one_operator_is_not_even_proposed) {
  SmallWorld world;
  EXPECT_EQ(remove(world, "olga", "otto"), allowed);
  const auto otto = world.organization.changes;
  EXPECT_EQ(remove(world, "olga", "otis"), allowed);
  const auto otis = world.organization.changes;
  EXPECT_EQ(world.agree("otto", otis), allowed);
  EXPECT_EQ(world.agree("otto", otto), DenialCode::subject_may_not_decide);
  EXPECT_EQ(remove(world, "olga", "otto"), DenialCode::operators_too_few);
  EXPECT_EQ(remove(world, "otto", "olga"), DenialCode::operators_too_few);
}

// -- changes that are closed ------------------------------------------------------------------

TEST(Organization, one_operator_rejects_for_good) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.agree("otis", number), allowed);
  EXPECT_EQ(world.reject("lea", number, "no"), DenialCode::role_missing);
  EXPECT_EQ(world.reject("ann", number, "no"), DenialCode::role_missing);
  EXPECT_EQ(world.reject("otto", number, "no approver at night"), allowed);
  EXPECT_TRUE(world.organization.open.empty());
  const auto& ended = world.organization.ended.at(number);
  EXPECT_EQ(ended.end, ChangeEnd::rejected);
  EXPECT_EQ(ended.by.text(), "otto");
  EXPECT_EQ(ended.asked_by.text(), "ann");
  EXPECT_EQ(ended.reason, "no approver at night");
  EXPECT_EQ(ended.kind, "policy");
  EXPECT_EQ(ended.about, "small-world");
  const auto late = world.ask(world.signed_by("olga", ChangeApproved{number, {}}));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, DenialCode::change_not_open);
  EXPECT_EQ(late.error().detail, concat("change ", number, " was rejected by `otto`: `no approver at night`"));
  EXPECT_EQ(world.reject("olga", number, "no"), DenialCode::change_not_open);
  EXPECT_EQ(world.withdraw("ann", number), DenialCode::change_not_open);
  // The same, asked for anew, is another change.
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  EXPECT_EQ(world.organization.open.begin()->second.approved_by.size(), 0U);
}

TEST(Organization, whoever_may_not_approve_may_not_reject) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", SmallWorld::proposal(another_day))), allowed);
  EXPECT_EQ(world.reject("olga", world.organization.changes, "no"), DenialCode::requester_may_not_reject);
  auto demoted = *world.organization.member(id_of<StaffId>("otis"));
  demoted.roles = {StaffRole::reviewer};
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(demoted))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.reject("otis", number, "no"), DenialCode::subject_may_not_decide);
  EXPECT_EQ(world.reject("otto", number, "no"), allowed);
}

TEST(Organization, one_who_has_approved_may_think_better_of_it) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.agree("otis", number), allowed);
  EXPECT_EQ(world.reject("otis", number, "read it again"), allowed);
  EXPECT_EQ(world.agree("otto", number), DenialCode::change_not_open);
}

TEST(Organization, a_rejection_says_why_and_not_too_long) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.reject("otis", number, ""), DenialCode::reason_missing);
  EXPECT_EQ(world.reject("otis", number, " \n\t"), DenialCode::reason_missing);
  EXPECT_EQ(world.reject("otis", number, std::string(reason_length_max + 1, 'x')), DenialCode::limit_reached);
  EXPECT_EQ(world.reject("otis", number, std::string(reason_length_max, 'x')), allowed);
}

TEST(Organization, what_has_ended_is_neither_rejected_nor_withdrawn) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  const auto number = world.organization.changes;
  auto late = world;
  late.wait(days(7));
  EXPECT_EQ(late.reject("otis", number, "no"), DenialCode::change_not_open);
  EXPECT_EQ(late.withdraw("ann", number), DenialCode::change_not_open);
  world.wait(days(7) + Duration{-1});
  auto other = world;
  EXPECT_EQ(world.reject("otis", number, "no"), allowed);
  EXPECT_EQ(other.withdraw("ann", number), allowed);
  EXPECT_EQ(world.reject("otis", number + 40, "no"), DenialCode::change_not_open);
}

TEST(Organization, whoever_asked_for_a_change_withdraws_it_and_nobody_else) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.withdraw("abe", number), DenialCode::not_your_change);
  EXPECT_EQ(world.withdraw("olga", number), DenialCode::not_your_change);
  EXPECT_EQ(world.withdraw("ann", number), allowed);
  EXPECT_TRUE(world.organization.open.empty());
  EXPECT_EQ(world.organization.ended.at(number).end, ChangeEnd::withdrawn);
  EXPECT_EQ(world.agree("otis", number), DenialCode::change_not_open);
  EXPECT_EQ(world.withdraw("ann", number), DenialCode::change_not_open);
}

TEST(Organization, what_closes_a_change_is_signed_for_exactly_that) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})))), allowed);
  const auto nina = world.organization.changes;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nils", {StaffRole::agent}, {})))), allowed);
  auto rejection = world.signed_by("otis", ChangeRejected{nina, "no seat for her", {}});
  auto other = rejection;
  other.change = world.organization.changes;
  EXPECT_EQ(world.change(other), DenialCode::signature_invalid);
  other = rejection;
  other.reason = "another";
  EXPECT_EQ(world.change(other), DenialCode::signature_invalid);
  auto withdrawal = world.signed_by("olga", ChangeWithdrawn{nina, {}});
  withdrawal.change = world.organization.changes;
  EXPECT_EQ(world.change(withdrawal), DenialCode::signature_invalid);
  auto approval = ChangeApproved{nina, rejection.signature};  // a no is no yes
  EXPECT_EQ(world.change(approval), DenialCode::signature_invalid);
  EXPECT_EQ(world.change(rejection), allowed);
  EXPECT_EQ(world.change(rejection), DenialCode::organization_moved_on);
}

TEST(Organization, what_is_closed_makes_room) {
  SmallWorld world;
  const auto ask = [&](std::size_t n) {
    return world.change(world.signed_by("olga", enrolment(world.staff(concat("n", n), {StaffRole::agent}, {}))));
  };
  for (std::size_t n = 0; n < open_changes_of_one_max; ++n) EXPECT_EQ(ask(n), allowed);
  EXPECT_EQ(ask(open_changes_of_one_max), DenialCode::limit_reached);
  EXPECT_EQ(remove(world, "olga", "otto"), DenialCode::limit_reached);
  EXPECT_EQ(world.withdraw("olga", world.organization.changes), allowed);
  EXPECT_EQ(remove(world, "olga", "otto"), allowed);
  EXPECT_EQ(ask(open_changes_of_one_max), DenialCode::limit_reached);
  EXPECT_EQ(remove(world, "olga", "otto"), allowed);  // takes the place of the earlier one
  EXPECT_EQ(world.reject("otis", world.organization.changes, "no"), allowed);
  EXPECT_EQ(ask(open_changes_of_one_max), allowed);
}

TEST(Organization, only_the_newest_ends_are_remembered) {
  SmallWorld world;
  const auto first = world.organization.ended.begin()->first;  // the first policy
  for (std::size_t n = 0; n < ended_changes_max; ++n) {
    EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})))), allowed);
    EXPECT_EQ(world.withdraw("olga", world.organization.changes), allowed);
  }
  EXPECT_EQ(world.organization.ended.size(), ended_changes_max);
  EXPECT_FALSE(world.organization.ended.contains(first));
}

// -- two pairs of eyes ------------------------------------------------------------------------

TEST(Organization, until_a_policy_is_in_force_one_operator_appoints_alone) {
  SmallWorld world;
  world.organization.policy = nullptr;
  world.organization.proved_for = nullptr;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})))), allowed);
  EXPECT_NE(world.organization.member(id_of<StaffId>("nina")), nullptr);
  EXPECT_TRUE(world.organization.open.empty());
}

TEST(Organization, afterwards_another_operator_has_to_approve) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::operator_}, {})))), allowed);
  EXPECT_EQ(world.organization.member(id_of<StaffId>("nina")), nullptr);
  EXPECT_EQ(world.agree("olga"), DenialCode::requester_may_not_approve);
  EXPECT_EQ(world.agree("lea"), DenialCode::role_missing);
  EXPECT_EQ(world.agree("nina"), DenialCode::staff_unknown);
  EXPECT_EQ(world.agree("otis"), allowed);
  EXPECT_NE(world.organization.member(id_of<StaffId>("nina")), nullptr);
  EXPECT_TRUE(world.organization.open.empty());
  EXPECT_EQ(world.agree("otto", world.organization.changes - 1), DenialCode::change_not_open);
}

TEST(Organization, nobody_approves_their_own_appointment) {
  SmallWorld world;
  auto renewed = *world.organization.member(id_of<StaffId>("otis"));
  renewed.ends_at = renewed.ends_at + days(30);
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(renewed))), allowed);
  EXPECT_EQ(world.agree("otis"), DenialCode::holder_may_not_approve);
  EXPECT_EQ(world.agree("otto"), allowed);
  EXPECT_EQ(*world.organization.member(id_of<StaffId>("otis")), renewed);
}

TEST(Organization, an_approval_is_of_exactly_that_change) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})))), allowed);
  const auto nina = world.organization.changes;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nils", {StaffRole::operator_}, {})))), allowed);
  auto approval = world.signed_by("otis", ChangeApproved{nina, {}});
  approval.change = world.organization.changes;
  EXPECT_EQ(world.change(approval), DenialCode::signature_invalid);
  EXPECT_EQ(world.agree("otis", nina), allowed);
  EXPECT_EQ(world.organization.member(id_of<StaffId>("nils")), nullptr);
}

TEST(Organization, what_is_not_approved_in_a_week_ends) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})))), allowed);
  auto late = world;
  late.wait(days(7));
  EXPECT_EQ(late.agree("otis"), DenialCode::change_not_open);
  world.wait(days(7) + Duration{-1});
  EXPECT_EQ(world.agree("otis"), allowed);
}

TEST(Organization, a_change_ends_with_whoever_asked_for_it) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(world.staff("nina", {StaffRole::agent}, {})))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.change(world.signed_by("otis", StaffRemoved{id_of<StaffId>("olga"), {}})), allowed);
  EXPECT_EQ(world.agree("otto"), allowed);
  EXPECT_EQ(world.agree("otto", number), DenialCode::change_not_open);
}

TEST(Organization, what_was_right_when_asked_for_has_to_be_right_when_approved) {
  SmallWorld world;
  const auto nina = world.staff("nina", {StaffRole::agent}, {});
  auto twin = nina;
  twin.id = id_of<StaffId>("nina2");
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(nina))), allowed);
  const auto first = world.organization.changes;
  EXPECT_EQ(world.change(world.signed_by("otto", enrolment(twin))), allowed);
  EXPECT_EQ(world.agree("otis", first), allowed);
  EXPECT_EQ(world.agree("otis", first + 1), DenialCode::staff_exists);
}

TEST(Organization, only_so_many_changes_of_one_person_wait) {
  SmallWorld world;
  const auto ask = [&](std::string_view by, std::size_t n) {
    return world.change(world.signed_by(by, enrolment(world.staff(concat("n", n), {StaffRole::agent}, {}))));
  };
  for (std::size_t n = 0; n < open_changes_of_one_max; ++n) EXPECT_EQ(ask("olga", n), allowed);
  EXPECT_EQ(ask("olga", open_changes_of_one_max), DenialCode::limit_reached);
  EXPECT_EQ(ask("otis", open_changes_of_one_max), allowed);
  EXPECT_EQ(ask("olga", 3), allowed);  // takes the place of the earlier one
  EXPECT_EQ(world.organization.open.size(), open_changes_of_one_max + 1);
  world.wait(days(8));
  EXPECT_EQ(ask("olga", open_changes_of_one_max), allowed);
  EXPECT_EQ(world.organization.open.size(), 1U);
}

TEST(Organization, one_person_proposes_so_often_in_a_day) {
  SmallWorld world;  // olga has proposed the first
  for (std::size_t n = 1; n < proposals_of_one_24h_max; ++n)
    EXPECT_EQ(world.change(world.signed_by("olga", SmallWorld::proposal(another_day))), allowed);
  EXPECT_EQ(world.change(world.signed_by("olga", SmallWorld::proposal(another_day))), DenialCode::limit_reached);
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  world.wait(hours(24));
  EXPECT_EQ(world.change(world.signed_by("olga", SmallWorld::proposal(another_day))), allowed);
  EXPECT_EQ(world.organization.proposed_24h[id_of<StaffId>("olga")].size(), 1U);
}

TEST(Organization, before_the_first_policy_only_whoever_opened_the_ledger_appoints_alone) {
  SmallWorld world;
  world.organization.policy = nullptr;
  EXPECT_EQ(world.change(world.signed_by("otis", enrolment(world.staff("nina", {StaffRole::operator_}, {})))), allowed);
  EXPECT_EQ(world.organization.member(id_of<StaffId>("nina")), nullptr);
  EXPECT_EQ(world.agree("otto"), allowed);
  EXPECT_NE(world.organization.member(id_of<StaffId>("nina")), nullptr);
}

TEST(Organization, an_appointment_takes_an_operator_who_still_is_one) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("otis", enrolment(world.staff("nina", {StaffRole::operator_}, {})))), allowed);
  const auto number = world.organization.changes;
  auto demoted = *world.organization.member(id_of<StaffId>("otis"));
  demoted.roles = {StaffRole::reviewer};
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(demoted))), allowed);
  EXPECT_EQ(world.agree("otto"), allowed);
  EXPECT_EQ(world.agree("otto", number), DenialCode::role_missing);
}

TEST(Organization, what_was_asked_of_somebody_ends_when_they_go) {
  SmallWorld world;
  auto promoted = *world.organization.member(id_of<StaffId>("ann"));
  promoted.roles = {StaffRole::operator_};
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(promoted))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.change(world.signed_by("otto", StaffRemoved{id_of<StaffId>("ann"), {}})), allowed);
  EXPECT_EQ(world.agree("otis", number), DenialCode::change_not_open);
}

TEST(Organization, an_approval_does_not_outlive_the_appointment_of_its_giver) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  const auto number = world.organization.changes;
  EXPECT_EQ(world.agree("otis", number), allowed);
  auto renewed = *world.organization.member(id_of<StaffId>("otis"));
  renewed.ends_at = renewed.ends_at + days(1);
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(renewed))), allowed);
  EXPECT_EQ(world.agree("otto"), allowed);
  EXPECT_EQ(world.agree("otto", number), allowed);
  EXPECT_NE(world.organization.policy->text(), another_day);  // otis approved in an earlier appointment
  EXPECT_EQ(world.agree("otis", number), allowed);
  EXPECT_EQ(world.organization.policy->text(), another_day);
}

TEST(Organization, operators_do_not_run_out_by_another_appointment) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), allowed);
  EXPECT_EQ(world.agree("otis"), allowed);
  auto demoted = *world.organization.member(id_of<StaffId>("otis"));
  demoted.roles = {StaffRole::reviewer};
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(demoted))), DenialCode::operators_too_few);
  auto shortened = *world.organization.member(id_of<StaffId>("otis"));
  shortened.ends_at = world.now + days(1);
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(shortened))), DenialCode::operators_too_few);
  auto renewed = *world.organization.member(id_of<StaffId>("otis"));
  renewed.ends_at = renewed.ends_at + days(1);
  EXPECT_EQ(world.change(world.signed_by("olga", enrolment(renewed))), allowed);
}

TEST(Organization, operators_do_not_run_out) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), allowed);
  EXPECT_EQ(world.agree("otis"), allowed);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otis"), {}})),
            DenialCode::operators_too_few);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("lea"), {}})), allowed);
}

// -- policies ---------------------------------------------------------------------------------

TEST(Organization, a_policy_takes_two_operators_who_did_not_propose_it) {
  SmallWorld world;
  const auto before = world.organization.policy->digest();
  EXPECT_EQ(world.change(world.signed_by("olga", SmallWorld::proposal(another_day))), allowed);
  EXPECT_EQ(world.agree("olga"), DenialCode::requester_may_not_approve);
  EXPECT_EQ(world.agree("lea"), DenialCode::role_missing);
  EXPECT_EQ(world.agree("otis"), allowed);
  EXPECT_EQ(world.organization.policy->digest(), before);
  EXPECT_EQ(world.agree("otis"), DenialCode::already_approved);
  EXPECT_EQ(world.organization.policy->digest(), before);
  EXPECT_EQ(world.agree("otto"), allowed);
  EXPECT_EQ(world.organization.policy->text(), another_day);
  EXPECT_EQ(world.organization.proof->certificate, SmallWorld::proposal(another_day).certificate);
}

TEST(Organization, anybody_on_the_staff_proposes) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  for (const auto* by : {"olga", "otto"}) EXPECT_EQ(world.agree(by), allowed);
  EXPECT_EQ(world.organization.policy->text(), another_day);
  EXPECT_EQ(world.change(world.signed_by("nina", SmallWorld::proposal(small_policy))), DenialCode::staff_unknown);
}

TEST(Organization, an_approval_counts_while_its_giver_is_an_operator) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  EXPECT_EQ(world.agree("otto"), allowed);
  EXPECT_EQ(world.organization.open.begin()->second.approved_by.size(), 1U);
  EXPECT_EQ(world.change(world.signed_by("olga", StaffRemoved{id_of<StaffId>("otto"), {}})), allowed);
  EXPECT_EQ(world.agree("otis"), allowed);
  const auto number = world.organization.open.begin()->first;
  EXPECT_EQ(world.agree("otis", number), allowed);
  EXPECT_NE(world.organization.policy->text(), another_day);
  EXPECT_EQ(world.agree("olga", number), allowed);
  EXPECT_EQ(world.organization.policy->text(), another_day);
}

TEST(Organization, an_older_policy_does_not_come_back) {
  SmallWorld world;
  world.activate(another_day);
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(small_policy))), DenialCode::policy_was_in_force);
  world.activate(concat(small_policy, "# as before, because ...\n"));
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), DenialCode::policy_was_in_force);
}

TEST(Organization, what_was_proposed_in_the_place_of_a_former_policy_is_void) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day))), allowed);
  const auto number = world.organization.changes;
  world.activate(concat(small_policy, "# faster\n"));
  EXPECT_EQ(world.agree("otis", number), DenialCode::change_not_open);
}

TEST(Organization, a_policy_that_is_not_proved_is_not_taken) {
  SmallWorld world;
  auto broken = SmallWorld::proposal(another_day);
  broken.checked = nullptr;
  const auto told = [&](const ProposePolicy& p) { return world.change(world.signed_by("ann", p)); };
  auto p = broken;
  p.text = "policy: x\n";
  EXPECT_EQ(told(p), DenialCode::action_not_in_policy);
  p = broken;
  p.certificate = "{}";
  EXPECT_EQ(told(p), DenialCode::policy_unproved);
  p = broken;
  p.certificate = SmallWorld::proposal(small_policy).certificate;
  EXPECT_EQ(told(p), DenialCode::policy_unproved);
  p = broken;
  p.certificate.assign(certificate_in_ledger_bytes_max + 1, ' ');
  EXPECT_EQ(told(p), DenialCode::limit_reached);
  p = broken;
  p.checked = SmallWorld::proposal(small_policy).checked;  // of another policy: checked anew
  p.certificate = "{}";
  EXPECT_EQ(told(p), DenialCode::policy_unproved);
  EXPECT_EQ(told(broken), allowed);
}

TEST(Organization, every_policy_promises_that_recovery_is_not_easier_than_signing_in) {
  std::string text(small_policy);
  const std::string_view all = "recovery_not_weaker_than_sign_in: all";
  text.replace(text.find(all), all.size(), "recovery_not_weaker_than_sign_in: [workforce]");
  const auto proved = prove_for_proposal(text, "");
  ASSERT_TRUE(proved.has_value());
  ASSERT_FALSE(proved->has_value());
  EXPECT_EQ(proved->error().code, DenialCode::policy_unproved);
  EXPECT_NE(proved->error().next_step.find("recovery_not_weaker_than_sign_in: all"), std::string::npos);
}

TEST(Organization, what_a_policy_accepts_ends_within_a_year) {
  SmallWorld world;
  const auto told = [&](Instant last_day) {
    const auto day = to_rfc3339(last_day).substr(0, 10);
    const auto text =
        concat(another_day, "acceptances:\n- {class: workforce, way: [number], until: ", day, ", because: judged}\n");
    return world.change(world.signed_by("ann", SmallWorld::proposal(text)));
  };
  EXPECT_EQ(told(world.now - days(2)), DenialCode::acceptance_ended);
  EXPECT_EQ(told(world.now + days(367)), DenialCode::acceptance_ended);
  EXPECT_EQ(told(world.now + days(3)), allowed);
  // And still lies ahead when the last operator approves.
  const auto number = world.organization.changes;
  world.wait(days(4) + hours(1));
  EXPECT_EQ(world.agree("otis", number), DenialCode::acceptance_ended);
}

TEST(Organization, what_does_not_hold_is_told) {
  std::string text(small_policy);
  const auto put = [&](std::string_view from, std::string_view to) { text.replace(text.find(from), from.size(), to); };
  put("workforce: [[password]]", "workforce: [[security_key]]");
  put("mfa_reset: guarded", "mfa_reset: light");
  const auto proved = prove_for_proposal(text, "");
  ASSERT_TRUE(proved.has_value());
  ASSERT_FALSE(proved->has_value());
  EXPECT_EQ(proved->error().code, DenialCode::policy_unproved);
  EXPECT_NE(proved->error().detail.find("recovery_not_weaker_than_sign_in"), std::string::npos);
  EXPECT_NE(proved->error().detail.find("workforce"), std::string::npos);
}

TEST(Organization, a_policy_is_proved_by_the_catalogues_levels) {
  const auto proved = prove_for_proposal(another_day, concat(people, "levels: {mailbox: 4}\n"));
  ASSERT_TRUE(proved.has_value());
  ASSERT_FALSE(proved->has_value());
  EXPECT_EQ(proved->error().code, DenialCode::policy_unproved);
}

// -- whom it was proved for -------------------------------------------------------------------

std::string people_with(std::string_view from, std::string_view to) {
  std::string text(people);
  text.replace(text.find(from), from.size(), to);
  return text;
}

TEST(Organization, a_policy_is_proved_for_the_people_who_are_there) {
  SmallWorld world;
  const auto told = [&](const std::string& organization) {
    return world.change(world.signed_by("ann", SmallWorld::proposal(another_day, organization)));
  };
  EXPECT_EQ(told(std::string(people)), allowed);
  EXPECT_EQ(told(people_with("count: 3, team: it", "count: 2, team: it")), DenialCode::staff_not_in_proof);
  EXPECT_EQ(told(people_with("team: it, operator: true", "team: it")), DenialCode::staff_not_in_proof);
  EXPECT_EQ(told(people_with("team: security", "team: other")), DenialCode::staff_not_in_proof);
  EXPECT_EQ(told(people_with("organization: south, ", "organization: east, ")), DenialCode::staff_not_in_proof);
  EXPECT_EQ(told(people_with("organization: south, ", "")), DenialCode::staff_not_in_proof);  // of the accounts' own
  EXPECT_EQ(told(people_with("seats: [supporter]", "seats: []")), DenialCode::staff_not_in_proof);
}

TEST(Organization, a_draft_that_names_what_is_not_there_is_no_proposal) {
  std::string text(small_policy);
  const auto at = text.find("outside: help_desk");
  text.replace(at, 18, "outside: help_dsk");
  EXPECT_TRUE(prove_for_proposal(std::string(small_policy), std::string(people)));
  const auto refused = prove_for_proposal(text, std::string(people));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "policy:13:109: no team `help_dsk` in `north`");
  EXPECT_TRUE(refused.error().next_step.starts_with("did you mean `help_desk`?"));
  EXPECT_TRUE(prove_for_proposal(text, ""));  // the assumed organization has whatever a policy names
}

// What was let go live stays live: a ledger is read as it was written, and its proof holds as it did.
TEST(Organization, a_policy_in_force_may_name_what_is_not_there_and_slip_as_drafts_may_not) {
  for (const auto& [from, to] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"outside: help_desk", "outside: help_dsk"},
           {"light:    {signals: 1,", "light:    {signals: 1, include: [totp, totp],"},
           {"review: 24h}", "review: 0s}"}}) {
    auto text = concat(small_policy, "# in force\n");
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, from.size(), to);
    EXPECT_FALSE(prove_for_proposal(text, std::string(people)));
    const auto policy = *Policy::compile(text, "p", PolicyReading::in_force);
    const auto proof = proof::prove_policy(policy, *proof::read_population(people, policy));
    ASSERT_TRUE(proof && proof->holds()) << to;
    const auto certificate = proof::certificate_of(policy, *proof, organization_digest(people));
    ASSERT_TRUE(certificate);
    EXPECT_TRUE(check_proposal(policy, people, to_text(*certificate))) << to;
    SmallWorld world;
    const ProposePolicy accepted{text, std::string(people), to_text(*certificate), {}, nullptr};
    EXPECT_EQ(world.change(world.signed_by("olga", accepted)), allowed) << to;
    EXPECT_EQ(world.agree("otis"), allowed);
    EXPECT_EQ(world.agree("otto"), allowed);
    EXPECT_EQ(world.organization.policy->text(), text);
    EXPECT_TRUE(check_proof_in_force(world.organization)) << to;
  }
}

TEST(Organization, an_appointment_stays_within_what_was_proved) {
  SmallWorld world;
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day, people))), allowed);
  for (const auto* by : {"otis", "otto"}) EXPECT_EQ(world.agree(by), allowed);
  const auto ask = [&](const StaffMember& m) { return world.change(world.signed_by("olga", enrolment(m))); };
  EXPECT_EQ(ask(world.staff("nina", {StaffRole::approver}, {"desk_lead"})), DenialCode::staff_not_in_proof);
  EXPECT_EQ(ask(world.staff("nina", {StaffRole::agent}, {}, "security")), DenialCode::staff_not_in_proof);
  EXPECT_EQ(ask(world.staff("nina", {StaffRole::reviewer}, {}, "audit")), allowed);  // gives no power
  auto renewed = *world.organization.member(id_of<StaffId>("lea"));
  renewed.ends_at = renewed.ends_at + days(30);
  EXPECT_EQ(ask(renewed), allowed);
  // The same policy, proved for more people, may be proposed: it is the one in force.
  const auto more = people_with("lead:      {count: 2", "lead:      {count: 3");
  EXPECT_EQ(world.change(world.signed_by("ann", SmallWorld::proposal(another_day, more))), allowed);
  const auto number = world.organization.changes;
  for (const auto* by : {"otis", "otto"}) EXPECT_EQ(world.agree(by, number), allowed);
  EXPECT_EQ(ask(world.staff("nina", {StaffRole::approver}, {"desk_lead"})), allowed);
  EXPECT_TRUE(world.organization.former.contains(sha256(view_of(small_policy))));
  EXPECT_FALSE(world.organization.former.contains(sha256(view_of(another_day))));
}

TEST(Organization, a_certificate_is_cut_between_characters) {
  std::string text(proof_part_bytes - 1, 'x');
  text += "\xC3\xA9 and more";
  const auto parts = parts_of(text);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].text.size(), proof_part_bytes - 1);
  EXPECT_EQ(parts[0].text + parts[1].text, text);
  EXPECT_TRUE(parts_of("").empty());
}

TEST(Organization, a_ledger_is_opened_once_and_first) {
  OrganizationState none;
  SmallWorld world;
  EXPECT_FALSE(evolve(none, StaffRemoved{id_of<StaffId>("lea"), {}}, world.now).has_value());
  auto state = world.organization;
  EXPECT_FALSE(evolve(state, state.opened, world.now).has_value());
}

}  // namespace
}  // namespace sallyport
