#include "shell/sandbox/system_calls.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>

#include <cstring>
#include <memory>

#include "base/text.h"

namespace sallyport {
namespace {

// What a server over SQLite, TLS, LDAP and threads asks of Linux. New processes are not among it: threads are.
constexpr const char* allowed[] = {
    // files
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "preadv2",
    "pwritev2",
    "open",
    "openat",
    "openat2",
    "close",
    "close_range",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "lseek",
    "access",
    "faccessat",
    "faccessat2",
    "fcntl",
    "flock",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "ftruncate",
    "fallocate",
    "fadvise64",
    "getdents64",
    "getcwd",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "mkdirat",
    "readlink",
    "readlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchown",
    "umask",
    "utimensat",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "ioctl",
    "copy_file_range",
    "sendfile",
    // memory
    "mmap",
    "mprotect",
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "mlock",
    "mlock2",
    "munlock",
    "msync",
    "memfd_create",
    "memfd_secret",
    "mincore",
    "membarrier",
    "get_mempolicy",
    // sockets
    "socket",
    "socketpair",
    "connect",
    "accept",
    "accept4",
    "bind",
    "listen",
    "getsockname",
    "getpeername",
    "setsockopt",
    "getsockopt",
    "sendto",
    "recvfrom",
    "sendmsg",
    "recvmsg",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
    // waiting
    "select",
    "pselect6",
    "poll",
    "ppoll",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "nanosleep",
    "clock_nanosleep",
    "futex",
    "futex_waitv",
    "sched_yield",
    "restart_syscall",
    // time, chance, and who this is
    "clock_gettime",
    "clock_getres",
    "gettimeofday",
    "time",
    "getrandom",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "getresuid",
    "getresgid",
    "uname",
    "sysinfo",
    "getrusage",
    "getrlimit",
    "prlimit64",
    "times",
    // threads and signals
    "exit",
    "exit_group",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "arch_prctl",
    "prctl",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigtimedwait",
    "rt_sigsuspend",
    "rt_sigpending",
    "sigaltstack",
    "tgkill",
    "tkill",
    "kill",
};

// Nothing of ours asks for these: whoever does has taken the process over.
constexpr const char* ends_the_process[] = {"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"};

std::unexpected<Fault> failed(std::string_view what, int error) {
  return fault(FaultKind::unavailable, concat("cannot confine the process: ", what, ": ", std::strerror(-error)),
               "`sandbox: none` does without");
}

}  // namespace

Result<void> allow_few_system_calls() {
  const std::unique_ptr<void, void (*)(void*)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (!filter) return failed("seccomp", -ENOMEM);
  if (const int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); error != 0)
    return failed("all threads", error);
  for (const auto* name : allowed) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) continue;  // newer than this libseccomp; then it is refused
    if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0); error != 0)
      return failed(name, error);
  }
  // A thread, and no process. clone3 keeps its flags where no filter sees them: glibc takes clone if there is none.
  if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                                         SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
      error != 0)
    return failed("clone", error);
  if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0); error != 0)
    return failed("clone3", error);
  for (const auto* name : ends_the_process)
    if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, seccomp_syscall_resolve_name(name), 0);
        error != 0)
      return failed(name, error);
  if (const int error = seccomp_load(filter.get()); error != 0) return failed("seccomp", error);
  return {};
}

}  // namespace sallyport
