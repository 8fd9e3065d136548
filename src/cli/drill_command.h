// `sallyport drill run`: known attacks and honest recoveries, held against a policy and its people. Asks no server but
// for the policy in force, where no other is given.
#pragma once

#include <string>

#include "cli/problem.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct DrillOptions {
  std::string policy;        // empty: the one in force at the site
  std::string organization;  // empty: the one in which the policy is easiest to get through
  std::string html;          // where to write the page; empty: nowhere
};
// 0: no recovery let anybody in, and nobody honest was refused; 1: one did or was; 2: could not be run.
[[nodiscard]] Answer<int> command_drill_run(const GlobalOptions& global, Terminal& terminal,
                                            const DrillOptions& options);

}  // namespace sallyport::cli
