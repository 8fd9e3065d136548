// The transactions of the SQLite store: what one group commit writes, and the look at the newest
// entries on opening. Internal to shell/store; used by the writer thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ledger/note.h"
#include "core/merkle/merkle.h"
#include "ports/event_store.h"
#include "shell/store/sqlite.h"
#include "shell/store/sqlite_event_store.h"

namespace sallyport {

// A batch that passed check_batch, with its leaf hashes (computed on the caller's thread).
struct PreparedBatch {
  Batch batch;
  std::vector<Digest> leaves;
};

class LedgerWriter {
 public:
  LedgerWriter(std::unique_ptr<Connection> connection, std::string origin, Ed25519SigningKey key)
      : connection_(std::move(connection)), origin_(std::move(origin)), key_(std::move(key)) {}

  // Reads the head and holds it against everything near it; `corrupt` when they disagree.
  [[nodiscard]] Result<void> load_head(const EventReader& reader, const VerifierKey& trusted);

  // One transaction, one flush. Gives an answer for each batch; a fault means that the disk failed
  // and nothing is known. After a fault the writer must not be used again.
  [[nodiscard]] Result<std::vector<Result<Appended>>> commit(std::span<const PreparedBatch* const> batches);

  [[nodiscard]] Result<void> rebuild_view(const Projector& project);
  [[nodiscard]] Connection& connection() noexcept { return *connection_; }

 private:
  [[nodiscard]] Result<void> run(const char* literal);
  [[nodiscard]] Result<std::uint64_t> version_of(const std::string& stream);
  [[nodiscard]] Result<Result<Appended>> write_batch(const PreparedBatch& prepared, Frontier& frontier);
  [[nodiscard]] Result<void> write_entry(const Batch& batch, std::size_t position, const Digest& leaf,
                                         Frontier& frontier);
  [[nodiscard]] Result<void> write_rows(const std::vector<RowWrite>& rows, const char* put, const char* remove);
  [[nodiscard]] Result<void> write_head(const Frontier& frontier);
  [[nodiscard]] Result<void> project_all(const Projector& project);

  std::unique_ptr<Connection> connection_;
  std::string origin_;
  Ed25519SigningKey key_;
  Frontier frontier_;
  std::unordered_map<std::string, std::uint64_t> versions_;  // entries in each stream, as far as remembered
};

}  // namespace sallyport
