// Reads a ledger file and prepares its parts on several threads: hashing and decoding are functions
// of one block alone. The parts are handed over in the order of the file, on the calling thread, so
// what is found and how it is said does not depend on the number of threads.
//
// Memory: at most `parts_ahead` parts for each worker are prepared and not yet taken.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "core/ledger/ledger_file.h"
#include "core/ledger/readjudicate.h"

namespace sallyport::audit {

inline constexpr std::size_t parts_ahead = 8;  // 2048 entries: a slow block (twenty signatures) does not stall the rest

struct PreparedEntry {
  std::uint64_t index = 0;
  ReadEntry read;
};

struct PreparedPart {
  LedgerPart part;
  BlockCheck check;  // of a block
  std::vector<PreparedEntry> entries;  // of a block, when asked for: those whose bytes fit their leaf hash
};

struct PipelineOptions {
  unsigned workers = 0;  // beside the calling thread; 0: everything on it
  bool decode = true;
};

// Returns when `take` says false, when the file ends, or with the source's fault.
[[nodiscard]] Result<void> for_each_part(LedgerFileReader& reader, const PipelineOptions& options,
                                         const std::function<bool(PreparedPart)>& take);

}  // namespace sallyport::audit
