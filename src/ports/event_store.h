// The ledger's store: an append-only sequence of entries, cut into streams (one for each case, one
// for the organization), with what belongs to them committed in the same transaction.
//
// Contract
//   - One process owns the writing side. append() is asynchronous: it enqueues and returns at once;
//     the callback runs on the writer's thread after the batch is durable (fsync returned), in the
//     order of appending, and never for a batch that is not. Many batches share one commit and one
//     signed checkpoint (group commit).
//   - A batch is all or nothing. It carries the version its stream is expected to have (the number
//     of entries already in it, counting those enqueued before it); a mismatch gives `conflict` and
//     writes nothing.
//   - The queue is bounded: when it is full, append() gives `unavailable` through the callback.
//   - If the disk fails, the store calls `on_broken` once and every later append gives `unavailable`:
//     what was not acknowledged may or may not be on disk, so the process must stop and reopen.
//   - Reads see durable entries only, from any thread.
//
// `view` rows are derived from entries and can be rebuilt; `secret` rows (sealed, see
// docs/ledger_format.md) cannot, and are never part of the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sallyport {

inline constexpr std::size_t entry_bytes_max = 65'535;  // C2SP tlog-tiles: a uint16 length

struct StoredEntry {
  std::uint64_t index = 0;    // in the ledger, from 0
  std::uint64_t version = 0;  // in its stream, from 0
  std::string bytes;          // JSON text, exactly as hashed
};

// Writes `value` under `key`; an empty optional removes the row. Keys are ordered as bytes, so a
// prefix is a range: "case/open/...".
struct RowWrite {
  std::string key;
  std::optional<std::string> value;
};

struct Batch {
  std::string stream;
  std::uint64_t expected_version = 0;
  std::vector<std::string> entries;  // each at most entry_bytes_max; at least one
  std::vector<RowWrite> view;
  std::vector<RowWrite> secrets;
};

struct Appended {
  std::uint64_t first_index = 0;
  std::uint64_t tree_size = 0;  // of the checkpoint that covers the batch
};

struct Row {
  std::string key;
  std::string value;
};

class EventReader {
 public:
  virtual ~EventReader() = default;
  [[nodiscard]] virtual Result<std::vector<StoredEntry>> read_stream(const std::string& stream,
                                                                     std::uint64_t from_version) const = 0;
  [[nodiscard]] virtual Result<std::vector<StoredEntry>> read_entries(std::uint64_t from_index,
                                                                      std::size_t count) const = 0;
  [[nodiscard]] virtual Result<std::vector<Digest>> read_leaf_hashes(std::uint64_t from_index,
                                                                     std::size_t count) const = 0;
  // Hash of the full subtree of 2^height leaves that begins at leaf `number << height`. Height 0, 8, 16, ...
  [[nodiscard]] virtual Result<Digest> read_node(unsigned height, std::uint64_t number) const = 0;
  [[nodiscard]] virtual Result<std::string> latest_checkpoint() const = 0;  // signed note; empty ledger: empty text
  [[nodiscard]] virtual Result<std::optional<std::string>> read_view(const std::string& key) const = 0;
  // Rows with key in [prefix + after, end of prefix), at most `limit`.
  [[nodiscard]] virtual Result<std::vector<Row>> list_view(const std::string& prefix, const std::string& after,
                                                           std::size_t limit) const = 0;
  [[nodiscard]] virtual Result<std::optional<std::string>> read_secret(const std::string& key) const = 0;
};

class EventStore : public EventReader {
 public:
  using Callback = std::move_only_function<void(Result<Appended>)>;
  virtual void append(Batch batch, Callback on_durable) = 0;
};

}  // namespace sallyport
