// `sallyport drill replay`: the ledger's own past cases, decided again under a draft policy.
#pragma once

#include <string>

#include "cli/session.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct ReplayOptions {
  std::string policy;
  std::string ledger;          // a file that `audit export` wrote; empty: the server's
  std::string since = "90d";   // before now
  std::string key;             // the ledger's verifier key; empty: the server's own word
};
// 0: every case is decided as it was; 1: some are not; 2: could not be run.
[[nodiscard]] Answer<int> command_drill_replay(const GlobalOptions& global, Terminal& terminal,
                                               const ReplayOptions& options);

}  // namespace sallyport::cli
