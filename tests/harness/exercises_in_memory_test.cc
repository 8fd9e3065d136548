// Live exercises on the application in memory: what the desk keeps, when it opens them, and what the executor makes of
// their cases.
#include <gtest/gtest.h>

#include "../tests/harness/story_world.h"
#include "core/model/salted_digest.h"
#include "crypto/hash.h"

namespace sallyport::harness {
namespace {

constexpr std::string_view policy_text = R"(policy: exercises
language: 1
signals:
  totp:          {rests_on: [handset], fresh: 10m}
  recovery_code: {rests_on: [code_sheet]}
tiers:
  light: {signals: 1}
classes: [{name: workforce}]
actions: {unlock: light}
limits: {cases_per_account_24h: 1000, tries_per_signal: 5, case_lifetime: 8h, verified_for: 8h}
front_door: {workforce: [[password]]}
guarantees: [{recovery_not_weaker_than_sign_in: all}]
)";
constexpr std::string_view story_text = R"(story: exercises
source: nobody
policy: none.yaml

people:
  ann: agent, team help_desk

accounts:
  paul:
  petra:

timeline:
  09:00 ann opens case 1 for paul: unlock

ends:
  nothing is written
)";

const stories::Story& story() {
  static const auto read = stories::read_story(story_text);
  EXPECT_TRUE(read.has_value());
  return *read;
}

class Exercises : public testing::Test {
 protected:
  StoryWorld world_{story()};
  MemorySite& site_ = world_.site;

  Exercises() {
    const auto proved = prove_for_proposal(std::string(policy_text), "");
    EXPECT_TRUE(proved && *proved);
    ProposePolicy proposal{std::string(policy_text), "", (*proved)->certificate, {}, (*proved)->checked};
    EXPECT_EQ(world_.set_up(proposal), std::nullopt);
  }

  [[nodiscard]] ExercisePlan plan(Duration length = hours(4), std::string_view login = "paul") const {
    ExercisePlan p;
    p.directory = *DirectoryId::parse("corp");
    p.account = *AccountId::parse(login);
    p.from = site_.clock.at;
    p.until = p.from + length;
    p.pretext = "a flight in an hour";
    return p;
  }
  [[nodiscard]] ChangeSignature signature(const OrganizationChange& unsigned_yet, std::string_view by) const {
    const auto organization = site_.adjudicator->organization();
    return {organization->changes + 1, staff_id(by),
            Stage::sign(by, change_domain, change_statement(*organization, unsigned_yet))};
  }
  // What it was refused with, or nothing.
  std::optional<std::string> start(const ExercisePlan& wanted) {
    const auto drawn = site_.exercises.draw_up(wanted);
    if (!drawn || !*drawn) return heard(drawn);
    const auto organization = site_.adjudicator->organization();
    const ExerciseSealed seal{
        commitment_of(**drawn), (*drawn)->until, {organization->changes + 1, staff_id(operators[0]), {}}};
    const auto answer = answer_of<Result<Ruling<void>>>(
        [&](auto done) { site_.exercises.start(**drawn, signature(seal, operators[0]), std::move(done)); });
    site_.clock.at = site_.clock.at + seconds(1);
    return heard(answer) == allowed ? std::nullopt : std::optional(heard(answer));
  }
  std::uint64_t started(const ExercisePlan& wanted) {
    EXPECT_EQ(start(wanted), std::nullopt);
    return site_.adjudicator->organization()->changes;
  }
  std::string open_it(std::uint64_t exercise) {
    const auto kept = site_.exercises.plan_of(exercise);
    if (!kept || !*kept) return heard(kept);
    const auto organization = site_.adjudicator->organization();
    const ExerciseOpened change{
        exercise, **kept, {}, ChangeSignature{organization->changes + 1, staff_id(operators[1]), {}}};
    return heard(answer_of<Result<Ruling<void>>>(
        [&](auto done) { site_.exercises.open(exercise, signature(change, operators[1]), std::move(done)); }));
  }
  [[nodiscard]] const SealedExercise& exercise(std::uint64_t number) {
    organization_ = site_.adjudicator->organization();
    return organization_->exercises.at(number);
  }

  // A case that is permitted: the policy asks for one signal.
  CaseId permitted(std::string_view login = "paul") {
    const auto id = *CaseId::parse(concat("c-", ++cases_));
    const auto account = site_.directory.find_by_login(login, site_.clock.at);
    OpenCase command;
    command.action = Action::unlock;
    command.account = account->facts;
    command.requested_by = staff_id("ann");
    command.channel = "phone";
    command.reason = reason_digest(Stage::salt, "locked");
    command.holder = holder_digest(Stage::salt, account->login, account->display_name);
    command.join_code = sha256(view_of(id.text()));
    const auto opened = answer_of<CaseAnswer>([&](auto done) {
      site_.adjudicator->open_case(id, command, {{salt_row(id), std::string(Stage::salt)}}, std::move(done));
    });
    EXPECT_EQ(heard(opened), allowed);
    RecordEvidence totp;
    totp.signal = *SignalName::parse("totp");
    totp.result = EvidenceResult::passed;
    totp.enrolled_at = instant(long_ago);
    const auto given =
        answer_of<CaseAnswer>([&](auto done) { site_.adjudicator->submit(id, totp, "claimant", {}, std::move(done)); });
    EXPECT_EQ(heard(given), allowed);
    EXPECT_TRUE(state(id)->permit.has_value());
    return id;
  }
  [[nodiscard]] std::shared_ptr<const CaseState> state(const CaseId& id) { return *site_.adjudicator->find(id); }
  [[nodiscard]] std::string executed(const CaseId& id) { return heard(site_.executor.execute(id)); }

