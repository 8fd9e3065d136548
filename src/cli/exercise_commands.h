// `sallyport drill start`, `open`, `exercises`, `score`: live exercises (docs/drills.md). What is signed is computed
// here from the plan that the server shows: a commitment to another plan is not signed.
#pragma once

#include <cstdint>
#include <string>

#include "cli/session.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct ExerciseStartOptions {
  std::string account, action, from, length = "4h", pretext, team, key;  // `from` empty: now
};
struct ExerciseOpenOptions {
  std::uint64_t number = 0;
  std::string key;
};
[[nodiscard]] Answer<void> command_drill_start(const GlobalOptions& global, Terminal& terminal,
                                               const ExerciseStartOptions& options);
[[nodiscard]] Answer<void> command_drill_open(const GlobalOptions& global, Terminal& terminal,
                                              const ExerciseOpenOptions& options);
[[nodiscard]] Answer<void> command_drill_exercises(const GlobalOptions& global, Terminal& terminal);
[[nodiscard]] Answer<void> command_drill_score(const GlobalOptions& global, Terminal& terminal, std::uint64_t number,
                                               bool by_person);

}  // namespace sallyport::cli
