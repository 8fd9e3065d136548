#include "core/alerts/alerts.h"

#include <gtest/gtest.h>

#include <set>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

struct Alerts : testing::Test {
  SmallWorld world;

  [[nodiscard]] std::vector<std::string> of(std::string_view id) const {
    std::vector<std::string> out;
    for (const auto& raised : alerts_in(world.ledger))
      if (raised.id.text() == id) out.emplace_back(to_string(raised.alert));
    return out;
  }
  // As the gateway writes down what it refuses.
  void refused(std::string_view id, DenialCode code) {
    world.record(id, CaseEvent(RefusalRecorded{"x", "ann", code, "no"}));
  }
  using Names = std::vector<std::string>;
};

TEST_F(Alerts, a_recovery_that_goes_as_it_should_raises_none) {
  world.ready("c-1", Action::password_reset);
  EXPECT_EQ(world.intend("c-1"), std::nullopt);
  EXPECT_EQ(world.conclude("c-1", Outcome::done), std::nullopt);
  EXPECT_TRUE(alerts_in(world.ledger).empty());
}

TEST_F(Alerts, each_has_a_name_a_sentence_a_next_step_and_what_it_does_not_mean) {
  std::set<std::string_view> names;
  for (const auto alert : EnumValues<Alert>::all) {
    names.insert(to_string(alert));
    for (const auto text : {words_of(alert).sentence, words_of(alert).next_step, words_of(alert).does_not_mean}) {
      EXPECT_FALSE(text.empty()) << to_string(alert);
      EXPECT_FALSE(text.ends_with('.')) << text;
    }
  }
  EXPECT_EQ(names.size(), EnumValues<Alert>::all.size());
}

TEST_F(Alerts, the_holders_no_is_one_and_after_the_effect_it_is_two) {
  ASSERT_EQ(world.open("c-1", Action::unlock), std::nullopt);
  EXPECT_EQ(world.told("c-1", Object{id_of<StaffId>("ann"), "callback"}), std::nullopt);
  EXPECT_EQ(of("c-1"), Names{"holder_objected"}) << "and not an approver's no";
  world.ready("c-2", Action::unlock);
  EXPECT_EQ(world.intend("c-2"), std::nullopt);
  EXPECT_EQ(world.conclude("c-2", Outcome::done), std::nullopt);
  EXPECT_EQ(world.told("c-2", Object{id_of<StaffId>("ann"), "callback"}), std::nullopt);
  EXPECT_EQ(of("c-2"), (Names{"holder_objected", "objected_after_effect"}));
}

TEST_F(Alerts, an_approvers_no_is_one_and_the_agents_own_end_is_none) {
  world.ready("c-1", Action::password_reset);
  EXPECT_EQ(world.told("c-1", DenyCase{id_of<StaffId>("leo"), "not him"}), std::nullopt);
  EXPECT_EQ(of("c-1"), Names{"approver_said_no"});
  ASSERT_EQ(world.open("c-2", Action::unlock), std::nullopt);
  EXPECT_EQ(world.told("c-2", CancelCase{id_of<StaffId>("ann"), "found it"}), std::nullopt);
  EXPECT_TRUE(of("c-2").empty());
}

TEST_F(Alerts, the_third_case_of_a_day_is_one_and_the_second_is_none) {
  for (const auto* id : {"c-1", "c-2", "c-3"}) ASSERT_EQ(world.open(id, Action::unlock), std::nullopt);
  EXPECT_TRUE(of("c-1").empty());
  EXPECT_TRUE(of("c-2").empty());
  EXPECT_EQ(of("c-3"), Names{"target_velocity"});
}

TEST_F(Alerts, refusals_of_a_kind_are_one_alert_that_names_its_entries) {
  ASSERT_EQ(world.open("c-1", Action::unlock), std::nullopt);
  for (int i = 0; i < 3; ++i) refused("c-1", DenialCode::action_differs_from_case);
  const auto alerts = alerts_in(world.ledger);
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0].alert, Alert::agent_bypass_attempt);
  EXPECT_EQ(alerts[0].entries.size(), 3U);
  EXPECT_EQ(alerts[0].entries[0] + 3, world.ledger.size());
}

TEST_F(Alerts, what_people_do_by_mistake_is_none) {
  ASSERT_EQ(world.open("c-1", Action::unlock), std::nullopt);
  for (const auto code : {DenialCode::code_wrong, DenialCode::hold_not_over, DenialCode::approvals_missing,
                          DenialCode::identity_not_verified, DenialCode::clock_behind_ledger})
    refused("c-1", code);
  EXPECT_TRUE(of("c-1").empty());
}

