// What the ledger of a story must show in the end: alerts, and a case's timeline. One check for every harness in C++.
//
// Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/ids.h"
#include "core/stories/story.h"

namespace sallyport::stories {

// An entry's kind, and how a story calls it. Kinds that no story tells of are not here: a timeline passes over them.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 15> timeline_words{{
    {"case_opened", "opened"},
    {"claimant_joined", "joined"},
    {"signal_requested", "asked"},
    {"evidence_recorded", "evidence"},
    {"identity_verified", "verified"},
    {"secret_sealed", "sealed"},
    {"approval_recorded", "approval"},
    {"action_permitted", "permitted"},
    {"intent_recorded", "intent"},
    {"outcome_recorded", "outcome"},
    {"refusal_recorded", "refusal"},
    {"holder_objected", "objection"},
    {"case_closed", "closed"},
    {"notice_sent", "notice"},
    {"case_reviewed", "review"},
}};

[[nodiscard]] CaseId case_id_of(std::string_view name_in_story);

struct Unmet {
  std::string expected, happened;
};
// Nothing: it is so, or it is no question for a ledger.
[[nodiscard]] std::optional<Unmet> unmet_by(const std::vector<std::string>& ledger, const Expectation& expectation);

}  // namespace sallyport::stories
