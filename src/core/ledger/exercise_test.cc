// Live exercises: a case of one never acts, the case beside it does; and what an auditor finds when an exercise is told
// otherwise than it was.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

class World : public SmallWorld {
 public:
  [[nodiscard]] ExercisePlan plan(Duration begins = {}, Duration length = hours(4)) const {
    ExercisePlan p;
    p.directory = account().directory;
    p.account = account().account;
    p.from = now + begins;
    p.until = p.from + length;
    p.pretext = "a new phone, and a flight in an hour";
    p.salt = Bytes(exercise_salt_bytes, 7);
    return p;
  }
  // The number of the exercise.
  std::uint64_t start(const ExercisePlan& plan) {
    EXPECT_EQ(change(signed_by("olga", ExerciseSealed{commitment_of(plan), plan.until, {}})), std::nullopt);
    plans[organization.changes] = plan;
    wait(seconds(1));
    return organization.changes;
  }
  std::optional<DenialCode> open_exercise(std::uint64_t number, const std::vector<std::string_view>& listed,
                                          std::string_view by = "otis") {
    return change(signed_by(by, opening_of_exercise(number, listed)));
  }
  [[nodiscard]] ExerciseOpened opening_of_exercise(std::uint64_t number,
                                                   const std::vector<std::string_view>& listed) const {
    ExerciseOpened e{number, plans.at(number), {}, ChangeSignature()};
    for (const auto id : listed) e.cases.push_back(id_of<CaseId>(id));
    return e;
  }
  template <typename Change>
  Change signed_by(std::string_view by, Change change) const {
    return Stage::signed_by(by, std::move(change));
  }
  ExerciseOpened signed_by(std::string_view by, ExerciseOpened change) const {
    change.signature = ChangeSignature{organization.changes + 1, id_of<StaffId>(by), {}};
    change.signature->assertion = sign(by, change_domain, change_statement(organization, change));
    return change;
  }
  std::optional<DenialCode> refused(std::string_view id) const {
    const auto given = authorized_by(id, entries_of(id));
    return given ? std::nullopt : std::optional(given.error().code);
  }
  [[nodiscard]] std::string found() const {
    std::string out;
    for (const auto& f : audit().findings) out += f.text + "\n";
    return out;
  }
  std::optional<DenialCode> end(std::string_view id, std::uint64_t number) { return told(id, EndExercise{number}); }
};

TEST(Exercise, its_case_is_permitted_and_never_acts) {
  World world;
  world.ready("c-before");
  world.wait(seconds(1));
  const auto number = world.start(world.plan());
  world.ready("c-during");
  EXPECT_TRUE(world.state("c-during").permit);
  EXPECT_EQ(world.refused("c-during"), DenialCode::case_is_exercise);
  EXPECT_EQ(world.refused("c-before"), std::nullopt);  // opened before the seal: real, though its account is the same
  EXPECT_EQ(world.open_exercise(number, {"c-during"}), std::nullopt);
  EXPECT_EQ(world.refused("c-during"), DenialCode::case_is_exercise);
  EXPECT_EQ(world.intend("c-during"), DenialCode::case_is_exercise);
  EXPECT_EQ(world.end("c-during", number), std::nullopt);
  EXPECT_EQ(world.state("c-during").closed->result, CaseResult::exercise);
  EXPECT_EQ(world.found(), "");
}

TEST(Exercise, ends_with_its_window_to_the_millisecond) {
  World world;
  const auto plan = world.plan(hours(1), hours(1));
  world.start(plan);
  world.now = plan.from - Duration{.milliseconds = 1};
  world.ready("c-1");
  EXPECT_EQ(world.refused("c-1"), std::nullopt);
  world.now = plan.from;
  world.ready("c-2");
  EXPECT_EQ(world.refused("c-2"), DenialCode::case_is_exercise);
  world.now = plan.until;
  world.ready("c-3");
  EXPECT_EQ(world.refused("c-3"), std::nullopt);
}

TEST(Exercise, leaves_other_accounts_and_other_actions_alone) {
  World world;
  auto plan = world.plan();
  plan.action = Action::password_reset;
  world.start(plan);
  world.ready("c-1", Action::unlock);
  EXPECT_EQ(world.refused("c-1"), std::nullopt);
  EXPECT_EQ(world.told("c-2", world.opening(Action::unlock, "ann", "petra")), std::nullopt);
  EXPECT_EQ(world.give("c-2", "totp"), std::nullopt);
  EXPECT_EQ(world.refused("c-2"), std::nullopt);
  world.ready("c-3");
  EXPECT_EQ(world.refused("c-3"), DenialCode::case_is_exercise);
}

