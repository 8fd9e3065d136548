// A disk that gives back something else than was written to it: a layer under SQLite that changes the log's bytes as
// they are read. What came back wrong is not signed.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/ledger/note.h"
#include "core/merkle/merkle.h"
#include "crypto/hash.h"
#include "shell/store/sqlite_event_store.h"
#include "shell/store/store_test_support.h"

namespace sallyport {
namespace {

using namespace store_test;

// What is read of the log has `from` changed into `to`, once it is set. The writer keeps its own pages in memory.
struct Lie {
  std::string from, to;
};
Lie lie;  // of one test at a time

struct LyingFile {
  sqlite3_file base;
  sqlite3_file* real;  // behind this struct
};
sqlite3_file* real_of(sqlite3_file* file) { return reinterpret_cast<LyingFile*>(file)->real; }

int read_and_lie(sqlite3_file* file, void* data, int count, sqlite3_int64 at) {
  auto* const real = real_of(file);
  const int code = real->pMethods->xRead(real, data, count, at);
  const std::string_view read(static_cast<const char*>(data), static_cast<std::size_t>(count));
  const auto place = lie.from.empty() ? std::string_view::npos : read.find(lie.from);
  if (place != std::string_view::npos) std::memcpy(static_cast<char*>(data) + place, lie.to.data(), lie.to.size());
  return code;
}

const sqlite3_io_methods lying_methods = {
    1,
    [](sqlite3_file* f) { return real_of(f)->pMethods->xClose(real_of(f)); },
    read_and_lie,
    [](sqlite3_file* f, const void* d, int n, sqlite3_int64 at) {
      return real_of(f)->pMethods->xWrite(real_of(f), d, n, at);
    },
    [](sqlite3_file* f, sqlite3_int64 size) { return real_of(f)->pMethods->xTruncate(real_of(f), size); },
    [](sqlite3_file* f, int flags) { return real_of(f)->pMethods->xSync(real_of(f), flags); },
    [](sqlite3_file* f, sqlite3_int64* size) { return real_of(f)->pMethods->xFileSize(real_of(f), size); },
    [](sqlite3_file* f, int kind) { return real_of(f)->pMethods->xLock(real_of(f), kind); },
    [](sqlite3_file* f, int kind) { return real_of(f)->pMethods->xUnlock(real_of(f), kind); },
    [](sqlite3_file* f, int* out) { return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out); },
    [](sqlite3_file* f, int what, void* with) { return real_of(f)->pMethods->xFileControl(real_of(f), what, with); },
    [](sqlite3_file* f) { return real_of(f)->pMethods->xSectorSize(real_of(f)); },
    [](sqlite3_file* f) { return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f)); },
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr};

// The system's files, with the logs among them lying. Taken away again at the end of a test.
class LyingSystem {
 public:
  LyingSystem() : honest_(sqlite3_vfs_find(nullptr)), vfs_(*honest_) {
    vfs_.zName = "lying";
    vfs_.szOsFile = honest_->szOsFile + static_cast<int>(sizeof(LyingFile));
    vfs_.pNext = nullptr;
    vfs_.xOpen = [](sqlite3_vfs* self, const char* name, sqlite3_file* file, int flags, int* out) {
      auto* const honest = sqlite3_vfs_find("unix");
      static_cast<void>(self);
      if ((flags & SQLITE_OPEN_WAL) == 0) return honest->xOpen(honest, name, file, flags, out);
      auto* const lying = reinterpret_cast<LyingFile*>(file);
      lying->real = reinterpret_cast<sqlite3_file*>(lying + 1);
      const int code = honest->xOpen(honest, name, lying->real, flags, out);
      lying->base.pMethods = code == SQLITE_OK ? &lying_methods : nullptr;
      return code;
    };
    sqlite3_vfs_register(&vfs_, 1);
  }
  ~LyingSystem() {
    lie = {};
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(honest_, 1);
  }
  LyingSystem(const LyingSystem&) = delete;
  LyingSystem& operator=(const LyingSystem&) = delete;

 private:
  sqlite3_vfs* honest_;
  sqlite3_vfs vfs_;
};

VerifierKey trusted_key() { return verifier_key_of(origin, Ed25519SigningKey::from_seed(seed()).value()).value(); }

std::uint64_t signed_size(const EventReader& reader) {
  return open_checkpoint(reader.latest_checkpoint().value(), trusted_key()).value().size;
}

