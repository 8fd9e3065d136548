#include "shell/wiring/process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "shell/wiring/system.h"

namespace sallyport {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Result<void> harden_process() {
  const auto set = stop_signals();
  const rlimit none{0, 0};
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
      setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    return fault(FaultKind::unavailable, "the process could not be hardened", "check the limits it is started with");
  return {};
}

void wait_for_stop() {
  const auto set = stop_signals();
  int received = 0;
  while (sigwait(&set, &received) != 0) {
  }
}

void request_stop() {
  if (kill(getpid(), SIGTERM) != 0) _exit(1);
}

void log_line(std::string_view program, std::string_view message) {
  const auto line = concat(to_rfc3339(SystemClock().now()), " ", program, ": ", message, "\n");
  (void)std::fwrite(line.data(), 1, line.size(), stderr);  // nowhere is left to say that this failed
}

int report_fault(std::string_view program, const Fault& fault) {
  log_line(program, fault.what);
  if (!fault.next_step.empty()) log_line(program, concat("next: ", fault.next_step));
  return fault.kind == FaultKind::unavailable ? 7 : fault.kind == FaultKind::invalid ? 6 : 1;
}

}  // namespace sallyport
