// What a case has against what it needs, in numbers: which evidence counts, which seats are filled.
// Fixed sizes, nothing allocated; words for people are made of it in judge.cc and explain.cc.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/limits.h"
#include "core/model/evidence.h"
#include "core/model/staff.h"
#include "core/policy/policy.h"

namespace sallyport {

// Why a piece of evidence does not count.
enum class Objection : std::uint8_t {
  none,
  failed,
  not_in_policy,
  not_allowed,       // for this action
  rests_on_account,  // that is being recovered
  in_the_future,
  too_old,
  binding_unknown,
  bound_lately,
  change_unknown,
  changed_lately,
  data_age_unknown,
  data_too_old,
  not_independent,  // it rests on the same thing as evidence that counts, or repeats it
};

struct EvidenceFinding {
  std::uint32_t number = 0;
  Objection objection = Objection::none;  // none: it counts
  Duration is;                            // what the objection measured, and what the policy asks
  Duration asked;
};

struct Weighed {
  SignalSet counted = 0;
  SignalSet usable = 0;        // signals that would add to those counted
  bool satisfied = false;
  bool strong = false;         // a strong signal is among those counted
  std::uint8_t count = 0;
  std::uint8_t strong_count = 0;
};

// Which evidence counts at `now`, before door one has shut (docs/policy_language.md, section 5).
// `findings` has one place for each piece of evidence.
[[nodiscard]] Weighed weigh_evidence(const Policy& policy, const Needs& needs, std::span<const Evidence> evidence,
                                     Instant now, std::span<EvidenceFinding> findings) noexcept;

// A person who has validly signed the statement of this case.
struct ApproverFacts {
  PersonId person;
  OrganizationId organization;
  TeamId team;
  std::vector<RoleName> seats;
  std::optional<std::uint32_t> approvals_1h;  // given in the hour before; absent: not known
  std::optional<Duration> since_recovery;     // since the person's own account was recovered; forever: never
};

// Is it too soon after the recovery of their own account for somebody to speak for others? Not known: yes.
[[nodiscard]] bool in_cooldown(const Limits& limits, const std::optional<Duration>& since_recovery) noexcept;

enum class SeatObjection : std::uint8_t { none, same_person, no_seat, over_budget, in_cooldown };

// Does the person fit this kind of seat? `home` is the account's organization, empty when not known.
[[nodiscard]] bool fits(const ApproverConstraint& selector, std::string_view home,
                        const ApproverFacts& approver) noexcept;
// Against the policy's limits. A fact that a limit needs and that is not known stands against the person.
[[nodiscard]] SeatObjection objection_to(const Limits& limits, const ApproverFacts& approver) noexcept;

inline constexpr std::size_t persons_max = 64;  // whose approvals are weighed; approvals_per_case_max is far less
static_assert(approvals_per_case_max <= persons_max);

// A kind of seat: bit p of `fits` says that person p may take one.
struct SeatDemand {
  std::uint64_t fits = 0;
  std::uint8_t seats = 0;
};
// Seats the persons so that as many demands are met in full, in their order, as can be: every seat by
// another person (a matching, not a count). Writes how many of each stay open. Returns whether none does.
[[nodiscard]] bool fill_seats(std::span<const SeatDemand> demands, std::span<std::uint8_t> open) noexcept;

}  // namespace sallyport
