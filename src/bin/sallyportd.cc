// sallyportd: the process that faces the network; it holds no directory credential.
#include <cstdio>
#include <string_view>

#include "shell/wiring/programs.h"

namespace {
constexpr const char* help =
    "usage: sallyportd CONFIG [--clock-is TIME]\n\n"
    "sallyportd is the process that faces the network; it holds no directory credential.\n"
    "CONFIG is the YAML file that `sallyport init FOLDER` writes as FOLDER/sallyportd.yaml.\n"
    "It believes its clock no more once that was set by more than five seconds. If it is right all the same, start it\n"
    "once with --clock-is and what another clock shows, as 2026-11-27T09:30Z.\n"
    "It runs until SIGINT or SIGTERM. `sallyport up FOLDER` starts both processes of a small site.\n"
    "Exit status: 0 stopped, 2 usage, 6 a mistake in CONFIG, 7 something it needs is not available, 1 other.\n";
}  // namespace

int main(int argc, char** argv) {
  const bool asks = argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h");
  const auto options = sallyport::read_program_options(argc, argv);
  if (!options || asks) {
    std::fputs(help, asks ? stdout : stderr);
    return asks ? 0 : 2;
  }
  return sallyport::run_daemon(*options);
}
