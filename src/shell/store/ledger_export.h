// What can be made of any store's ledger: the file an auditor takes home, and proofs. The store is
// only read, a block at a time: memory stays constant whatever the ledger's size.
//
// Nothing is verified here. The file shows the store as it is, and sallyport-audit judges it.
//
// Errors: the reader's and the sink's own faults; `not_found` for an empty ledger, of which nothing
// is signed; `corrupt` when entries under the last checkpoint are missing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "core/merkle/merkle.h"
#include "ports/event_store.h"

namespace sallyport {

// Each one a signature to check and, in the worst case, 256 nodes to hash: sixty-four bracket a
// forgery well and cost an audit of a million entries one part in a hundred.
inline constexpr std::uint64_t exported_earlier_checkpoints_max = 64;

// Every checkpoint a ledger ever signed.
class CheckpointHistory {
 public:
  virtual ~CheckpointHistory() = default;
  // The newest that covers at most `size` entries.
  [[nodiscard]] virtual Result<std::optional<std::string>> checkpoint_at_or_before(std::uint64_t size) const = 0;
};

using ByteSink = std::function<Result<void>(ByteView)>;

// Writes the ledger up to its latest checkpoint; later entries wait for the next export. Earlier
// checkpoints, evenly spread, go in when `history` is given. Gives the number of entries.
[[nodiscard]] Result<std::uint64_t> export_ledger_file(const EventReader& reader, const CheckpointHistory* history,
                                                       const ByteSink& sink);

// Hashes of full subtrees of every height, made from the stored ones by hashing at most 128.
[[nodiscard]] NodeSource node_source_of(const EventReader& reader);

// Proofs against the trees the reader holds; `size` is a checkpoint's.
[[nodiscard]] Result<std::vector<Digest>> prove_inclusion(const EventReader& reader, std::uint64_t index,
                                                          std::uint64_t size);
[[nodiscard]] Result<std::vector<Digest>> prove_consistency(const EventReader& reader, std::uint64_t old_size,
                                                            std::uint64_t new_size);

}  // namespace sallyport
