// sallyport: the command line for agents, approvers, claimants, auditors and operators.
#include "cli/command_line.h"
#include "shell/wiring/operate.h"

int main(int argc, char** argv) {
  return sallyport::cli::run_command_line(argc, argv, {sallyport::run_init, sallyport::run_up, sallyport::run_rebuild});
}
