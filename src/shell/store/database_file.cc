#include "shell/store/database_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/text.h"

namespace sallyport {
namespace {

constexpr std::uint64_t application_id = 0x53504c47;  // "SPLG"
constexpr std::uint64_t schema_version = 2;

// `leaf` stands beside `body` so that tiles can be served, and damage found, without hashing.
// Every commit adds one checkpoint; `head` holds the last one, the frontier it was signed from, and the seal of the
// entries that were written last, signed or not.
constexpr const char* schema = R"sql(
BEGIN IMMEDIATE;
CREATE TABLE entry (
  idx INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, leaf BLOB NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX entry_by_stream ON entry (stream, version);
CREATE TABLE node (
  height INTEGER, number INTEGER, hash BLOB NOT NULL, PRIMARY KEY (height, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1), frontier BLOB NOT NULL, checkpoint TEXT NOT NULL,
  seal BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE view (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE secret (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO head VALUES (1, zeroblob(8), '', x'');
PRAGMA application_id = 0x53504c47;
PRAGMA user_version = 2;
COMMIT;
)sql";

// Version 1 signed in the transaction that wrote the entries.
constexpr const char* upgrade_from_1 = R"sql(
BEGIN IMMEDIATE;
ALTER TABLE head ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
PRAGMA user_version = 2;
COMMIT;
)sql";

std::string errno_text(int error) { return std::generic_category().message(error); }

Result<std::uint64_t> pragma_number(Connection& connection, const char* literal) {
  SP_TRY(auto cursor, connection.query(literal));
  SP_TRY(const bool row, cursor.step());
  return row ? cursor.number(0) : 0;
}

// Which version its tables have; 0: a new file.
Result<std::uint64_t> version_of(Connection& connection) {
  SP_TRY(const auto application, pragma_number(connection, "PRAGMA application_id"));
  SP_TRY(const auto version, pragma_number(connection, "PRAGMA user_version"));
  if (application == application_id && (version == schema_version || version == 1)) return version;
  SP_TRY(const auto tables, pragma_number(connection, "SELECT count(*) FROM sqlite_schema"));
  if (application == 0 && version == 0 && tables == 0) return 0;
  if (application != application_id) {
    return fault(FaultKind::invalid, "the file is a database, but not a ledger of Sallyport");
  }
  return fault(FaultKind::invalid,
               concat("the ledger's tables have version ", version, ", this program knows version ", schema_version),
               "use the program that wrote it");
}

Result<void> use_write_ahead_log(Connection& connection) {
  SP_TRY(auto mode, connection.query("PRAGMA journal_mode = WAL"));
  SP_TRY(const bool answered, mode.step());
  if (answered && mode.text(0) == "wal") return {};
  return fault(FaultKind::unavailable, "the file system does not let the database keep a write-ahead log",
               "use a local disk");
}

// A new name in a folder is durable only when the folder is flushed too.
Result<void> flush_folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const auto folder = parent.empty() ? std::filesystem::path(".") : parent;
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0)
    return fault(FaultKind::unavailable, concat("opening the folder of ", path, ": ", errno_text(errno)));
  const int failed = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (failed != 0)
    return fault(FaultKind::unavailable, concat("flushing the folder of ", path, ": ", errno_text(failed)));
  return {};
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::string& database_path) {
  const auto path = database_path + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return fault(FaultKind::unavailable, concat("opening ", path, ": ", errno_text(errno)));
  WriterLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    return fault(FaultKind::unavailable, concat("another process writes the ledger ", database_path),
                 "stop it first; a ledger has one writer");
  }
  return lock;
}

WriterLock::~WriterLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> ensure_private_file(const std::string& path) {
  const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made >= 0) {
    ::close(made);
    return flush_folder_of(path);
  }
  if (errno != EEXIST) return fault(FaultKind::unavailable, concat("making ", path, ": ", errno_text(errno)));
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0)
    return fault(FaultKind::unavailable, concat("looking at ", path, ": ", errno_text(errno)));
  if (!S_ISREG(status.st_mode)) return fault(FaultKind::invalid, concat(path, " is not a file"));
  if ((status.st_mode & 077) != 0) {
    return fault(FaultKind::invalid, concat("others than its owner may reach ", path), concat("chmod 600 ", path));
  }
  return {};
}

Result<std::unique_ptr<Connection>> open_for_writing(const std::string& path) {
  SP_TRY(auto connection, Connection::open(path, Connection::Mode::read_write));
  // FULL: a commit returns after the flush, and a power cut loses nothing acknowledged. secure_delete:
  // a destroyed key is overwritten, not just forgotten.
  SP_CHECK(
      connection->run("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                      "PRAGMA cell_size_check = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY"));
  SP_TRY(const auto version, version_of(*connection));
  SP_CHECK(use_write_ahead_log(*connection));
  if (version == 0) SP_CHECK(connection->run(schema));
  if (version == 1) SP_CHECK(connection->run(upgrade_from_1));
  return connection;
}

Result<std::unique_ptr<Connection>> open_for_reading(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) return fault(FaultKind::not_found, concat("there is no ledger at ", path));
  SP_TRY(auto connection, Connection::open(path, Connection::Mode::read_only));
  SP_CHECK(connection->run("PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA cache_size = -4096"));
  SP_TRY(const auto version, version_of(*connection));
  if (version == 0) return fault(FaultKind::not_found, concat("the ledger at ", path, " was never begun"));
  return connection;
}

}  // namespace sallyport
