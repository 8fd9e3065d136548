// Takes from this process for good what it does not need: files it has no business with, ports, programs to start, and
// most system calls. Whoever takes the process over by a bug in a parser is left with what the process does anyway.
//
//   - Landlock (Linux 5.13; ports from 6.7): files by folder, TCP by port, no signals and no abstract sockets beyond
//     this process (from 6.12). https://docs.kernel.org/userspace-api/landlock.html
//   - seccomp (libseccomp): an allowlist of calls; starting a program or tracing a process ends this one, any other
//     call that is not on the list fails with EPERM.
//   - no new privileges by set-user-id programs.
//
// confine() holds for the calling thread and all that it starts later: call it before the first other thread. It cannot
// be undone. Faults are `unavailable`: the kernel does not offer it, or a folder that is named is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sallyport {

struct Confinement {
  std::vector<std::string> readable;  // files and folders, beside those that every program reads (/usr, /etc, ...)
  std::vector<std::string> writable;  // folders in which files may be made, changed and removed
  std::optional<std::uint16_t> listens_on;  // the one TCP port; absent: none
  std::vector<std::uint16_t> connects_to;  // TCP ports
};

// What is in force then, for a line in the log: "files, ports, signals and system calls".
[[nodiscard]] Result<std::string> confine(const Confinement& confinement);

}  // namespace sallyport
