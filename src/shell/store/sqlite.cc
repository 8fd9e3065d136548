#include "shell/store/sqlite.h"

#include <sqlite3.h>

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace sallyport {
namespace {

constexpr int busy_timeout_ms =
    5000;  // another process recovers or restarts the log: milliseconds, on a bad day seconds

}  // namespace

std::unexpected<Fault> sqlite_fault(sqlite3* db, int code) {
  const int primary = code & 0xff;
  const bool damaged = primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
  const auto* message = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  return fault(damaged ? FaultKind::corrupt : FaultKind::unavailable,
               concat("the ledger's database answers: ", std::string_view(message), " (", code, ")"),
               damaged ? "stop the service and compare with a copy of the ledger"
                       : "look at the disk: space, permissions, errors in the kernel log");
}

Cursor::~Cursor() {
  if (statement_ == nullptr) return;
  // The error of a failed step() is given again here; it was handled there.
  static_cast<void>(sqlite3_reset(statement_));
  static_cast<void>(sqlite3_clear_bindings(statement_));
}

Cursor& Cursor::bind(int position, std::uint64_t value) {
  SALLYPORT_ASSERT(value <= std::uint64_t{INT64_MAX});
  SALLYPORT_ASSERT(sqlite3_bind_int64(statement_, position, static_cast<sqlite3_int64>(value)) == SQLITE_OK);
  return *this;
}

Cursor& Cursor::bind_text(int position, std::string_view value) {
  SALLYPORT_ASSERT(sqlite3_bind_text64(statement_, position, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8) ==
                   SQLITE_OK);
  return *this;
}

Cursor& Cursor::bind_blob(int position, ByteView value) {
  // A null pointer would bind NULL; an empty value is an empty value.
  const void* data = value.empty() ? static_cast<const void*>("") : value.data();
  SALLYPORT_ASSERT(sqlite3_bind_blob64(statement_, position, data, value.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Result<bool> Cursor::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_fault(db_, code);
}

Result<void> Cursor::run() {
  SP_TRY(const bool row, step());
  SALLYPORT_ASSERT(!row);
  return {};
}

std::uint64_t Cursor::number(int column) const {
  return static_cast<std::uint64_t>(std::max<sqlite3_int64>(0, sqlite3_column_int64(statement_, column)));
}

bool Cursor::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string Cursor::text(int column) const {
  const auto* data = sqlite3_column_blob(statement_, column);  // before the size: it may convert
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return size == 0 ? std::string() : std::string(static_cast<const char*>(data), size);
}

Result<Digest> Cursor::digest(int column) const {
  Digest digest;
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)) != digest.bytes.size()) {
    return fault(FaultKind::corrupt, "a stored hash is not 32 bytes long",
                 "stop the service and compare with a copy of the ledger");
  }
  std::copy_n(data, digest.bytes.size(), digest.bytes.begin());
  return digest;
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode) {
  sqlite3* db = nullptr;
  const int flags = (mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &db, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) {
    auto failed = sqlite_fault(db, code);
    return with_context(concat("opening ", path), std::move(failed.error()));
  }
  sqlite3_busy_timeout(db, busy_timeout_ms);
  // Never let closing copy the log into the file: an error there would go unheard. Recovery on the
  // next start costs milliseconds.
  SALLYPORT_ASSERT(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr) == SQLITE_OK);
  SALLYPORT_ASSERT(sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr) == SQLITE_OK);
  SALLYPORT_ASSERT(sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr) == SQLITE_OK);
  return connection;
}

Connection::~Connection() {
  for (const auto& [literal, statement] : statements_) static_cast<void>(sqlite3_finalize(statement));
  SALLYPORT_ASSERT(sqlite3_close(db_) == SQLITE_OK);  // anything else is a statement we forgot
}

Result<Cursor> Connection::query(const char* literal) {
  auto& statement = statements_[literal];
  if (statement == nullptr) {
    const int code = sqlite3_prepare_v3(db_, literal, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return sqlite_fault(db_, code);
  }
  return Cursor(db_, statement);
}

Result<void> Connection::run(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_fault(db_, code);
  return {};
}

}  // namespace sallyport
