// `sallyport policy prove`: what an attacker needs. Asks no server.
#pragma once

#include <string>

#include "cli/problem.h"
#include "cli/terminal.h"

namespace sallyport::cli {

// Of a neutral model. 0 with the answers on standard output, whatever they are: a model promises nothing that could be
// broken. 2 with everything that is wrong with it on standard error, one line each: file, JSON path, what, what would
// be right.
[[nodiscard]] int command_prove_model(Terminal& terminal, const std::string& file);

struct ProveOptions {
  std::string policy;
  std::string organization;  // empty: the one in which the policy is easiest to get through
  std::string accounts;  // a directory's accounts, one JSON object a line, instead of the organization's kinds
  std::string model_out;  // where to write the neutral model, and the graph; empty: nowhere
  std::string graph_out;
  std::string certificate_out;
  bool repair = true;  // look for the smallest change that mends what is broken
};
// Of a policy's guarantees. 0: all hold; 1: one does not; 2: could not be run.
[[nodiscard]] Answer<int> command_prove_policy(Terminal& terminal, const ProveOptions& options);

}  // namespace sallyport::cli