void change(const Folder& folder, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(folder.file().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  sqlite3_close(db);
}

// Three signed entries and a fourth that came back as `to`: it is on the disk and not signed.
std::string leave_one_unsigned(const Folder& folder, const std::string& to) {
  const LyingSystem system;
  std::string told;
  auto store = SqliteEventStore::open({folder.file(), origin, seed(), [&](const Fault& f) { told = f.what; }}).value();
  for (std::uint64_t i = 0; i < 3; ++i)
    EXPECT_TRUE(append_and_wait(*store, batch_of("case/a", i, {concat("entry ", i)})));
  lie = {"entry 3", to};
  EXPECT_EQ(append_and_wait(*store, batch_of("case/a", 3, {"entry 3"})).error().kind, FaultKind::unknown);
  EXPECT_EQ(signed_size(*store), 3u);
  lie = {};
  EXPECT_EQ(append_and_wait(*store, batch_of("case/a", 4, {"entry 4"})).error().kind, FaultKind::unavailable);
  EXPECT_EQ(signed_size(*store), 3u);
  store.reset();
  return told;
}

TEST(ReadBack, an_entry_that_comes_back_otherwise_is_not_signed_and_the_store_says_which) {
  for (const auto* other : {"entry 2", "entri 3", "Entry 3", "entry \x13"}) {
    const Folder folder;
    EXPECT_EQ(leave_one_unsigned(folder, other),
              "entry 3, read back from the disk, is not what was written: nothing was signed");
  }
}

TEST(ReadBack, what_came_back_right_is_signed) {
  const Folder folder;
  const LyingSystem system;
  const auto store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).value();
  lie = {"entry 3", "entry 2"};  // another one than is written
  ASSERT_TRUE(append_and_wait(*store, batch_of("case/a", 0, {"entry 4", "entry 5"})));
  EXPECT_EQ(signed_size(*store), 2u);
}

TEST(ReadBack, what_was_written_and_not_signed_is_signed_at_the_next_opening_once_the_disk_is_well) {
  const Folder folder;
  leave_one_unsigned(folder, "entry 2");
  const auto store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).value();
  EXPECT_EQ(signed_size(*store), 4u);
  EXPECT_EQ(append_and_wait(*store, batch_of("case/a", 4, {"entry 4"})).value().first_index, 4u);
  const auto report = audit(exported(*store, store.get()), store->verifier_key());
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.size, 5u);
}

TEST(ReadBack, what_is_unsigned_and_not_the_writers_own_is_never_signed) {
  const auto leaf = to_hex(hash_leaf(view_of(std::string("forged "))));
  for (const auto& sql : {
           concat("UPDATE entry SET body = CAST('forged ' AS BLOB), leaf = x'", leaf, "' WHERE idx = 3"),
           concat("INSERT INTO entry VALUES (4, 'case/a', 4, x'", leaf, "', CAST('forged ' AS BLOB))"),
           std::string("UPDATE entry SET body = CAST('forged ' AS BLOB) WHERE idx = 3"),
           std::string("UPDATE head SET seal = x''"),
           std::string("UPDATE head SET seal = zeroblob(32)"),
       }) {
    const Folder folder;
    leave_one_unsigned(folder, "entry 2");
    change(folder, sql);
    const auto store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr});
    ASSERT_FALSE(store) << sql;
    EXPECT_EQ(store.error().kind, FaultKind::corrupt) << sql;
  }
}

TEST(ReadBack, entries_added_to_a_signed_ledger_by_somebody_with_the_file_are_not_signed) {
  const Folder folder;
  {
    const auto store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).value();
    ASSERT_TRUE(append_and_wait(*store, batch_of("case/a", 0, {"entry 0"})));
  }
  const auto leaf = to_hex(hash_leaf(view_of(std::string("forged"))));
  change(folder, concat("INSERT INTO entry VALUES (1, 'case/a', 1, x'", leaf, "', CAST('forged' AS BLOB))"));
  EXPECT_EQ(SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).error().kind, FaultKind::corrupt);
}

TEST(ReadBack, a_ledger_of_the_version_before_is_opened_and_goes_on) {
  const Folder folder;
  {
    const auto store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).value();
    ASSERT_TRUE(append_and_wait(*store, batch_of("case/a", 0, {"entry 0"})));
  }
  change(folder, "ALTER TABLE head DROP COLUMN seal; PRAGMA user_version = 1");
  {
    const auto store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).value();
    ASSERT_TRUE(append_and_wait(*store, batch_of("case/a", 1, {"entry 1"})));
    EXPECT_EQ(signed_size(*store), 2u);
  }
  change(folder, "PRAGMA user_version = 3");  // of a version after, not
  EXPECT_EQ(SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).error().kind, FaultKind::invalid);
}

}  // namespace
}  // namespace sallyport
