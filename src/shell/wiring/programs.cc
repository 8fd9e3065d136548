#include "shell/wiring/programs.h"

#include <string_view>

namespace sallyport {

std::optional<ProgramOptions> read_program_options(int argc, const char* const* argv) {
  const bool with_clock = argc == 4 && std::string_view(argv[2]) == "--clock-is" && *argv[3] != '\0';
  if ((argc != 2 && !with_clock) || std::string_view(argv[1]).starts_with('-')) return std::nullopt;
  return ProgramOptions{argv[1], with_clock ? argv[3] : ""};
}

}  // namespace sallyport
