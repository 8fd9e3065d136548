// `sallyport-audit verify`: hashes, signed checkpoints and every ruling, in one pass over the file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bin/sallyport-audit/options.h"
#include "core/ledger/cosignature.h"
#include "core/ledger/ledger_file.h"
#include "core/ledger/readjudicate.h"

namespace sallyport::audit {

struct VerifyFinding {
  std::uint64_t entry = 0;  // at which, or from which on, it shows; for a checkpoint the entries it covers
  std::string kind;         // of FindingKind, or "genesis", "origin", "since", "witness", "ruling"
  std::string text;         // "entry 17: ..."
};

struct VerifyReport {
  LedgerReport file;
  std::optional<AuditReport> audit;  // empty after --hashes-only
  std::optional<Digest> genesis;     // leaf hash of entry 0, when there is one
  bool genesis_given = false;
  std::size_t witnesses = 0;         // that cosigned the checkpoint seen before, or else one in the file
  std::uint64_t witnessed = 0;       // the entries that a checkpoint in the file covers which they cosigned
  bool demo = false;                 // a demo ledger: software passkeys are allowed
  std::vector<VerifyFinding> findings;  // in the order of the ledger
  std::uint64_t findings_total = 0;     // at least; more than are listed when the lists were cut

  [[nodiscard]] bool sound() const noexcept { return findings_total == 0; }
};

using Progress = std::function<void(std::uint64_t entries, std::uint64_t bytes)>;

struct Witnesses {
  std::vector<WitnessKey> keys;
  std::size_t needed = 0;  // of them have to have cosigned
  bool in_file = false;    // a checkpoint in the file itself; else that of --since did
};
// How many of the witnesses cosigned a note; `rejected` when a signature of one of them is wrong.
[[nodiscard]] Result<std::size_t> count_cosignatures(std::string_view note, const std::vector<WitnessKey>& witnesses);

// Faults are the source's. `since`: a checkpoint that was seen before, out of which the ledger must have grown.
[[nodiscard]] Result<VerifyReport> verify(const VerifyCommand& command, const VerifierKey& trusted,
                                          const std::optional<Checkpoint>& since, const ByteSource& source,
                                          const Progress& progress, const Witnesses& witnesses = {});

[[nodiscard]] std::string as_text(const VerifyReport& report);
[[nodiscard]] std::string as_json(const VerifyReport& report);

[[nodiscard]] Exit run(const VerifyCommand& command);

}  // namespace sallyport::audit
