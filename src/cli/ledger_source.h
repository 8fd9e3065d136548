// A ledger's entries, from a file that was exported or from the server: believed by its signature alone.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/audit_commands.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct LedgerSource {
  std::string file;  // empty: the server's
  std::string key;   // its verifier key; of a file it has to be given
};

// Hands over each entry in order. What was made of them counts only when this returns without a problem: only then is
// it known that they are as they were signed.
[[nodiscard]] Answer<SignedLedger> read_signed_ledger(const GlobalOptions& global, Terminal& terminal,
                                                      const LedgerSource& source,
                                                      const std::function<void(std::string_view)>& on_entry);

}  // namespace sallyport::cli
