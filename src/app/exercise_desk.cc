#include "app/exercise_desk.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace sallyport {
namespace {

constexpr Duration look_again_after = seconds(1);  // a plan that cannot be read is not read four times a second

std::unexpected<Denial> not_sealed(std::uint64_t exercise) {
  return deny(DenialCode::exercise_not_sealed, concat("no exercise ", exercise, " is sealed"),
              "see them with `sallyport drill exercises`", Json::object({{"exercise", Json(exercise)}}));
}

bool too_near(const ExercisePlan& a, const ExercisePlan& b) {
  return a.directory == b.directory && a.account == b.account && a.from < b.until + exercise_pause_min &&
         b.from < a.until + exercise_pause_min;
}

}  // namespace

// One exercise after the other on the same account would keep its holder out for as long as somebody likes.
Result<Ruling<void>> ExerciseDesk::stands_alone(const ExercisePlan& plan) const {
  const auto organization = adjudicator_.organization();
  for (const auto& [number, exercise] : organization->exercises) {
    if (exercise.ends_at + exercise_pause_min <= plan.from) continue;  // whatever it was about
    std::optional<ExercisePlan> other;
    if (exercise.opened) {
      other = exercise.opened->plan;
    } else {
      SP_TRY(const auto kept, plan_of(number));
      if (kept) other = *kept;
    }
    if (other && too_near(plan, *other))
      return Ruling<void>(deny(DenialCode::limit_reached,
                               concat("exercise ", number, " is on the same account, and less than ",
                                      to_string(exercise_pause_min), " away"),
                               "choose another account or a later window", Json::object({{"exercise", Json(number)}})));
  }
  return Ruling<void>();
}

Result<Ruling<ExercisePlan>> ExerciseDesk::draw_up(ExercisePlan plan) const {
  SP_TRY(plan.salt, entropy_.bytes(exercise_salt_bytes));
  if (auto ok = check_plan(plan); !ok) return Ruling<ExercisePlan>(std::unexpected(std::move(ok).error()));
  SP_TRY(auto alone, stands_alone(plan));
  if (!alone) return Ruling<ExercisePlan>(std::unexpected(std::move(alone).error()));
  return Ruling<ExercisePlan>(std::move(plan));
}

void ExerciseDesk::start(ExercisePlan plan, ChangeSignature signature, DoneCallback done) {
  auto prepare = [this, plan = std::move(plan), signature = std::move(signature)](
                     const OrganizationState& organization, Instant) -> Result<Ruling<PreparedChange>> {
    const auto refuse = [](Denial denial) { return Ruling<PreparedChange>(std::unexpected(std::move(denial))); };
    if (auto ok = check_plan(plan); !ok) return refuse(std::move(ok).error());
    SP_TRY(auto alone, stands_alone(plan));
    if (!alone) return refuse(std::move(alone).error());
    const auto number = signature.number;
    SP_TRY(auto kept, rows_.seal(exercise_row(number), record_to_json(plan)));
    SP_TRY(auto for_executor, seal_plan_to_executor(organization.opened.executor_key, number, plan, entropy_));
    return Ruling<PreparedChange>(PreparedChange{
        ExerciseSealed{commitment_of(plan), plan.until, signature},
        {{exercise_row(number), std::move(kept)}, {exercise_row_of_executor(number), std::move(for_executor)}}});
  };
  adjudicator_.change(PrepareChange(std::move(prepare)), std::move(done));
}

Result<Ruling<ExercisePlan>> ExerciseDesk::plan_of(std::uint64_t exercise) const {
  const auto organization = adjudicator_.organization();
  const auto found = organization->exercises.find(exercise);
  if (found == organization->exercises.end() || found->second.opened) return Ruling<ExercisePlan>(not_sealed(exercise));
  SP_TRY(const auto row, adjudicator_.secret(exercise_row(exercise)));
  if (!row)
    return fault(FaultKind::corrupt, concat("the plan of exercise ", exercise, " is not kept any more"),
                 "restore the store's latest copy");
  SP_TRY(const auto json, rows_.open(exercise_row(exercise), *row));
  SP_TRY(auto plan, record_from_json<ExercisePlan>(json));
  return Ruling<ExercisePlan>(std::move(plan));
}

