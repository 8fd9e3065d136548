#include "cli/demo_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "base/text.h"

namespace sallyport::cli {
namespace {

constexpr std::chrono::seconds stop_within{10};  // the server finishes what is in flight

sigset_t interrupting() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

std::unexpected<Fault> failed(std::string_view doing) {
  return fault(FaultKind::unavailable, concat(doing, ": ", std::generic_category().message(errno)));
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// Gives the child's id; the child runs the program with both outputs on `output`. Between fork and
// exec only async-signal-safe calls: other threads may have held any lock.
Result<pid_t> spawn(std::vector<std::string> arguments, std::vector<std::string> environment, int output) {
  for (char** variable = environ; *variable != nullptr; ++variable) environment.emplace_back(*variable);
  auto argument_pointers = pointers(arguments);
  auto environment_pointers = pointers(environment);
  const auto nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing < 0) return failed("opening /dev/null");
  const auto parent = ::getpid();
  const auto pid = ::fork();
  if (pid == 0) {
    const auto set = interrupting();
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    ::setpgid(0, 0);  // Ctrl-C is for the demo, which then stops its children in order
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);
    if (::dup2(nothing, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) ::_exit(127);
    ::execvpe(argument_pointers.front(), argument_pointers.data(), environment_pointers.data());
    ::_exit(127);
  }
  ::close(nothing);
  if (pid < 0) return failed(concat("starting `", arguments.front(), "`"));
  return pid;
}

int exit_status(int raw) { return WIFEXITED(raw) ? WEXITSTATUS(raw) : -1; }

int wait_for(pid_t pid) {
  int raw = 0;
  while (::waitpid(pid, &raw, 0) < 0 && errno == EINTR) {
  }
  return exit_status(raw);
}

}  // namespace

Result<Ran> run_to_end(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return failed("making a pipe");
  const auto pid = spawn(arguments, environment, pipe_ends[1]);
  ::close(pipe_ends[1]);
  Ran out;
  std::array<char, 4096> buffer{};
  while (pid) {
    const auto got = ::read(pipe_ends[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    const auto room = child_output_bytes_max - out.output.size();
    out.output.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
  ::close(pipe_ends[0]);
  if (!pid) return std::unexpected(pid.error());
  out.status = wait_for(*pid);
  if (out.status == 127)
    return fault(FaultKind::not_found, concat("`", arguments.front(), "` cannot be run"),
                 "is it installed and built? scripts/demo does both");
  return out;
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, const std::string& log_file) {
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return failed(concat("opening `", log_file, "`"));
  const auto pid = spawn(arguments, {}, log);
  ::close(log);
  if (!pid) return std::unexpected(pid.error());
  return ChildProcess(*pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
ChildProcess::~ChildProcess() { stop(); }

bool ChildProcess::running() {
  if (pid_ == 0) return false;
  int raw = 0;
  if (::waitpid(pid_, &raw, WNOHANG) == 0) return true;
  pid_ = 0;
  return false;
}

void ChildProcess::stop() {
  if (!running()) return;
  ::kill(pid_, SIGTERM);  // ours and not yet waited for, so the id cannot be anybody else's
  const auto deadline = std::chrono::steady_clock::now() + stop_within;
  while (running() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(std::exchange(pid_, 0));
}

Interruptions::Interruptions() : fd_(-1) {
  const auto set = interrupting();
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) == 0) fd_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

Interruptions::~Interruptions() {
  if (fd_ >= 0) ::close(fd_);
  const auto set = interrupting();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

bool Interruptions::wait(std::chrono::milliseconds timeout) {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(timeout.count())) > 0) {
    signalfd_siginfo info{};
    came_ = came_ || ::read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info);
  }
  return came_;
}

bool Interruptions::wait_for_enter() {
  for (;;) {
    std::array<pollfd, 2> waiting{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{fd_, POLLIN, 0}};
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return true;
    if (waiting[1].revents != 0) return !wait(std::chrono::milliseconds(0));
    if (waiting[0].revents == 0) continue;
    char typed = 0;
    if (::read(STDIN_FILENO, &typed, 1) <= 0 || typed == '\n') return true;
  }
}

Result<std::string> folder_of_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fault(FaultKind::unavailable, "this program does not find itself", "is /proc mounted?");
  return self.parent_path().string();
}

}  // namespace sallyport::cli
