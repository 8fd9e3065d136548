// The processes of the demo: started here, watched here, stopped by their ids and no others.
// A child dies with the demo (PR_SET_PDEATHSIG), so nothing is left behind when the demo is killed.
// Not thread-safe; start children from the main thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace sallyport::cli {

inline constexpr std::size_t child_output_bytes_max = 256 * 1024;  // what a person would read; more is cut

struct Ran {
  int status = -1;  // of exit; -1: a signal ended it
  std::string output;  // standard output and error together
};
[[nodiscard]] Result<Ran> run_to_end(const std::vector<std::string>& arguments,
                                     const std::vector<std::string>& environment = {});

class ChildProcess {
 public:
  // Its output goes to `log_file`.
  [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                                  const std::string& log_file);
  ~ChildProcess();  // stops it
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool running();
  void stop();  // SIGTERM, and SIGKILL if that is not heard within ten seconds

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;  // 0: has ended
};

// While it lives, SIGINT, SIGTERM and SIGHUP are taken note of instead of ending the demo, so that it
// can stop its children first. Made before any thread is.
class Interruptions {
 public:
  Interruptions();
  ~Interruptions();
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;

  [[nodiscard]] bool wait(std::chrono::milliseconds timeout);  // true once one came
  [[nodiscard]] bool wait_for_enter();  // false when interrupted; at the end of the input at once true

 private:
  int fd_;
  bool came_ = false;
};

[[nodiscard]] Result<std::string> folder_of_program();  // where this program and its siblings are

}  // namespace sallyport::cli
