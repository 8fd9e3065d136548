#include "shell/sandbox/confine.h"

#include <sys/prctl.h>

#include "shell/sandbox/landlock.h"
#include "shell/sandbox/system_calls.h"

namespace sallyport {

Result<std::string> confine(const Confinement& confinement) {
  const auto version = landlock::version();
  if (version == 0)
    return fault(FaultKind::unavailable, "cannot confine the process: this kernel offers no Landlock",
                 "use Linux 5.13 or newer with `landlock` in `lsm=`; or say `sandbox: none`, and do without");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fault(FaultKind::unavailable, "cannot confine the process: new privileges cannot be renounced",
                 "`sandbox: none` does without");
  SP_CHECK(landlock::restrict_self(confinement, version));
  SP_CHECK(allow_few_system_calls());
  if (version >= landlock::first_with_signals) return std::string("files, TCP ports, signals and system calls");
  if (version >= landlock::first_with_ports) return std::string("files, TCP ports and system calls");
  return std::string("files and system calls (this kernel knows no rules for ports)");
}

}  // namespace sallyport
