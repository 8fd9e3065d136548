// The command line of `sallyport`: its words, its help and its exit codes, and nothing of what the
// commands do. The one place that knows CLI11.
#pragma once

#include "shell/wiring/operate.h"

namespace sallyport::cli {

// The exit status of the program (cli/problem.h, ExitCode).
[[nodiscard]] int run_command_line(int argc, char** argv, const Operations& operations);

}  // namespace sallyport::cli