void ExerciseDesk::open(std::uint64_t exercise, std::optional<ChangeSignature> signature, DoneCallback done) {
  // Under the adjudicator's lock: a case that is being opened at this moment is listed, or opened afterwards and real.
  auto prepare = [this, exercise, signature = std::move(signature)](const OrganizationState& organization,
                                                                    Instant) -> Result<Ruling<PreparedChange>> {
    SP_TRY(auto plan, plan_of(exercise));
    if (!plan) return Ruling<PreparedChange>(std::unexpected(std::move(plan).error()));
    const auto& sealed = organization.exercises.find(exercise)->second;  // plan_of() found it
    SP_TRY(const auto cases, adjudicator_.cases_of(plan->directory, plan->account, plan->from));
    ExerciseOpened opened{exercise, *plan, {}, signature};
    for (const auto& state : cases) {
      const auto& account = state->opened.account;
      if (covers(sealed, *plan, account.directory, account.account, state->opened.action, state->opened_at))
        opened.cases.push_back(state->id);
    }
    std::ranges::sort(opened.cases);
    return Ruling<PreparedChange>(
        PreparedChange{std::move(opened),
                       {{exercise_row(exercise), std::nullopt}, {exercise_row_of_executor(exercise), std::nullopt}}});
  };
  adjudicator_.change(PrepareChange(std::move(prepare)), [this, done = std::move(done)](auto result) mutable {
    if (result && *result) end_cases();
    done(std::move(result));
  });
}

Result<Ruling<ExerciseScore>> ExerciseDesk::score(std::uint64_t exercise) const {
  const auto organization = adjudicator_.organization();
  const auto found = organization->exercises.find(exercise);
  if (found == organization->exercises.end() || !found->second.opened)
    return Ruling<ExerciseScore>(deny(DenialCode::exercise_not_sealed, concat("no exercise ", exercise, " was opened"),
                                      "an exercise is scored once it is opened: `sallyport drill open`",
                                      Json::object({{"exercise", Json(exercise)}})));
  std::vector<CaseHistory> histories;
  for (const auto& id : found->second.opened->cases) {
    CaseHistory history{id, {}};
    SP_TRY(const auto entries, reader_.read_stream(case_stream(id), 0));
    for (const auto& stored : entries) {
      SP_TRY(auto entry, decode_entry(stored.bytes));
      if (auto* event = std::get_if<CaseEvent>(&entry.event)) history.events.emplace_back(entry.at, std::move(*event));
    }
    histories.push_back(std::move(history));
  }
  return Ruling<ExerciseScore>(score_of(histories, *organization));
}

void ExerciseDesk::tick() {
  const auto now = adjudicator_.now();
  {
    const std::lock_guard lock(mutex_);
    if (now < look_again_at_ && now + look_again_after >= look_again_at_) return;  // else the clock was set back
    look_again_at_ = now + look_again_after;
  }
  const auto organization = adjudicator_.organization();
  for (const auto& [number, exercise] : organization->exercises) {
    if (exercise.opened || now < exercise.ends_at + exercise_opens_itself_after) continue;
    {
      const std::lock_guard lock(mutex_);
      if (!opening_.insert(number).second) continue;
    }
    open(number, std::nullopt, [this, number = number](const auto&) {
      const std::lock_guard lock(mutex_);
      opening_.erase(number);
    });
  }
  end_cases();
}

void ExerciseDesk::end_cases() {
  const auto organization = adjudicator_.organization();
  for (const auto& [number, exercise] : organization->exercises) {
    {
      const std::lock_guard lock(mutex_);
      if (!exercise.opened || ended_.contains(number)) continue;
    }
    bool all = true;
    for (const auto& id : exercise.opened->cases) {
      const auto state = adjudicator_.find(id);
      if (state && (*state)->closed) continue;
      all = false;
      if (state) end_case(number, id);
    }
    const std::lock_guard lock(mutex_);
    if (all) ended_.insert(number);
  }
}

void ExerciseDesk::end_case(std::uint64_t exercise, const CaseId& id) {
  {
    const std::lock_guard lock(mutex_);
    if (!ending_.insert(id).second) return;
  }
  adjudicator_.submit(id, EndExercise{exercise}, std::string(exercise_as_closer), {}, [this, id](const auto&) {
    const std::lock_guard lock(mutex_);
    ending_.erase(id);
  });
}

}  // namespace sallyport
