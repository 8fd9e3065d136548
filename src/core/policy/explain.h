// Why a decision came out as it did: for a denial, for the few lines that a person reads, and as JSON
// for machines (docs/policy_language.md, section 8).
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "core/policy/decision.h"
#include "core/policy/words.h"

namespace sallyport {

// The denial of a demand whose refusal is not `none`.
[[nodiscard]] Denial denial_of(const Policy& policy, const Demand& demand, const Facts& facts, Action action);

// One sentence for each floor that is joined, each point of risk that applies and each rule that fired:
// "password_reset has the floor standard", "risk is 40 (elevated): a recovery factor changed 2d ago".
[[nodiscard]] std::vector<std::string> reasons_of(const Policy& policy, const Demand& demand, const Facts& facts,
                                                  Action action);

// Everything that is missing, in the order in which it is asked for.
[[nodiscard]] std::vector<Missing> missing_of(const Policy& policy, const Decision& decision);

// "pending: two signals and an approval are missing", then reasons, then evidence, then what is missing.
[[nodiscard]] std::string explain(const Policy& policy, const Decision& decision, const DecisionInput& input);
[[nodiscard]] Json explain_json(const Policy& policy, const Decision& decision, const DecisionInput& input);

// What a requirement asks, in a line: "2 signals (1 strong), 1 approval by someone with the role desk_lead, hold 30m".
[[nodiscard]] std::string words_for(const Requirement& requirement);

// The text with {attribute} replaced by the request's value, "unknown" where there is none.
[[nodiscard]] std::string filled_in(std::string_view text, const Facts& facts);

// "accounts of staff may be taken with mailbox, relay until 2027-06-30: the reason".
[[nodiscard]] std::string in_words(const Acceptance& accepted);
[[nodiscard]] std::string in_words(const std::vector<Compensation>& compensations);  // "two approvers or more, a hold"

}  // namespace sallyport
