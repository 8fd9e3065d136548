#include "core/ledger/exercise_audit.h"

#include <algorithm>

#include "base/text.h"

namespace sallyport {
namespace {

bool any_sealed_until(const OrganizationState& organization, Instant at) {
  return std::ranges::any_of(organization.exercises,
                             [&](const auto& e) { return !e.second.opened && at < e.second.ends_at; });
}

}  // namespace

void ExerciseAudit::take(const OrganizationState& organization, const OrganizationEvent& event,
                         const std::function<void(std::string)>& found) {
  const auto* opened = std::get_if<ExerciseOpened>(&event);
  if (opened == nullptr) return;
  const auto sealed = organization.exercises.find(opened->exercise);
  if (sealed == organization.exercises.end() || sealed->second.opened) return;  // decide() finds that
  const auto of_it = [&](const Seen& c) {
    return covers(sealed->second, opened->plan, c.directory, c.account, c.action, c.at);
  };
  const auto lists = [&](const CaseId& id) { return std::ranges::find(opened->cases, id) != opened->cases.end(); };
  for (const auto& [id, c] : seen_) {
    if (!of_it(c)) continue;
    if (!lists(id))
      found(concat("case ", id.text(), " was of exercise ", opened->exercise, ", which does not list it"));
    if (c.acted) found(concat("case ", id.text(), " was of exercise ", opened->exercise, " and has acted"));
  }
  for (const auto& id : opened->cases)
    if (const auto c = seen_.find(id); c == seen_.end() || !of_it(c->second))
      found(concat("exercise ", opened->exercise, " lists case ", id.text(), ", which was none of its own"));
  const bool last = std::ranges::none_of(
      organization.exercises, [&](const auto& e) { return !e.second.opened && e.first != opened->exercise; });
  if (last) seen_.clear();
}

void ExerciseAudit::take(const OrganizationState& organization, const CaseId& id, const CaseEvent& event, Instant at) {
  if (const auto* e = std::get_if<CaseOpened>(&event)) {
    if (any_sealed_until(organization, at))
      seen_.insert_or_assign(id, Seen{e->account.directory, e->account.account, e->action, at});
  } else if (std::holds_alternative<IntentRecorded>(event)) {
    if (const auto c = seen_.find(id); c != seen_.end()) c->second.acted = true;
  }
}

std::vector<std::string> overdue_exercises(const OrganizationState& organization, Instant at) {
  std::vector<std::string> out;
  for (const auto& [number, exercise] : organization.exercises)
    if (!exercise.opened && at > exercise.ends_at + exercise_overdue_after)
      out.push_back(concat("exercise ", number, ", sealed by `", exercise.by.text(), "`, ended at ",
                           to_rfc3339(exercise.ends_at), " and was not opened: ask them what it was"));
  return out;
}

}  // namespace sallyport
