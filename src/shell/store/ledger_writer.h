// The transactions of the SQLite store: what one group commit writes, and the look at the newest
// entries on opening. Internal to shell/store; used by the writer thread only.
//
// A checkpoint is signed over what the disk gives back, not over what was sent there. So a commit is two transactions:
//   1. the entries, their hashes and rows, and a seal on them (an HMAC under a key of the writer's own); flushed.
//   2. the checkpoint, once a second connection has read the entries back and they hash to what was meant. Not flushed:
//      the same entries give the same checkpoint, so a power cut that takes it costs nothing.
// Entries without a checkpoint are signed at the next opening, if the seal fits: nobody else can have put them there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ledger/note.h"
#include "core/merkle/merkle.h"
#include "crypto/secret.h"
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
  // `read_back` shares no memory with `connection`: a connection of its own.
  LedgerWriter(std::unique_ptr<Connection> connection, std::unique_ptr<EventReader> read_back, std::string origin,
               const SecretBytes& seed, Ed25519SigningKey key);

  // Reads the head and holds it against everything near it; `corrupt` when they disagree. Signs what was
  // written and not signed.
  [[nodiscard]] Result<void> load_head(const VerifierKey& trusted);

  // One flush. Gives an answer for each batch; a fault means that the disk failed, or gives back something else than
  // was written (`corrupt`, with the entry; nothing is signed), and nothing is known. After a fault the writer must not
  // be used again.
  [[nodiscard]] Result<std::vector<Result<Appended>>> commit(std::span<const PreparedBatch* const> batches);

  [[nodiscard]] Result<void> rebuild_view(const Projector& project);
  [[nodiscard]] Connection& connection() noexcept { return *connection_; }

 private:
  [[nodiscard]] Result<void> run(const char* literal);
  [[nodiscard]] Result<std::uint64_t> version_of(const std::string& stream);
  struct Head {
    std::string frontier, note, newest_note;
    std::uint64_t entries = 0;  // stored
    std::uint64_t first = 0;
    std::optional<Digest> seal;
  };
  [[nodiscard]] Result<Head> read_head();
  struct Written {
    Frontier frontier;
    std::vector<Digest> leaves;  // of the entries of this commit
  };
  [[nodiscard]] Result<Result<Appended>> write_batch(const PreparedBatch& prepared, Written& written);
  [[nodiscard]] Result<void> write_entry(const Batch& batch, std::size_t position, const Digest& leaf,
                                         Frontier& frontier);
  [[nodiscard]] Result<void> write_seal(const Frontier& frontier);
  [[nodiscard]] Digest seal_of(const Frontier& frontier) const;
  [[nodiscard]] Result<void> sign(const Frontier& stored);
  [[nodiscard]] Result<void> sign_what_was_left(Frontier signed_already, std::uint64_t entries, const Digest& seal);
  [[nodiscard]] Result<void> write_rows(const std::vector<RowWrite>& rows, const char* put, const char* remove);
  [[nodiscard]] Result<void> write_head(const Frontier& frontier);
  [[nodiscard]] Result<void> project_all(const Projector& project);

  std::unique_ptr<Connection> connection_;
  std::unique_ptr<EventReader> read_back_;
  std::string origin_;
  SecretBytes seal_key_;
  Ed25519SigningKey key_;
  Frontier frontier_;
  std::unordered_map<std::string, std::uint64_t> versions_;  // entries in each stream, as far as remembered
};

}  // namespace sallyport
