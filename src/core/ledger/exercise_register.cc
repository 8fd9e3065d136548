#include "core/ledger/exercise_register.h"

#include <algorithm>

#include "base/text.h"
#include "core/ledger/entry.h"

namespace sallyport {
namespace {

std::unexpected<Fault> cannot_tell(std::uint64_t exercise, std::string_view why) {
  return fault(FaultKind::unavailable,
               concat("whether the case belongs to exercise ", exercise, " cannot be told: ", why),
               "restore the store's latest copy, or wait: cases opened after the exercise's end are not touched by it");
}

}  // namespace

Result<std::variant<LiveCase, ExerciseCase>> ExerciseRegister::look_up(const CaseId& id,
                                                                       std::vector<std::string> entries,
                                                                       const OrganizationState& organization,
                                                                       const PlanReader& plan_of) {
  using Found = std::variant<LiveCase, ExerciseCase>;
  if (entries.empty()) return Found(LiveCase(id, {}));  // there is no such case, and nothing that anybody could do
  SP_TRY(const auto first, decode_entry(entries.front()));
  const auto* event = std::get_if<CaseEvent>(&first.event);
  const auto* opened = event == nullptr ? nullptr : std::get_if<CaseOpened>(event);
  if (opened == nullptr || first.stream != case_stream(id))
    return fault(FaultKind::corrupt, "the case does not begin by being opened", "look at the ledger");
  for (const auto& [number, exercise] : organization.exercises) {
    // Known to everybody, and enough for most cases: nothing is asked of a plan that cannot be about them.
    if (first.at <= exercise.sealed_at || first.at >= exercise.ends_at) continue;
    if (exercise.opened) {
      if (std::ranges::binary_search(exercise.opened->cases, id)) return Found(ExerciseCase(id, number));
      continue;
    }
    const auto plan = plan_of(number);
    if (!plan) return cannot_tell(number, plan.error().what);
    if (commitment_of(*plan) != exercise.commitment)
      return cannot_tell(number, "its plan is not the one that was sealed");
    if (plan->until != exercise.ends_at) return cannot_tell(number, "its window ends otherwise than its seal says");
    const auto& account = opened->account;
    if (covers(exercise, *plan, account.directory, account.account, opened->action, first.at))
      return Found(ExerciseCase(id, number));
  }
  // A case that an exercise lists though it could not have been its own: whoever wrote that is no friend of the case.
  if (const auto number = exercise_of(organization, id)) return Found(ExerciseCase(id, *number));
  return Found(LiveCase(id, std::move(entries)));
}

}  // namespace sallyport
