// A second look at what is about to be recorded of a case, written apart from decide() and assess(): whatever they say,
// an event that breaks an invariant of docs/testing.md is not recorded. The process stops and names its number
// (base/invariant.h).
//
// REQUIRES: decide() made the event of this state, just now; a ledger's entries are judged by readjudicate() instead.
#pragma once

#include "core/cases/state.h"
#include "core/organization/organization.h"

namespace sallyport {

void assert_invariants(const CaseState& before, const CaseEvent& event, Instant at,
                       const OrganizationState& organization);

// The same of a change of the organization: `after` is what evolve() made of it.
void assert_invariants(const OrganizationState& before, const OrganizationEvent& event, const OrganizationState& after);

}  // namespace sallyport
