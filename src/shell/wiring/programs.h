// The two server programs, put together. Reading these two functions shows the whole product.
#pragma once

#include <optional>
#include <string>

namespace sallyport {

struct ProgramOptions {
  std::string config;    // path
  std::string clock_is;  // what another clock shows (clock_keeper.h); empty: nobody has looked
};

// CONFIG [--clock-is TIME]; nothing: it is something else.
[[nodiscard]] std::optional<ProgramOptions> read_program_options(int argc, const char* const* argv);

// Both read their configuration, run until SIGINT or SIGTERM, and give the exit status.
int run_daemon(const ProgramOptions& options);    // sallyportd: faces the network, holds no directory credential
int run_executor(const ProgramOptions& options);  // sallyport-exec: holds the credentials, local socket only

}  // namespace sallyport
