// A thin hand around one SQLite connection: opening, cached statements, faults with a sentence.
// Internal to shell/store. A connection is used by one thread at a time; its owner sees to that.
//
//   SP_TRY(auto cursor, connection.query("SELECT leaf FROM entry WHERE idx = ?1"));
//   cursor.bind(1, index);
//   SP_TRY(const bool found, cursor.step());
//
// What is bound must live until the cursor is done: nothing is copied. SQL text must be a literal,
// for statements are remembered by its address. Errors: `corrupt` when the file is damaged,
// `unavailable` for everything else the disk or a lock does to us.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sallyport {

class Cursor {
 public:
  Cursor(sqlite3* db, sqlite3_stmt* statement) noexcept : db_(db), statement_(statement) {}
  ~Cursor();  // resets the statement and forgets what was bound
  Cursor(Cursor&& other) noexcept : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)) {}
  Cursor& operator=(Cursor&&) = delete;
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;

  Cursor& bind(int position, std::uint64_t value);
  Cursor& bind_text(int position, std::string_view value);
  Cursor& bind_blob(int position, ByteView value);

  [[nodiscard]] Result<bool> step();  // true: a row; false: done
  [[nodiscard]] Result<void> run();   // for what gives no rows

  // Of the current row. Numbers in our tables are never negative.
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::string text(int column) const;  // of a TEXT or a BLOB
  [[nodiscard]] Result<Digest> digest(int column) const;

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_;
};

class Connection {
 public:
  enum class Mode { read_write, read_only };
  // The file must exist: creating it, with its mode, is the store's business.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] Result<Cursor> query(const char* literal);
  [[nodiscard]] Result<void> run(const char* sql);  // one or more statements, not remembered
  [[nodiscard]] sqlite3* handle() const noexcept { return db_; }

 private:
  explicit Connection(sqlite3* db) noexcept : db_(db) {}
  sqlite3* db_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

[[nodiscard]] std::unexpected<Fault> sqlite_fault(sqlite3* db, int code);

}  // namespace sallyport