  std::shared_ptr<const OrganizationState> organization_;
  int cases_ = 0;
};

TEST_F(Exercises, a_case_of_one_is_never_executed_and_ends_when_it_is_opened) {
  const auto before = permitted();
  site_.clock.at = site_.clock.at + seconds(1);
  const auto number = started(plan());
  const auto id = permitted();
  EXPECT_EQ(executed(id), refused(DenialCode::case_is_exercise));
  EXPECT_EQ(site_.directory.writes, 0U);
  EXPECT_EQ(executed(before), allowed);
  EXPECT_EQ(site_.directory.writes, 1U);
  EXPECT_EQ(open_it(number), allowed);
  EXPECT_EQ(exercise(number).opened->cases, std::vector{id});
  EXPECT_EQ(state(id)->closed->result, CaseResult::exercise);
  EXPECT_EQ(executed(id), refused(DenialCode::case_is_exercise));
  site_.clock.at = site_.clock.at + seconds(1);
  EXPECT_EQ(executed(permitted()), allowed);
  EXPECT_EQ(site_.directory.writes, 2U);
}

TEST_F(Exercises, another_account_goes_on) {
  started(plan());
  EXPECT_EQ(executed(permitted("petra")), allowed);
  EXPECT_EQ(site_.directory.writes, 1U);
}

TEST_F(Exercises, opens_by_itself_a_day_after_its_end_to_the_millisecond) {
  const auto wanted = plan();
  const auto number = started(wanted);
  const auto id = permitted();
  site_.clock.at = wanted.until + exercise_opens_itself_after - Duration{1};
  site_.api.tick();
  EXPECT_FALSE(exercise(number).opened);
  site_.clock.at = site_.clock.at + seconds(2);
  site_.api.tick();
  ASSERT_TRUE(exercise(number).opened);
  EXPECT_FALSE(exercise(number).opened->by);
  EXPECT_EQ(exercise(number).opened->cases, std::vector{id});
  EXPECT_TRUE(state(id)->closed);  // it had expired meanwhile
}

TEST_F(Exercises, cases_that_an_earlier_run_left_open_are_ended) {
  const auto number = started(plan());
  const auto id = permitted();
  ExerciseOpened change{number, **site_.exercises.plan_of(number), {id}, ChangeSignature()};
  change.signature = ChangeSignature{site_.adjudicator->organization()->changes + 1, staff_id(operators[1]), {}};
  change.signature = signature(change, operators[1]);
  const auto told = answer_of<Result<Ruling<void>>>(  // and then the server went down
      [&](auto done) { site_.adjudicator->change(OrganizationChange(change), std::move(done)); });
  EXPECT_EQ(heard(told), allowed);
  EXPECT_FALSE(state(id)->closed);
  EXPECT_EQ(executed(id), refused(DenialCode::case_is_exercise));
  site_.api.tick();
  EXPECT_EQ(state(id)->closed->result, CaseResult::exercise);
}

TEST_F(Exercises, one_account_has_a_week_between_two) {
  const auto first = plan();
  const auto number = started(first);
  auto next = plan();
  next.from = first.until + exercise_pause_min - Duration{1};
  next.until = next.from + hours(1);
  EXPECT_EQ(start(next), refused(DenialCode::limit_reached));
  EXPECT_EQ(open_it(number), allowed);
  EXPECT_EQ(start(next), refused(DenialCode::limit_reached));  // opened or not
  auto other = next;
  other.account = *AccountId::parse("petra");
  EXPECT_EQ(start(other), std::nullopt);
  next.from = next.from + Duration{1};
  EXPECT_EQ(start(next), std::nullopt);
}

TEST_F(Exercises, is_scored_when_it_is_opened_and_not_before) {
  const auto number = started(plan());
  permitted();
  EXPECT_EQ(heard(site_.exercises.score(number)), refused(DenialCode::exercise_not_sealed));
  EXPECT_EQ(open_it(number), allowed);
  const auto score = site_.exercises.score(number);
  ASSERT_TRUE(score && *score);
  EXPECT_EQ((*score)->far(), HowFar::let_through);
  EXPECT_EQ((*score)->teams.at("help_desk").verified, 1U);
}

TEST_F(Exercises, the_plan_is_kept_sealed_and_gone_once_it_is_opened) {
  const auto number = started(plan());
  for (const auto& row : {exercise_row(number), exercise_row_of_executor(number)}) {
    const auto kept = site_.store->read_secret(row);
    ASSERT_TRUE(kept && *kept) << row;
    EXPECT_EQ((*kept)->find("paul"), std::string::npos) << row;
  }
  for (const auto& entry : site_.ledger()) EXPECT_EQ(entry.find("a flight in an hour"), std::string::npos);
  EXPECT_EQ(open_it(number), allowed);
  for (const auto& row : {exercise_row(number), exercise_row_of_executor(number)})
    EXPECT_FALSE(site_.store->read_secret(row)->has_value()) << row;
  EXPECT_EQ(open_it(number), refused(DenialCode::exercise_not_sealed));
}

TEST_F(Exercises, all_of_it_audits_sound) {
  const auto number = started(plan());
  permitted();
  EXPECT_EQ(open_it(number), allowed);
  site_.clock.at = site_.clock.at + seconds(1);
  EXPECT_EQ(executed(permitted()), allowed);
  Readjudicator auditor;
  std::uint64_t index = 0;
  for (const auto& entry : site_.ledger()) auditor.feed(index++, entry);
  const auto report = auditor.finish();
  EXPECT_EQ(report.findings_total, 0U) << report.findings.front().text;
  EXPECT_EQ(report.exercises, 1U);
}

}  // namespace
}  // namespace sallyport::harness
