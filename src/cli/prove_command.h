// `sallyport policy prove`: reads a model, prints what there is to say about it. Asks no server.
#pragma once

#include <string>

#include "cli/problem.h"
#include "cli/terminal.h"

namespace sallyport::cli {

// The status to leave with: 0 with the answers on standard output, or ExitCode::usage with everything that is wrong
// with the model on standard error, one line each: file, JSON path, what, what would be right.
[[nodiscard]] Answer<int> command_policy_prove(Terminal& terminal, const std::string& file);

}  // namespace sallyport::cli
