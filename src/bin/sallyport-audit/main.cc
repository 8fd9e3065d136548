// sallyport-audit: checks a ledger offline. Links base, crypto and core, and nothing else: whoever
// distrusts the servers does not have to trust their code (docs/auditing.md).
#include <cstdio>
#include <thread>

#include "base/text.h"
#include "bin/sallyport-audit/options.h"
#include "bin/sallyport-audit/printing.h"
#include "bin/sallyport-audit/proof.h"
#include "bin/sallyport-audit/show.h"
#include "bin/sallyport-audit/story.h"
#include "bin/sallyport-audit/verify.h"
#include "bin/sallyport-audit/witness.h"

namespace sallyport::audit {
namespace {

Exit run(const HelpCommand& command) {
  print(command.text);
  return Exit::sound;
}

Exit run_arguments(const std::vector<std::string_view>& arguments) {
  const auto command = parse_command(arguments, std::thread::hardware_concurrency());
  if (!command) {
    print_error(concat("sallyport-audit: ", printable(command.error().what), "\n", command.error().next_step, "\n"));
    return Exit::usage;
  }
  return std::visit([](const auto& c) { return run(c); }, *command);
}

}  // namespace
}  // namespace sallyport::audit

int main(int argc, char** argv) { return static_cast<int>(sallyport::audit::run_arguments({argv + 1, argv + argc})); }
