// What an auditor asks of exercises beyond each event's own ruling: that an exercise, once opened, names every case
// that was its own and no other, and that nothing was done in any of them. Until it is opened nobody but its keeper
// knows which cases those are, so all that are opened in the meantime are remembered, in a line each.
// Pure. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/cases/event.h"
#include "core/organization/organization.h"

namespace sallyport {

class ExerciseAudit {
 public:
  // Before the event is applied to `organization`.
  void take(const OrganizationState& organization, const OrganizationEvent& event,
            const std::function<void(std::string)>& found);
  void take(const OrganizationState& organization, const CaseId& id, const CaseEvent& event, Instant at);

 private:
  struct Seen {
    DirectoryId directory;
    AccountId account;
    Action action = Action::unlock;
    Instant at;
    bool acted = false;
  };
  std::map<CaseId, Seen> seen_;  // opened while an exercise was sealed whose window had not ended
};

// Sealed still, long after their end: somebody who hides something need not open them. A sentence for each.
[[nodiscard]] std::vector<std::string> overdue_exercises(const OrganizationState& organization, Instant at);

}  // namespace sallyport
