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

// The ledger as it lies on the disk when somebody had their hand there; the same where nobody had.
struct Tampering {
  std::string lost_approvals_of, put_back_before;  // cases; empty: none
};
[[nodiscard]] std::vector<std::string> on_disk(std::vector<std::string> ledger, const Tampering& tampering);
// Whoever kept the checkpoint of the ledger as it was seen asks this of the one that they are shown.
[[nodiscard]] bool has_grown_out_of(const std::vector<std::string>& ledger, const std::vector<std::string>& seen);

// Where a password stands that was chosen for a case; empty: in none of these. `chosen`: null when none was.
[[nodiscard]] std::string place_of_password(const std::string* chosen, const std::vector<std::string>& kept);

struct Unmet {
  std::string expected, happened;
};
// Nothing: it is so, or it is no question for a ledger.
[[nodiscard]] std::optional<Unmet> unmet_by(const std::vector<std::string>& ledger, const Expectation& expectation);

}  // namespace sallyport::stories
