// The ledger in memory, under the same contract as SqliteEventStore: for tests and drills of what
// stands above the store. "Durable" here means in this object. Callbacks run before append()
// returns, one after the other and in order; an append from within a callback is answered after it.
//
// Threads: any number. When two append at once, one of them delivers the other's answer too.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/ledger/note.h"
#include "core/merkle/merkle.h"
#include "crypto/secret.h"
#include "ports/event_store.h"
#include "shell/store/ledger_export.h"
#include "shell/store/sqlite_event_store.h"

namespace sallyport {

class MemoryEventStore final : public EventStore, public CheckpointHistory {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MemoryEventStore>> create(const std::string& origin,
                                                                        const SecretBytes& signing_seed);

  void append(Batch batch, Callback on_durable) override;
  [[nodiscard]] Result<void> rebuild_view(const Projector& project);
  [[nodiscard]] const VerifierKey& verifier_key() const noexcept { return verifier_key_; }

  // From now on, every append fails as if the disk were gone.
  void break_for_test();

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
  struct Kept {
    StoredEntry entry;
    std::string stream;
    Digest leaf;
  };
  struct Answer {
    Callback callback;
    Result<Appended> result;
  };
  MemoryEventStore(Ed25519SigningKey key, VerifierKey verifier_key)
      : key_(std::move(key)), verifier_key_(std::move(verifier_key)) {}
  [[nodiscard]] Result<Appended> commit(const Batch& batch);
  void deliver();

  Ed25519SigningKey key_;
  VerifierKey verifier_key_;
  mutable std::mutex mutex_;
  bool broken_ = false;
  Frontier frontier_;
  std::vector<Kept> entries_;
  std::map<std::string, std::vector<std::size_t>> streams_;
  std::map<std::pair<unsigned, std::uint64_t>, Digest> nodes_;
  std::map<std::uint64_t, std::string> checkpoints_;
  std::map<std::string, std::string> view_;
  std::map<std::string, std::string> secrets_;
  std::deque<Answer> answers_;
  bool delivering_ = false;
};

}  // namespace sallyport
