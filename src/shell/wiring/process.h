// What a long-running process of ours does once, at its start: no core files (they would hold keys),
// no inheritable surprises, one place that waits for the signal to stop, one line a message on
// standard error.
#pragma once

#include <string_view>

#include "base/result.h"

namespace sallyport {

// Blocks SIGINT and SIGTERM for wait_for_stop(), ignores SIGPIPE, forbids core dumps and ptrace by
// others. Call before any thread is made.
[[nodiscard]] Result<void> harden_process();
// Returns when SIGINT or SIGTERM comes.
void wait_for_stop();
// Asks this process to stop, as a signal would.
void request_stop();

// "2026-... sallyportd: message". Never call it with anything secret; personal data do not belong
// there either.
void log_line(std::string_view program, std::string_view message);
// Prints the fault with its next step on standard error and gives the exit status for it.
int report_fault(std::string_view program, const Fault& fault);

}  // namespace sallyport
