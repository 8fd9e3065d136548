// Every limit of the core, with its name and its reason. Limits of a folder of the shell stand in
// that folder.
#pragma once

#include <cstddef>

#include "base/instant.h"

namespace sallyport {

// A case asks for two or three signals and is retried now and then; forty pieces of evidence are
// somebody guessing. It also bounds the search for independent evidence.
inline constexpr std::size_t evidence_per_case_max = 40;
inline constexpr std::size_t approvals_per_case_max = 16;  // no policy seats more than a jury
// A refusal is recorded, for it is what an attack looks like. Past this many the case is dead anyway
// and recording more would let an attacker write our ledger.
inline constexpr std::size_t refusals_recorded_per_case_max = 40;
inline constexpr std::size_t objections_per_case_max = 8;  // of a holder, once the case has acted
inline constexpr std::size_t notices_per_case_max = 32;    // several ways, told at each step
inline constexpr std::size_t attempts_per_case_max =
    5;    // executions of one case: a claimant whose passwords the directory refuses
inline constexpr std::size_t join_tries_per_case_max =
    5;  // browsers that may join one case before the agent must open another

inline constexpr std::size_t reason_length_max = 500;   // a sentence or three; this is no ticket system
inline constexpr std::size_t ticket_length_max = 64;
inline constexpr std::size_t channel_length_max = 32;
inline constexpr std::size_t sealed_secret_bytes_max = 1024;  // a password of 256 UTF-8 characters, sealed

inline constexpr std::size_t policy_text_bytes_max = 1024 * 1024;       // checked and tried; some 10,000 rules
inline constexpr std::size_t policy_in_force_bytes_max =
    56 * 1024;  // with its organization file, in one ledger entry (65,535 bytes)
inline constexpr std::size_t condition_depth_max = 32;  // nesting of a condition: bounds the parser's stack
inline constexpr std::size_t condition_bytes_max = 1024;  // more nobody reads; bounds the evaluator's stack
inline constexpr std::size_t staff_max = 10'000;  // kept in memory by both processes

inline constexpr Duration claimant_join_within = minutes(30);  // the spoken code is dead after this
inline constexpr Duration intent_deadline = seconds(30);  // after this an execution is reconciled, never continued
inline constexpr Duration clock_step_back_max = seconds(2);  // an older clock than the ledger's stops deciding

}  // namespace sallyport
