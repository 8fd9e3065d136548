#include "core/organization/exercise.h"

#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {

Digest commitment_of(const ExercisePlan& plan) {
  const std::uint8_t separator = 0;  // in no JSON text and no domain
  return sha256({view_of(exercise_domain), {&separator, 1}, view_of(to_text(record_to_json(plan)))});
}

Ruling<void> check_plan(const ExercisePlan& plan) {
  const auto no = [](std::string what, std::string next_step) {
    return deny(DenialCode::limit_reached, std::move(what), std::move(next_step));
  };
  if (plan.from >= plan.until || plan.until - plan.from > exercise_window_max)
    return no(concat("an exercise's window is longer than nothing and at most ", to_string(exercise_window_max)),
              "whoever needs the account meanwhile gets no further: choose a shorter window");
  if (plan.pretext.empty() || plan.pretext.size() > reason_length_max)
    return no(concat("the pretext has 1 to ", reason_length_max, " bytes"),
              "tell what the desk will hear in a sentence");
  if (plan.action && only_takes_away(*plan.action))
    return no(concat(to_string(*plan.action), " is never an exercise's: keeping everybody out has to work"),
              "plan another action, or leave it out");
  if (plan.salt.size() != exercise_salt_bytes)
    return no(concat("the salt has ", exercise_salt_bytes, " bytes"), "have the server draw it");
  return {};
}

bool covers(const SealedExercise& exercise, const ExercisePlan& plan, const DirectoryId& directory,
            const AccountId& account, Action action, Instant opened_at) {
  if (only_takes_away(action)) return false;  // whoever really has lost something must not wait for an exercise
  return plan.directory == directory && plan.account == account && (!plan.action || *plan.action == action) &&
         opened_at >= plan.from && opened_at < plan.until && opened_at > exercise.sealed_at;
}

}  // namespace sallyport
