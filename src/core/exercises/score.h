// What a live exercise measured: how far the pretender got, who noticed and how soon, and who tried to get around a
// rule. A calculation over the cases that the exercise lists, as their entries tell them.
//
// By team. Persons are counted as well and shown only when somebody asks for them: one call says nothing about a
// person, a desk that is blamed by name learns to say nothing, and what an exercise is to mend is mostly a rule, a
// training or a staffing (docs/drills.md).
//
//   const auto score = score_of(histories, organization);
//   answer(to_json(score, Whom::teams));
//
// Pure. The claimant of an exercise is a pretender by definition, so every signal that passed is one they should not
// have had, or one that was lent for it: the plan's author knows which.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "core/cases/event.h"
#include "core/organization/organization.h"

namespace sallyport {

struct CaseHistory {
  CaseId id;
  std::vector<std::pair<Instant, CaseEvent>> events;
};

enum class HowFar : std::uint8_t {
  door_one,     // door one did not shut: the pretender was not verified
  door_two,     // it did, and what was asked for was not permitted
  let_through,  // it was permitted: outside of an exercise it would have been done
};
[[nodiscard]] std::string_view to_string(HowFar far) noexcept;
template <>
struct EnumValues<HowFar> {
  static constexpr std::array<HowFar, 3> all{HowFar::door_one, HowFar::door_two, HowFar::let_through};
};

enum class Flag : std::uint8_t { denied, cancelled, objected };
[[nodiscard]] std::string_view to_string(Flag flag) noexcept;
template <>
struct EnumValues<Flag> {
  static constexpr std::array<Flag, 3> all{Flag::denied, Flag::cancelled, Flag::objected};
};

using RefusalCounts = std::map<DenialCode, std::uint32_t>;

// Durations are since the case was opened; absent: it never came to that.
struct CaseScore {
  CaseId id;
  TeamId agent_team;  // that opened it
  HowFar far = HowFar::door_one;
  std::optional<Duration> joined, verified, approved, permitted, closed;  // the first of each
  struct Flagged {
    Flag how = Flag::denied;
    TeamId by;  // empty: by the holder, or by somebody who has left the staff
    Duration after;
  };
  std::optional<Flagged> flagged;  // that it was no honest request: the first who said so
};

// Of a team, or of a person.
struct Tally {
  std::uint32_t opened = 0;    // cases
  std::uint32_t verified = 0;  // of those: door one shut for the pretender
  std::uint32_t attested = 0;  // signals that passed on their word
  std::uint32_t approved = 0;
  std::uint32_t flagged = 0;   // denied, cancelled or passed on an objection
  std::optional<Duration> flagged_after;  // the quickest
  RefusalCounts refusals;      // what they were told no to: attempts to get around a rule, and mistakes
};

struct ExerciseScore {
  std::vector<CaseScore> cases;      // in the order of the list
  std::map<std::string, Tally> teams;    // "" for those who have left the staff
  std::map<std::string, Tally> persons;  // by staff id
  RefusalCounts claimant;            // of the pretender
  [[nodiscard]] HowFar far() const noexcept;  // of the worst case; door_one when nobody opened any
  [[nodiscard]] bool flagged() const noexcept;
};

[[nodiscard]] ExerciseScore score_of(const std::vector<CaseHistory>& cases, const OrganizationState& organization);

enum class Whom : std::uint8_t { teams, persons };
[[nodiscard]] Json to_json(const ExerciseScore& score, Whom whom);

}  // namespace sallyport
