// What is ruled upon while the wall clock is not believed (core/model/clock_watch.h): what only stops something, and
// what became of a deed that is under way. Everything else waits, for it would rest on a time that somebody made up.
// It is ruled upon at the time that it would be had nobody set the clock.
//
// Pure.
#pragma once

#include "core/cases/command.h"
#include "core/organization/enrolment.h"
#include "core/organization/organization.h"

namespace sallyport {

[[nodiscard]] bool stands_without_clock(const CaseCommand& command) noexcept;
[[nodiscard]] bool stands_without_clock(const OrganizationChange& change) noexcept;
// Whoever is to stop something has to sign in for it; each thing that they then do is asked again.
[[nodiscard]] bool stands_without_clock(const EnrolmentEvent& event) noexcept;

}  // namespace sallyport
