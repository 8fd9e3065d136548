// decide: may this happen, and what then follows. Total and deterministic: the same state, command,
// organization and time give the same events or the same denial, in a year and on another machine.
//
//   auto ruling = decide(state, Approve{by, assertion}, {organization, now});
//   if (!ruling) show(ruling.error()); else for (auto& e : *ruling) append(e);
//
// The events of one ruling are appended together or not at all.
#pragma once

#include <vector>

#include "core/cases/command.h"
#include "core/cases/state.h"
#include "core/organization/organization.h"

namespace sallyport {

struct DecisionContext {
  const OrganizationState& organization;
  Instant now;
};

[[nodiscard]] Ruling<std::vector<CaseEvent>> decide(const CaseState& state, const CaseCommand& command,
                                                    const DecisionContext& context);

// The name of one attempt of one case. It is derived, never drawn, so no two attempts share one.
[[nodiscard]] ExecutionId execution_of(const CaseId& id, std::uint32_t attempt);

}  // namespace sallyport