// Nobody takes a case for a real one because its exercise cannot be read.
TEST(Exercise, a_plan_that_cannot_be_read_or_is_another_stops_what_it_may_be_about) {
  World world;
  const auto number = world.start(world.plan());
  world.ready("c-1");
  auto& kept = world.plans[number];
  const auto was = kept;
  kept.account = id_of<AccountId>("petra");  // so that the case would be a real one
  EXPECT_EQ(world.refused("c-1"), DenialCode::statement_differs);
  kept = was;
  kept.salt.back() ^= 1;
  EXPECT_EQ(world.refused("c-1"), DenialCode::statement_differs);
  world.plans.erase(number);
  EXPECT_EQ(world.refused("c-1"), DenialCode::statement_differs);
  world.now = was.until;
  world.ready("c-2");
  EXPECT_EQ(world.refused("c-2"), std::nullopt);  // the exercise cannot be about it, whatever its plan
}

TEST(Exercise, a_case_opened_after_it_was_opened_is_real) {
  World world;
  const auto number = world.start(world.plan());
  world.ready("c-1");
  EXPECT_EQ(world.open_exercise(number, {"c-1"}), std::nullopt);
  EXPECT_EQ(world.end("c-1", number), std::nullopt);
  world.wait(seconds(1));
  world.ready("c-2");
  EXPECT_EQ(world.refused("c-2"), std::nullopt);
  EXPECT_EQ(world.intend("c-2"), std::nullopt);
  EXPECT_EQ(world.found(), "");
}

TEST(Exercise, takes_one_operator_and_nobody_else) {
  World world;
  const auto plan = world.plan();
  const ExerciseSealed seal{commitment_of(plan), plan.until, {}};
  EXPECT_EQ(world.change(world.signed_by("ann", seal)), DenialCode::role_missing);
  EXPECT_EQ(world.change(world.signed_by("lea", seal)), DenialCode::role_missing);
  auto other = world.signed_by("olga", seal);
  other.ends_at = other.ends_at + hours(1);
  EXPECT_EQ(world.change(other), DenialCode::signature_invalid);
  const auto number = world.start(plan);
  EXPECT_EQ(world.open_exercise(number, {}, "lea"), DenialCode::role_missing);
  EXPECT_EQ(world.open_exercise(number, {}, "otto"), std::nullopt);
  EXPECT_EQ(world.open_exercise(number, {}, "otto"), DenialCode::exercise_not_sealed);
}

TEST(Exercise, is_bounded_in_length_in_time_and_in_number) {
  World world;
  const auto seal = [&](Instant ends_at) {
    return world.change(world.signed_by("olga", ExerciseSealed{Digest(), ends_at, {}}));
  };
  EXPECT_EQ(seal(world.now), DenialCode::limit_reached);
  EXPECT_EQ(seal(world.now + exercise_ahead_max + Duration{1}), DenialCode::limit_reached);
  for (std::size_t i = 0; i < exercises_sealed_max; ++i) EXPECT_EQ(seal(world.now + exercise_ahead_max), std::nullopt);
  EXPECT_EQ(seal(world.now + hours(1)), DenialCode::limit_reached);
  auto plan = world.plan({}, exercise_window_max);
  EXPECT_TRUE(check_plan(plan).has_value());
  plan.until = plan.until + Duration{1};
  EXPECT_FALSE(check_plan(plan).has_value());
  plan = world.plan({}, Duration{});
  EXPECT_FALSE(check_plan(plan).has_value());
  plan = world.plan();
  plan.pretext.clear();
  EXPECT_FALSE(check_plan(plan).has_value());
  plan = world.plan();
  plan.salt.pop_back();
  EXPECT_FALSE(check_plan(plan).has_value());
  plan = world.plan();
  plan.action = Action::suspend;
  EXPECT_FALSE(check_plan(plan).has_value());
}

TEST(Exercise, has_no_suspensions_for_whoever_lost_something_cannot_wait) {
  World world;
  auto plan = world.plan();
  plan.action.reset();
  SealedExercise sealed;
  sealed.sealed_at = plan.from - seconds(1);
  const auto covered = [&](Action action) {
    return covers(sealed, plan, plan.directory, plan.account, action, plan.from);
  };
  EXPECT_TRUE(covered(Action::unlock));
  EXPECT_FALSE(covered(Action::suspend));
}

TEST(Exercise, opens_by_itself_a_day_after_its_end_and_not_before) {
  World world;
  const auto plan = world.plan();
  const auto number = world.start(plan);
  auto opening = world.opening_of_exercise(number, {});
  opening.signature.reset();
  world.now = plan.until + exercise_opens_itself_after - Duration{1};
  EXPECT_EQ(world.change(opening), DenialCode::exercise_not_over);
  world.wait(Duration{1});
  const auto changes = world.organization.changes;
  EXPECT_EQ(world.change(opening), std::nullopt);
  EXPECT_EQ(world.organization.changes, changes);  // nobody signed it
  EXPECT_EQ(world.found(), "");
}

