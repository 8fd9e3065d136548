// Whoever's own account was recovered a short time ago speaks for nobody else: it may be that somebody else has it.
// With `limits.cooldown_after_own_recovery` they approve nothing (core/cases/assess.h), vouch for no claimant, review
// no case, bind nobody's authenticators, and neither propose nor approve what gives power. What takes power away they
// may still do: a removal at once, a rejection, a withdrawal, an objection, an exercise.
//
// How long ago it was is counted by whoever records, and stands beside what they said; an auditor counts again.
#pragma once

#include <optional>

#include "core/organization/enrolment.h"
#include "core/organization/organization.h"

namespace sallyport {

// Who speaks, and where it is told how long ago an account of theirs was recovered (absent: never).
struct Speech {
  const StaffId* by;
  std::optional<Duration>* since_recovery;
};
// Empty: nobody does, as where an exercise opens by itself or somebody signs in.
[[nodiscard]] std::optional<Speech> speech_in(OrganizationChange& change) noexcept;
[[nodiscard]] std::optional<Speech> speech_in(EnrolmentEvent& event) noexcept;

// May somebody speak for others so soon, under the policy in force?
[[nodiscard]] Ruling<void> may_speak(const OrganizationState& state, const StaffId& who,
                                     const std::optional<Duration>& since_recovery);

}  // namespace sallyport
