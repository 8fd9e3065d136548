// Reads a ledger's SQLite file: in the process that writes it, and in another one (sallyport-exec)
// while it is being written. Sees committed entries only and cannot change anything.
//
// Threads: any number; up to read_connections_max read at once, the others wait their turn.
// Errors: as EventReader says; `invalid` for a read of more rows than shell/store/limits.h allows.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ports/event_store.h"
#include "shell/store/ledger_export.h"

namespace sallyport {

class Connection;

class SqliteEventReader final : public EventReader, public CheckpointHistory {
 public:
  // `not_found` when there is no ledger at the path.
  [[nodiscard]] static Result<std::unique_ptr<SqliteEventReader>> open(const std::string& path);
  ~SqliteEventReader() override;

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
  class Lease;
  explicit SqliteEventReader(std::string path);
  [[nodiscard]] Result<Lease> lease() const;
  [[nodiscard]] Result<std::optional<std::string>> read_one(const char* literal, const std::string& key) const;

  std::string path_;
  mutable std::mutex mutex_;
  mutable std::condition_variable returned_;
  mutable std::vector<std::unique_ptr<Connection>> idle_;
  mutable std::size_t opened_ = 0;
};

// The first key after every key that begins with `prefix`; empty when there is none.
[[nodiscard]] std::string end_of_prefix(std::string prefix);

}  // namespace sallyport