TEST(Exercise, is_opened_as_the_plan_that_was_sealed_or_not_at_all) {
  World world;
  const auto number = world.start(world.plan());
  const auto with = [&](auto edit) {
    auto opening = world.opening_of_exercise(number, {});
    edit(opening);
    return world.change(world.signed_by("otis", opening));
  };
  EXPECT_EQ(with([](auto& e) { e.plan.account = id_of<AccountId>("petra"); }), DenialCode::exercise_differs);
  EXPECT_EQ(with([](auto& e) { e.plan.from = e.plan.from - hours(1); }), DenialCode::exercise_differs);
  EXPECT_EQ(with([](auto& e) { e.plan.action = Action::unlock; }), DenialCode::exercise_differs);
  EXPECT_EQ(with([](auto& e) { e.plan.salt.front() ^= 1; }), DenialCode::exercise_differs);
  EXPECT_EQ(with([](auto& e) { e.cases = {id_of<CaseId>("c-2"), id_of<CaseId>("c-1")}; }),
            DenialCode::exercise_differs);
  EXPECT_EQ(with([](auto& e) { e.exercise += 1; }), DenialCode::exercise_not_sealed);
  EXPECT_EQ(with([](auto&) {}), std::nullopt);
}

TEST(Exercise, ends_its_own_cases_and_no_other) {
  World world;
  world.ready("c-before");
  world.wait(seconds(1));
  const auto number = world.start(world.plan());
  world.ready("c-1");
  EXPECT_EQ(world.end("c-1", number), DenialCode::case_is_no_exercise);  // it is sealed still
  EXPECT_EQ(world.open_exercise(number, {"c-1"}), std::nullopt);
  EXPECT_EQ(world.end("c-1", number + 1), DenialCode::case_is_no_exercise);
  EXPECT_EQ(world.end("c-before", number), DenialCode::case_is_no_exercise);
  EXPECT_EQ(world.end("c-1", number), std::nullopt);
  EXPECT_EQ(world.end("c-1", number), DenialCode::case_closed);
}

// -- what an auditor finds ------------------------------------------------------------------------
TEST(ExerciseAudit, finds_a_case_that_was_left_out) {
  World world;
  const auto number = world.start(world.plan());
  world.ready("c-1");
  world.ready("c-2", Action::unlock);
  EXPECT_EQ(world.open_exercise(number, {"c-1"}), std::nullopt);
  EXPECT_NE(world.found().find(concat("case c-2 was of exercise ", number, ", which does not list it")),
            std::string::npos)
      << world.found();
}

// Whoever would like to be rid of a case, or of what it did, calls it an exercise.
TEST(ExerciseAudit, finds_a_case_that_was_none_of_its_own) {
  World world;
  world.ready("c-before");
  world.wait(seconds(1));
  const auto number = world.start(world.plan());
  EXPECT_EQ(world.open_exercise(number, {"c-before"}), std::nullopt);
  EXPECT_NE(world.found().find("lists case c-before, which was none of its own"), std::string::npos) << world.found();
}

TEST(ExerciseAudit, finds_a_case_that_does_not_exist) {
  World world;
  const auto number = world.start(world.plan());
  EXPECT_EQ(world.open_exercise(number, {"c-none"}), std::nullopt);
  EXPECT_NE(world.found().find("lists case c-none"), std::string::npos) << world.found();
}

TEST(ExerciseAudit, finds_an_act_in_an_exercise) {
  World world;
  const auto number = world.start(world.plan());
  world.ready("c-1");
  EXPECT_EQ(world.intend("c-1"), std::nullopt);  // the core alone does not know the plan: the executor does
  EXPECT_EQ(world.conclude("c-1", Outcome::done), std::nullopt);
  EXPECT_EQ(world.found(), "");
  EXPECT_EQ(world.open_exercise(number, {"c-1"}), std::nullopt);
  EXPECT_NE(world.found().find(concat("case c-1 was of exercise ", number, " and has acted")), std::string::npos)
      << world.found();
}

TEST(ExerciseAudit, finds_another_plan_than_was_sealed) {
  World world;
  const auto number = world.start(world.plan());
  world.ready("c-1");
  auto false_one = world.opening_of_exercise(number, {"c-1"});
  false_one.plan.from = false_one.plan.from - hours(1);
  world.record(world.signed_by("otis", false_one));
  EXPECT_NE(world.found().find("exercise_differs"), std::string::npos) << world.found();
}

TEST(ExerciseAudit, finds_an_end_that_no_exercise_gave) {
  World world;
  world.ready("c-1");
  world.record("c-1", CaseClosed{CaseResult::exercise, "exercise", "exercise 7"});
  EXPECT_NE(world.found().find("case_is_no_exercise"), std::string::npos) << world.found();
}

TEST(ExerciseAudit, warns_of_one_that_is_never_opened) {
  World world;
  const auto plan = world.plan();
  const auto number = world.start(plan);
  world.now = plan.until + exercise_overdue_after;
  world.ready("c-1");
  EXPECT_TRUE(world.audit().warnings.empty());
  world.wait(Duration{1});
  world.ready("c-2");
  const auto report = world.audit();
  EXPECT_EQ(report.findings_total, 0U);
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_TRUE(report.warnings.front().text.starts_with(concat("exercise ", number, ", sealed by `olga`")));
  EXPECT_EQ(report.exercises, 1U);
}

}  // namespace
}  // namespace sallyport
