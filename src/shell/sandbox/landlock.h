// Landlock by its three system calls: Debian 12's headers know its first two versions, and its kernels more. Internal
// to shell/sandbox. The numbers are those of include/uapi/linux/landlock.h, which never change.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "shell/sandbox/confine.h"

namespace sallyport::landlock {

// The version that the kernel offers; 0: none.
[[nodiscard]] int version() noexcept;
// For the calling thread and what it starts. REQUIRES: version() > 0, and no new privileges.
[[nodiscard]] Result<void> restrict_self(const Confinement& confinement, int version);

inline constexpr int first_with_ports = 4;
inline constexpr int first_with_signals = 6;

}  // namespace sallyport::landlock
