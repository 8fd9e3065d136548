// `sallyport drill run`: known attacks and honest recoveries, held against a policy and its people. Asks no server.
#pragma once

#include <string>

#include "cli/problem.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct DrillOptions {
  std::string policy;
  std::string organization;  // empty: the one in which the policy is easiest to get through
  std::string html;          // where to write the page; empty: nowhere
};
// 0: no recovery let anybody in, and nobody honest was refused; 1: one did or was; 2: could not be run.
[[nodiscard]] Answer<int> command_drill_run(Terminal& terminal, const DrillOptions& options);

}  // namespace sallyport::cli
