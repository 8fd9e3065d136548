// The ledger in one SQLite file: ports/event_store.h for one node. One writer thread drains a
// bounded queue, and whatever waits there shares one transaction, one flush and one signed
// checkpoint (group commit). Start-up reads one row, whatever the ledger's size.
//
// What is signed was read back from the file, through another connection, and hashed. When something else comes back
// than was written, nothing is signed and the store is broken; the fault names the entry (shell/store/ledger_writer.h).
//
// On opening, the stored frontier, the last checkpoint with its signature, the number of entries,
// the stored hashes along the tree's right edge and the bodies of the last 256 entries must agree;
// otherwise `corrupt`. That is a look at the newest part only: sallyport-audit looks at all of it.
//
// Callbacks run on the writer thread, in order, after the flush; nothing is committed while one
// runs. Only what never enters the queue (a batch beyond the limits, a full queue, a broken store)
// is answered at once, on the caller's thread. When a commit fails, the batches in it get `unknown`
// (they may be on disk), then on_broken is called, once, and everything behind gets `unavailable`.
//
// Lifetime: the destructor commits what is queued, calls its callbacks, and joins the threads. No
// call may be under way then, and a callback must not destroy the store.
//
//   SP_TRY(auto store, SqliteEventStore::open({path, "sallyport.example.com/ledger", std::move(seed), stop}));
//   store->append({"case/" + id, 0, {entry}, {}, {}}, [](Result<Appended> done) { ... });
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/ledger/note.h"
#include "crypto/secret.h"
#include "ports/event_store.h"
#include "shell/store/ledger_export.h"

namespace sallyport {

struct StoreConfig {
  std::string path;
  std::string origin;  // of the log, and the name of its key
  SecretBytes signing_seed;  // Ed25519, 32 bytes
  std::function<void(const Fault&)> on_broken;  // from a thread of the store's; the process must stop
};

// Gives the view rows of one entry; entries come in the ledger's order.
using Projector = std::function<Result<std::vector<RowWrite>>(const std::string& stream, const StoredEntry& entry)>;

class SqliteEventStore final : public EventStore, public CheckpointHistory {
 public:
  // `unavailable` when another process writes this ledger, `corrupt` as above, `invalid` for a
  // configuration or a file that cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<SqliteEventStore>> open(StoreConfig config);
  ~SqliteEventStore() override;

  void append(Batch batch, Callback on_durable) override;

  // Deletes every view row and projects every entry again, in one transaction: readers see the old
  // view or the new one. Appends wait. A fault of the projector changes nothing. Returns when done;
  // not to be called from a callback.
  [[nodiscard]] Result<void> rebuild_view(const Projector& project);

  [[nodiscard]] const VerifierKey& verifier_key() const noexcept;

  [[nodiscard]] Result<std::vector<StoredEntry>> read_stream(const std::string& stream,
                                                             std::uint64_t from_version) const override;
  [[nodiscard]] Result<std::vector<StoredEntry>> read_entries(std::uint64_t from_index,
                                                              std::size_t count) const override;
  [[nodiscard]] Result<std::vector<Digest>> read_leaf_hashes(std::uint64_t from_index,
                                                             std::size_t count) const override;
  [[nodiscard]] Result<Digest> read_node(unsigned height, std::uint64_t number) const override;
  [[nodiscard]] Result<std::string> latest_checkpoint() const override;
  [[nodiscard]] Result<std::optional<std::string>> read_view(const std::string& key) const override;
  [[nodiscard]] Result<std::vector<Row>> list_view(const std::string& prefix, const std::string& after,
                                                   std::size_t limit) const override;
  [[nodiscard]] Result<std::optional<std::string>> read_secret(const std::string& key) const override;
  [[nodiscard]] Result<std::optional<std::string>> checkpoint_at_or_before(std::uint64_t size) const override;

 private:
  class Impl;
  explicit SqliteEventStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sallyport
