// `sallyport audit ...`: taking the ledger home, and proofs. What the server answers is verified here
// before it is shown: signatures of checkpoints, roots and Merkle proofs (RFC 6962). Judging a whole
// ledger, offline and without this code's trust in anything, is the program sallyport-audit.
//
// Without --key the verifier key is the server's own word (GET /v1/ledger/opened); an auditor gives
// the one they were handed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct Exported {
  std::uint64_t entries = 0;
  std::string verifier_key;
};
using ExportProgress = std::function<void(std::uint64_t done, std::uint64_t all)>;
// Hands over each entry up to the latest checkpoint, in order. Believe none of them before this has returned: only then
// is it known that they hash to the signed root.
using OnSignedEntry = std::function<Answer<void>(const std::string& entry)>;
struct SignedLedger {
  std::uint64_t entries = 0;
  std::string verifier_key;
  std::string checkpoint;  // the note
};
[[nodiscard]] Answer<SignedLedger> read_ledger(Api& api, const std::string& verifier_key, const OnSignedEntry& on_entry,
                                               const ExportProgress& progress);
// Writes the ledger up to its latest checkpoint as one file (docs/ledger_format.md, "The ledger
// file"). The file appears under its name only when it is whole and hashes to the signed root.
// `cosigned`: an earlier checkpoint of this ledger with witnesses' signatures, to go into the file; or empty.
[[nodiscard]] Answer<Exported> export_ledger(Api& api, const std::string& verifier_key, const std::string& out,
                                             const ExportProgress& progress, const std::string& cosigned = {});

// `key` is a verifier key as text ("name+id+base64"), or empty.
[[nodiscard]] Answer<void> command_audit_checkpoint(const GlobalOptions& global, Terminal& terminal,
                                                    const std::string& key);
// `cosigned`: the file of such a checkpoint, or empty.
[[nodiscard]] Answer<void> command_audit_export(const GlobalOptions& global, Terminal& terminal, const std::string& key,
                                                const std::string& out, const std::string& cosigned);
// Has witnesses (C2SP tlog-witness) cosign the latest checkpoint, and keeps it with their signatures.
struct CosignOptions {
  std::vector<std::string> urls;  // submission prefixes
  std::vector<std::string> keys;  // of each, in the same order
  std::string witness_ca;  // PEM; empty: the system's
  std::string key, out;
};
[[nodiscard]] Answer<void> command_audit_cosign(const GlobalOptions& global, Terminal& terminal,
                                                const CosignOptions& options);
// Follows a log (C2SP tlog-tiles under /log/) and says when it tells something else than before.
struct MonitorOptions {
  std::string key, state;  // the verifier key; the file of what was seen
  std::string command;  // run with each alarm's kind and text; or empty
  bool hashes_only = false;  // without a token: entries are not read
  bool once = false;  // one round
  bool stop_at_alarm = false;
  std::uint64_t every_s = 10, unreachable_after_s = 30, still_after_s = 0;  // 0: it may stand still
};
[[nodiscard]] Answer<void> command_audit_monitor(const GlobalOptions& global, Terminal& terminal,
                                                 const MonitorOptions& options);
// One case's bundle (core/ledger/bundle.h), out of the server's ledger or of a file that was exported.
struct BundleOptions {
  std::string case_id;
  std::string ledger;  // the file; empty: the server's
  std::string key;
  std::string out;
};
[[nodiscard]] Answer<void> command_audit_bundle(const GlobalOptions& global, Terminal& terminal,
                                                const BundleOptions& options);
[[nodiscard]] Answer<void> command_audit_prove(const GlobalOptions& global, Terminal& terminal, const std::string& key,
                                               std::uint64_t index);
// `since`: a file with an earlier checkpoint (as `audit checkpoint` printed it). Its tree must be the
// beginning of today's.
[[nodiscard]] Answer<void> command_audit_consistency(const GlobalOptions& global, Terminal& terminal,
                                                     const std::string& key, const std::string& since);
// The proof as the server gives it, unverified: an older root is needed to verify it.
[[nodiscard]] Answer<void> command_audit_consistency_from(const GlobalOptions& global, Terminal& terminal,
                                                          std::uint64_t from);

}  // namespace sallyport::cli
