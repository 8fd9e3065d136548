// Which system calls are left, by libseccomp. Internal to shell/sandbox.
#pragma once

#include "base/result.h"

namespace sallyport {

// For every thread of the process, and all later ones.
[[nodiscard]] Result<void> allow_few_system_calls();

}  // namespace sallyport
