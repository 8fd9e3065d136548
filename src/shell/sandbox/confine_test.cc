// Tries to get out, each time in a child that was confined first: what a process needs works, the next thing does not.
#include "shell/sandbox/confine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "base/text.h"
#include "shell/sandbox/landlock.h"

namespace sallyport {
namespace {

constexpr int worked = 0, not_confined = 99;  // other exit codes: errno

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "sandbox-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    inside_ = folder_ + "/inside";
    outside_ = folder_ + "/outside";
    ASSERT_EQ(mkdir(inside_.c_str(), 0700), 0);
    ASSERT_EQ(mkdir(outside_.c_str(), 0700), 0);
    std::ofstream(outside_ + "/secret") << "not for you";
    std::ofstream(folder_ + "/readable") << "for you";
  }
  void TearDown() override { EXPECT_GT(std::filesystem::remove_all(folder_), 0U); }

  // How `deed` ends in a confined child: its result, or minus the signal that killed it.
  int confined(const std::function<int()>& deed) {
    const pid_t child = fork();
    if (child == 0) {
      const auto in_force = confine({{folder_ + "/readable"}, {inside_}, listens_on_, connects_to_});
      _exit(in_force ? deed() : not_confined);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  static int result_of(long value) { return value < 0 ? errno : worked; }
  static int opened(const std::string& path, int flags) { return result_of(open(path.c_str(), flags, 0600)); }

  std::string folder_, inside_, outside_;
  std::optional<std::uint16_t> listens_on_;
  std::vector<std::uint16_t> connects_to_;
};

TEST_F(Sandbox, leaves_what_a_server_needs) {
  EXPECT_EQ(confined([&] {
              if (const int e = opened(folder_ + "/readable", O_RDONLY)) return e;
              if (const int e = opened(inside_ + "/new", O_RDWR | O_CREAT | O_TRUNC)) return e;
              if (const int e = result_of(rename((inside_ + "/new").c_str(), (inside_ + "/renamed").c_str()))) return e;
              if (const int e = result_of(unlink((inside_ + "/renamed").c_str()))) return e;
              if (const int e = opened("/etc/hosts", O_RDONLY)) return e;
              int by_thread = not_confined;
              std::thread([&] { by_thread = opened(inside_ + "/by-thread", O_WRONLY | O_CREAT); }).join();
              return by_thread;
            }),
            worked);
}

TEST_F(Sandbox, keeps_from_files_that_were_not_named) {
  const auto secret = outside_ + "/secret";
  EXPECT_EQ(confined([&] { return opened(secret, O_RDONLY); }), EACCES);
  EXPECT_EQ(confined([&] { return opened(secret, O_WRONLY); }), EACCES);
  EXPECT_EQ(confined([&] { return opened(outside_ + "/new", O_WRONLY | O_CREAT); }), EACCES);
  EXPECT_EQ(confined([&] { return opened(folder_ + "/readable", O_WRONLY); }), EACCES);
  EXPECT_EQ(confined([&] { return opened("/etc/hosts", O_WRONLY); }), EACCES);
  EXPECT_EQ(confined([&] { return opened("/", O_RDONLY | O_DIRECTORY); }), EACCES);
  EXPECT_EQ(confined([&] { return opened("/tmp/of-the-sandbox-test", O_WRONLY | O_CREAT); }), EACCES);
  EXPECT_EQ(confined([&] { return opened("/proc/1/environ", O_RDONLY); }), EACCES);
  EXPECT_EQ(confined([&] { return opened("/dev/mem", O_RDONLY); }), access("/dev/mem", F_OK) == 0 ? EACCES : ENOENT);
  EXPECT_EQ(confined([&] { return result_of(unlink(secret.c_str())); }), EACCES);
  EXPECT_EQ(confined([&] { return opened(inside_ + "/../outside/secret", O_RDONLY); }), EACCES);
}

TEST_F(Sandbox, is_not_left_by_links) {
  const auto secret = outside_ + "/secret";
  ASSERT_EQ(symlink(secret.c_str(), (inside_ + "/link").c_str()), 0);  // somebody else made it
  EXPECT_EQ(confined([&] { return opened(inside_ + "/link", O_RDONLY); }), EACCES);
  EXPECT_EQ(confined([&] { return result_of(symlink(secret.c_str(), (inside_ + "/own").c_str())); }), EPERM);
  EXPECT_EQ(confined([&] { return result_of(link(secret.c_str(), (inside_ + "/hard").c_str())); }), EPERM);
  EXPECT_NE(confined([&] { return result_of(rename(secret.c_str(), (inside_ + "/moved").c_str())); }), worked);
  EXPECT_EQ(confined([&] { return result_of(mknod((inside_ + "/dev").c_str(), S_IFCHR | 0600, 0x0103)); }), EPERM);
}

TEST_F(Sandbox, starts_no_program_and_looks_into_no_process) {
  EXPECT_EQ(confined([] {
              char name[] = "/bin/true";
              char* const words[] = {name, nullptr};
              return result_of(execv(name, words));
            }),
            -SIGSYS);
  EXPECT_EQ(confined([] { return result_of(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }), -SIGSYS);
  EXPECT_EQ(confined([] {
              char byte = 0;
              const iovec here{&byte, 1};
              return result_of(process_vm_readv(getppid(), &here, 1, &here, 1, 0));
            }),
            -SIGSYS);
  EXPECT_EQ(confined([] { return result_of(fork()); }), EPERM);
  EXPECT_EQ(confined([] { return result_of(syscall(SYS_vfork)); }), EPERM);
  EXPECT_EQ(confined([] { return result_of(syscall(SYS_clone3, nullptr, 0)); }), ENOSYS);
}

TEST_F(Sandbox, reaches_for_no_part_of_the_kernel_that_it_does_not_need) {
  const long calls[] = {SYS_mount,
                        SYS_umount2,
                        SYS_pivot_root,
                        SYS_chroot,
                        SYS_unshare,
                        SYS_setns,
                        SYS_bpf,
                        SYS_keyctl,
                        SYS_add_key,
                        SYS_perf_event_open,
                        SYS_io_uring_setup,
                        SYS_userfaultfd,
                        SYS_init_module,
                        SYS_finit_module,
                        SYS_kexec_load,
                        SYS_reboot,
                        SYS_swapon,
                        SYS_settimeofday,
                        SYS_clock_settime,
                        SYS_adjtimex,
                        SYS_setuid,
                        SYS_setgid,
                        SYS_setresuid,
                        SYS_setgroups,
                        SYS_capset,
                        SYS_personality,
                        SYS_acct,
                        SYS_quotactl,
                        SYS_iopl,
                        SYS_ioperm,
                        SYS_syslog,
                        SYS_sethostname,
                        SYS_open_by_handle_at,
                        SYS_name_to_handle_at,
                        SYS_fanotify_init,
                        SYS_pidfd_getfd,
                        SYS_pidfd_open,
                        SYS_modify_ldt,
                        SYS_lookup_dcookie,
                        SYS_symlinkat,
                        SYS_linkat,
                        SYS_mknodat,
                        SYS_setxattr,
                        SYS_chown};
  for (const auto call : calls)
    EXPECT_EQ(confined([&] { return result_of(syscall(call, 0, 0, 0, 0, 0, 0)); }), EPERM) << "system call " << call;
}

TEST_F(Sandbox, listens_and_connects_where_it_was_told_and_nowhere_else) {
  const int refused =
      landlock::version() < landlock::first_with_ports ? worked : EACCES;  // an older kernel has no rule
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof any;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any), 0);
  ASSERT_EQ(listen(listener, 4), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&any), &size), 0);
  const auto connects = [&] {
    return result_of(connect(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&any), sizeof any));
  };
  const auto listens = [&] {
    sockaddr_in free_one = any;
    free_one.sin_port = 0;
    return result_of(bind(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&free_one), sizeof free_one));
  };
  EXPECT_EQ(confined(connects), refused);
  EXPECT_EQ(confined(listens), refused);
  connects_to_ = {ntohs(any.sin_port)};
  listens_on_ = 0;
  EXPECT_EQ(confined(connects), worked);
  EXPECT_EQ(confined(listens), worked);
  close(listener);
}

TEST_F(Sandbox, signals_nobody_else) {
  const int refused =
      landlock::version() < landlock::first_with_signals ? worked : EPERM;  // an older kernel has no rule
  EXPECT_EQ(confined([] { return result_of(kill(getppid(), 0)); }), refused);
  EXPECT_EQ(confined([] { return result_of(kill(getpid(), 0)); }), worked);
}

TEST_F(Sandbox, is_not_left_again) {
  EXPECT_EQ(confined([&] {
              (void)confine({{}, {outside_}, {}, {}});  // asks for more: nothing is added
              return opened(outside_ + "/secret", O_RDONLY);
            }),
            EACCES);
  EXPECT_EQ(confined([] { return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? worked : not_confined; }), worked);
}

TEST_F(Sandbox, says_which_folder_is_not_there) {
  const pid_t child = fork();
  if (child == 0) {
    const auto in_force = confine({{}, {folder_ + "/no-such"}, {}, {}});
    _exit(!in_force && in_force.error().what.find("no-such") != std::string::npos ? worked : not_confined);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace sallyport
