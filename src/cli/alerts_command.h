// `sallyport audit alerts`: what somebody should look at, found in a ledger (core/alerts).
#pragma once

#include <string>

#include "cli/ledger_source.h"

namespace sallyport::cli {

struct AlertsOptions {
  LedgerSource ledger;
  std::string case_id;  // of this case alone; empty: all
};
[[nodiscard]] Answer<void> command_audit_alerts(const GlobalOptions& global, Terminal& terminal,
                                                const AlertsOptions& options);

}  // namespace sallyport::cli
