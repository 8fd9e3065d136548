// What an exercise measures, counted by hand beside the program's count.
#include "core/exercises/score.h"

#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

ExerciseScore score_of_all(const SmallWorld& world) {
  std::map<CaseId, CaseHistory> by_id;
  for (const auto& bytes : world.ledger) {
    auto entry = decode_entry(bytes);
    auto* event = std::get_if<CaseEvent>(&entry->event);
    if (event == nullptr) continue;
    const auto id = case_of_stream(entry->stream).value_or(CaseId());
    by_id[id].id = id;
    by_id[id].events.emplace_back(entry->at, std::move(*event));
  }
  std::vector<CaseHistory> cases;
  for (auto& [id, history] : by_id) cases.push_back(std::move(history));
  return score_of(cases, world.organization);
}

CancelCase cancel(std::string_view by) { return {id_of<StaffId>(by), "this is nobody we know"}; }

TEST(ExerciseScore, of_a_pretender_who_gets_through) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  world.wait(minutes(1));
  EXPECT_EQ(world.give("c-1", "totp"), std::nullopt);
  EXPECT_EQ(world.give("c-1", "recovery_code"), std::nullopt);
  EXPECT_EQ(world.seal("c-1"), std::nullopt);
  world.wait(minutes(2));
  EXPECT_EQ(world.approve("lea", "c-1"), std::nullopt);
  const auto score = score_of_all(world);
  EXPECT_EQ(score.far(), HowFar::let_through);
  EXPECT_FALSE(score.flagged());
  ASSERT_EQ(score.cases.size(), 1U);
  const auto& c = score.cases.front();
  EXPECT_EQ(c.verified, minutes(1));
  EXPECT_EQ(c.approved, minutes(3));
  EXPECT_EQ(c.permitted, minutes(3));
  EXPECT_EQ(c.agent_team.text(), "help_desk");
  const auto& team = score.teams.at("help_desk");
  EXPECT_EQ(team.opened, 1U);
  EXPECT_EQ(team.verified, 1U);
  EXPECT_EQ(team.approved, 1U);
  EXPECT_EQ(team.flagged, 0U);
  EXPECT_EQ(score.persons.at("lea").approved, 1U);
  EXPECT_EQ(score.persons.at("ann").approved, 0U);
}

TEST(ExerciseScore, of_a_pretender_who_is_noticed) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.give("c-1", "totp", EvidenceResult::failed), std::nullopt);
  world.wait(seconds(90));
  EXPECT_EQ(world.told("c-1", cancel("ann")), std::nullopt);
  const auto score = score_of_all(world);
  EXPECT_EQ(score.far(), HowFar::door_one);
  ASSERT_TRUE(score.cases.front().flagged);
  EXPECT_EQ(score.cases.front().flagged->how, Flag::cancelled);
  EXPECT_EQ(score.cases.front().flagged->by.text(), "help_desk");
  EXPECT_EQ(score.cases.front().flagged->after, seconds(90));
  EXPECT_EQ(score.teams.at("help_desk").flagged_after, seconds(90));
}

TEST(ExerciseScore, who_was_verified_and_then_denied_got_to_door_two) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.give("c-1", "totp"), std::nullopt);
  EXPECT_EQ(world.give("c-1", "recovery_code"), std::nullopt);
  EXPECT_EQ(world.told("c-1", DenyCase{id_of<StaffId>("vito"), "no"}), std::nullopt);
  const auto score = score_of_all(world);
  EXPECT_EQ(score.far(), HowFar::door_two);
  EXPECT_EQ(score.teams.at("security").flagged, 1U);
  EXPECT_EQ(score.teams.at("help_desk").flagged, 0U);
}

TEST(ExerciseScore, counts_who_tried_to_get_around_a_rule) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  world.record("c-1", RefusalRecorded{"approve", "ann", DenialCode::requester_may_not_approve, "no"});
  world.record("c-1", RefusalRecorded{"approve", "ann", DenialCode::requester_may_not_approve, "no"});
  world.record("c-1", RefusalRecorded{"give_signal", "claimant", DenialCode::code_replayed, "no"});
  const auto score = score_of_all(world);
  EXPECT_EQ(score.teams.at("help_desk").refusals.at(DenialCode::requester_may_not_approve), 2U);
  EXPECT_EQ(score.claimant.at(DenialCode::code_replayed), 1U);
}

TEST(ExerciseScore, names_nobody_unless_asked) {
  SmallWorld world;
  EXPECT_EQ(world.open("c-1", Action::password_reset), std::nullopt);
  EXPECT_EQ(world.told("c-1", cancel("ann")), std::nullopt);
  const auto score = score_of_all(world);
  EXPECT_EQ(to_text(to_json(score, Whom::teams)).find("ann"), std::string::npos);
  EXPECT_NE(to_text(to_json(score, Whom::persons)).find("\"staff\":\"ann\""), std::string::npos);
}

TEST(ExerciseScore, of_an_exercise_without_a_case) {
  const auto score = score_of({}, OrganizationState());
  EXPECT_EQ(score.far(), HowFar::door_one);
  EXPECT_FALSE(score.flagged());
  EXPECT_TRUE(score.teams.empty());
}

}  // namespace
}  // namespace sallyport
