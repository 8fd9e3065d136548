#include "shell/store/sqlite_event_reader.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "shell/store/database_file.h"
#include "shell/store/limits.h"
#include "shell/store/sqlite.h"

namespace sallyport {

// One connection, borrowed by one thread.
class SqliteEventReader::Lease {
 public:
  Lease(const SqliteEventReader& owner, std::unique_ptr<Connection> connection)
      : owner_(&owner), connection_(std::move(connection)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (!connection_) return;
    const std::lock_guard lock(owner_->mutex_);
    owner_->idle_.push_back(std::move(connection_));
    owner_->returned_.notify_one();
  }
  [[nodiscard]] Result<Cursor> query(const char* literal) const { return connection_->query(literal); }

 private:
  const SqliteEventReader* owner_;
  std::unique_ptr<Connection> connection_;
};

Result<std::unique_ptr<SqliteEventReader>> SqliteEventReader::open(const std::string& path) {
  std::unique_ptr<SqliteEventReader> reader(new SqliteEventReader(path));
  SP_TRY(auto first, open_for_reading(path));
  reader->idle_.push_back(std::move(first));
  reader->opened_ = 1;
  return reader;
}

SqliteEventReader::SqliteEventReader(std::string path) : path_(std::move(path)) {}
SqliteEventReader::~SqliteEventReader() { SALLYPORT_ASSERT(idle_.size() == opened_); }

Result<SqliteEventReader::Lease> SqliteEventReader::lease() const {
  std::unique_lock lock(mutex_);
  if (idle_.empty() && opened_ < read_connections_max) {
    ++opened_;
    lock.unlock();
    auto connection = open_for_reading(path_);
    if (connection) return Lease(*this, std::move(*connection));
    lock.lock();
    --opened_;
    return std::unexpected(std::move(connection).error());
  }
  returned_.wait(lock, [this] { return !idle_.empty(); });
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return Lease(*this, std::move(connection));
}

Result<std::vector<StoredEntry>> SqliteEventReader::read_stream(const std::string& stream,
                                                                std::uint64_t from_version) const {
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor, connection.query("SELECT idx, version, body FROM entry WHERE stream = ?1 AND version >= ?2 "
                                       "ORDER BY version LIMIT ?3"));
  cursor.bind_text(1, stream).bind(2, std::min(from_version, std::uint64_t{INT64_MAX})).bind(3, read_stream_max + 1);
  std::vector<StoredEntry> entries;
  for (;;) {
    SP_TRY(const bool row, cursor.step());
    if (!row) return entries;
    SP_CHECK(check_count(entries.size() + 1, read_stream_max));
    entries.push_back({cursor.number(0), cursor.number(1), cursor.text(2)});
  }
}

Result<std::vector<StoredEntry>> SqliteEventReader::read_entries(std::uint64_t from_index, std::size_t count) const {
  SP_CHECK(check_count(count, read_entries_max));
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor, connection.query("SELECT idx, version, body FROM entry WHERE idx >= ?1 ORDER BY idx LIMIT ?2"));
  cursor.bind(1, std::min(from_index, std::uint64_t{INT64_MAX})).bind(2, count);
  std::vector<StoredEntry> entries;
  entries.reserve(count);
  for (;;) {
    SP_TRY(const bool row, cursor.step());
    if (!row) return entries;
    entries.push_back({cursor.number(0), cursor.number(1), cursor.text(2)});
  }
}

Result<std::vector<Digest>> SqliteEventReader::read_leaf_hashes(std::uint64_t from_index, std::size_t count) const {
  SP_CHECK(check_count(count, read_hashes_max));
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor, connection.query("SELECT leaf FROM entry WHERE idx >= ?1 ORDER BY idx LIMIT ?2"));
  cursor.bind(1, std::min(from_index, std::uint64_t{INT64_MAX})).bind(2, count);
  std::vector<Digest> leaves;
  leaves.reserve(count);
  for (;;) {
    SP_TRY(const bool row, cursor.step());
    if (!row) return leaves;
    SP_TRY(const auto leaf, cursor.digest(0));
    leaves.push_back(leaf);
  }
}

Result<Digest> SqliteEventReader::read_node(unsigned height, std::uint64_t number) const {
  if (height == 0) {
    SP_TRY(const auto leaves, read_leaf_hashes(number, 1));
    if (leaves.empty()) return fault(FaultKind::not_found, concat("the ledger has no entry ", number));
    return leaves.front();
  }
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor, connection.query("SELECT hash FROM node WHERE height = ?1 AND number = ?2"));
  cursor.bind(1, height).bind(2, std::min(number, std::uint64_t{INT64_MAX}));
  SP_TRY(const bool row, cursor.step());
  if (!row)
    return fault(FaultKind::not_found,
                 concat("the ledger keeps no subtree of height ", height, " and number ", number));
  return cursor.digest(0);
}

Result<std::string> SqliteEventReader::latest_checkpoint() const {
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor, connection.query("SELECT checkpoint FROM head WHERE one = 1"));
  SP_TRY(const bool row, cursor.step());
  if (!row)
    return fault(FaultKind::corrupt, "the ledger's head is missing",
                 "stop the service and compare with a copy of the ledger");
  return cursor.text(0);
}

Result<std::optional<std::string>> SqliteEventReader::read_one(const char* literal, const std::string& key) const {
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor, connection.query(literal));
  cursor.bind_blob(1, view_of(key));
  SP_TRY(const bool row, cursor.step());
  if (!row) return std::nullopt;
  return cursor.text(0);
}

Result<std::optional<std::string>> SqliteEventReader::read_view(const std::string& key) const {
  return read_one("SELECT value FROM view WHERE key = ?1", key);
}

Result<std::optional<std::string>> SqliteEventReader::read_secret(const std::string& key) const {
  return read_one("SELECT value FROM secret WHERE key = ?1", key);
}

Result<std::vector<Row>> SqliteEventReader::list_view(const std::string& prefix, const std::string& after,
                                                      std::size_t limit) const {
  SP_CHECK(check_count(limit, list_rows_max));
  const auto from = prefix + after;
  const auto end = end_of_prefix(prefix);
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor,
         end.empty()
             ? connection.query("SELECT key, value FROM view WHERE key >= ?1 ORDER BY key LIMIT ?2")
             : connection.query("SELECT key, value FROM view WHERE key >= ?1 AND key < ?3 ORDER BY key LIMIT ?2"));
  cursor.bind_blob(1, view_of(from)).bind(2, limit);
  if (!end.empty()) cursor.bind_blob(3, view_of(end));
  std::vector<Row> rows;
  for (;;) {
    SP_TRY(const bool row, cursor.step());
    if (!row) return rows;
    rows.push_back({cursor.text(0), cursor.text(1)});
  }
}

Result<std::optional<std::string>> SqliteEventReader::checkpoint_at_or_before(std::uint64_t size) const {
  SP_TRY(const auto connection, lease());
  SP_TRY(auto cursor, connection.query("SELECT note FROM checkpoint WHERE size <= ?1 ORDER BY size DESC LIMIT 1"));
  cursor.bind(1, std::min(size, std::uint64_t{INT64_MAX}));
  SP_TRY(const bool row, cursor.step());
  if (!row) return std::nullopt;
  return cursor.text(0);
}

std::string end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace sallyport