TEST_F(Alerts, what_attackers_do_is_one_by_its_name) {
  const std::pair<DenialCode, std::string_view> expected[] = {
      {DenialCode::signal_tries_exhausted, "tries_exhausted"},
      {DenialCode::code_replayed, "code_replayed"},
      {DenialCode::requester_may_not_approve, "separation_of_duties"},
      {DenialCode::signature_invalid, "approval_not_genuine"},
      {DenialCode::approver_has_no_seat, "approver_out_of_place"},
      {DenialCode::approver_in_cooldown, "approver_recently_recovered"},
      {DenialCode::staff_in_cooldown, "speaker_recently_recovered"},
      {DenialCode::approver_over_budget, "approval_flood"},
      {DenialCode::requester_has_left, "requester_has_left"},
      {DenialCode::account_changed, "account_changed"},
      {DenialCode::clock_not_believed, "clock_jump"}};
  ASSERT_EQ(world.open("c-1", Action::unlock), std::nullopt);
  Names wanted;
  for (const auto& [code, name] : expected) {
    refused("c-1", code);
    wanted.emplace_back(name);
  }
  EXPECT_EQ(of("c-1"), wanted);
}

TEST_F(Alerts, an_outcome_that_nobody_knows_is_one_until_somebody_looks) {
  world.ready("c-1", Action::unlock);
  EXPECT_EQ(world.intend("c-1"), std::nullopt);
  EXPECT_EQ(world.conclude("c-1", Outcome::unknown), std::nullopt);
  EXPECT_EQ(of("c-1"), Names{"outcome_unknown"});
}

TEST_F(Alerts, a_case_that_ran_out_is_stalled) {
  ASSERT_EQ(world.open("c-1", Action::unlock), std::nullopt);
  world.wait(hours(4));
  EXPECT_EQ(world.told("c-1", ExpireCase{}), std::nullopt);
  EXPECT_EQ(of("c-1"), Names{"case_stalled"});
}

TEST_F(Alerts, the_recovery_of_somebody_on_the_staff_is_one_and_an_unlock_of_theirs_is_none) {
  const auto recover = [&](std::string_view id, Action action) {
    auto opening = world.opening(action, "ann", "lena");
    opening.account.holder = id_of<PersonId>("person.leo");
    ASSERT_EQ(world.told(id, opening), std::nullopt);
    EXPECT_EQ(world.give(id, "totp"), std::nullopt);
    if (action == Action::password_reset) {
      EXPECT_EQ(world.give(id, "recovery_code"), std::nullopt);
      EXPECT_EQ(world.approve("lea", id), std::nullopt);
      EXPECT_EQ(world.seal(id), std::nullopt);
    }
    EXPECT_EQ(world.intend(id), std::nullopt);
    EXPECT_EQ(world.conclude(id, Outcome::done), std::nullopt);
  };
  recover("c-1", Action::unlock);
  EXPECT_TRUE(of("c-1").empty());
  recover("c-2", Action::password_reset);
  EXPECT_EQ(of("c-2"), Names{"staff_recovered"});
}

// Entries as a busy ledger has them; of a case the counts that it was opened with are enough.
struct Busy : testing::Test {
  AlertWatch watch;
  std::uint64_t next = 0;
  void opened(std::uint32_t of_agent, std::uint32_t of_all, Instant at, std::string_view agent = "ann") {
    CaseOpened event;
    event.requested_by = id_of<StaffId>(agent);
    event.request.agent_cases_1h = of_agent;
    event.request.cases_1h = of_all;
    const auto id = id_of<CaseId>(concat("c-", next));
    watch.feed(next++, {case_stream(id), 0, at, CaseEvent(event)});
  }
};

TEST_F(Busy, haste_and_storms_are_told_once_an_hour) {
  const auto nine = *instant_from_rfc3339("2026-03-02T09:00:00.000Z");
  opened(agent_velocity_cases_1h - 1, surge_cases_1h - 1, nine);
  EXPECT_TRUE(watch.raised().empty());
  opened(agent_velocity_cases_1h, surge_cases_1h, nine);
  EXPECT_EQ(watch.raised().size(), 2U);
  opened(agent_velocity_cases_1h + 1, surge_cases_1h + 1, nine + minutes(59));
  EXPECT_EQ(watch.raised().size(), 2U);
  opened(agent_velocity_cases_1h, 0, nine + minutes(59), "abe");
  EXPECT_EQ(watch.raised().size(), 3U) << "another agent";
  opened(agent_velocity_cases_1h + 1, surge_cases_1h + 1, nine + hours(1));
  EXPECT_EQ(watch.raised().size(), 5U);
  EXPECT_EQ(watch.total(), 5U);
}

}  // namespace
}  // namespace sallyport
