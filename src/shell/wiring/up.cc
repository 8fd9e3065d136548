// `sallyport up`: both processes of a small site, started, watched and stopped together. A process
// that dies is started again, with growing pauses; what it was doing goes on from the ledger.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>

#include "base/text.h"
#include "shell/wiring/operate.h"
#include "shell/wiring/process.h"

namespace sallyport {
namespace {

constexpr std::string_view program = "sallyport up";
constexpr std::chrono::milliseconds first_pause{100};
constexpr std::chrono::milliseconds longest_pause{5'000};
constexpr std::chrono::seconds counts_as_healthy{10};  // a process that lived this long begins with a short pause again
constexpr std::chrono::seconds patience_at_stop{10};

using Clock = std::chrono::steady_clock;

std::array<char, 11> clock_is_option{"--clock-is"};

struct Child {
  std::string binary, config, clock_is;
  pid_t pid = 0;
  Clock::time_point started, start_at;
  std::chrono::milliseconds pause = first_pause;
};

std::string folder_of_this_program() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

bool start(Child& child) {
  const auto parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return false;
  if (pid == 0) {
    // Between fork and exec: only calls that are safe there. The child dies with its parent.
    prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
    if (getppid() != parent) _exit(1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    std::array<char*, 5> arguments{child.binary.data(), child.config.data(), nullptr, child.clock_is.data(), nullptr};
    if (!child.clock_is.empty()) arguments[2] = clock_is_option.data();
    execv(child.binary.c_str(), arguments.data());
    _exit(127);
  }
  child.pid = pid;
  child.clock_is.clear();  // said once: what it believes then is kept
  child.started = Clock::now();
  return true;
}

void note_death(Child& child, int status) {
  const auto lived = Clock::now() - child.started;
  if (lived >= counts_as_healthy) child.pause = first_pause;
  log_line(program,
           concat(std::filesystem::path(child.binary).filename().string(), " ended (",
                  WIFSIGNALED(status) ? concat("signal ", WTERMSIG(status)) : concat("status ", WEXITSTATUS(status)),
                  "), starting it again in ", child.pause.count(), " ms"));
  child.pid = 0;
  child.start_at = Clock::now() + child.pause;
  child.pause = std::min(child.pause * 2, longest_pause);
}

void stop_all(std::array<Child, 2>& children) {
  for (auto& child : children)
    if (child.pid > 0) kill(child.pid, SIGTERM);
  const auto deadline = Clock::now() + patience_at_stop;
  for (auto& child : children) {
    while (child.pid > 0) {
      int status = 0;
      if (waitpid(child.pid, &status, WNOHANG) != 0) {
        child.pid = 0;
      } else if (Clock::now() > deadline) {
        kill(child.pid, SIGKILL);
        waitpid(child.pid, &status, 0);
        child.pid = 0;
      } else {
        usleep(10'000);
      }
    }
  }
}

}  // namespace

int run_up(const UpOptions& options) {
  const auto bin = folder_of_this_program();
  std::array<Child, 2> children;
  children[0].binary = bin + "/sallyportd";
  children[0].config = options.folder + "/sallyportd.yaml";
  children[1].binary = bin + "/sallyport-exec";
  children[1].config = options.folder + "/sallyport-exec.yaml";
  for (auto& child : children) {
    child.clock_is = options.clock_is;
    if (access(child.binary.c_str(), X_OK) != 0)
      return report_fault(program, {FaultKind::not_found, concat("there is no ", child.binary),
                                    "build all programs with scripts/build"});
    if (access(child.config.c_str(), R_OK) != 0)
      return report_fault(program, {FaultKind::invalid, concat("there is no ", child.config),
                                    concat("run `sallyport init ", options.folder, "` first")});
  }
  // One supervisor a site: two would fight over its sockets.
  const int lock = open((options.folder + "/run/up.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0)
    return report_fault(program,
                        {FaultKind::unavailable, "this site is up already", "stop the other `sallyport up` first"});
  if (auto ok = harden_process(); !ok) return report_fault(program, ok.error());

  sigset_t awaited;
  sigemptyset(&awaited);
  for (const int s : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&awaited, s);
  sigprocmask(SIG_BLOCK, &awaited, nullptr);
  for (;;) {
    for (auto& child : children)
      if (child.pid == 0 && Clock::now() >= child.start_at && !start(child))
        log_line(program, "cannot fork; trying again");
    const timespec tick{0, 50'000'000};
    const int got = sigtimedwait(&awaited, nullptr, &tick);
    if (got == SIGINT || got == SIGTERM) break;
    for (auto& child : children) {
      int status = 0;
      if (child.pid > 0 && waitpid(child.pid, &status, WNOHANG) == child.pid) note_death(child, status);
    }
  }
  stop_all(children);
  close(lock);
  return 0;
}

}  // namespace sallyport
