// What only a store on disk can do: last, be shared, be tampered with, and lose its process.
#include "shell/store/sqlite_event_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <latch>
#include <thread>

#include "shell/store/limits.h"
#include "shell/store/sqlite_event_reader.h"
#include "shell/store/store_test_support.h"

namespace sallyport {
namespace {

using namespace store_test;

std::unique_ptr<SqliteEventStore> open_store(const Folder& folder, std::uint8_t key = 7) {
  auto store = SqliteEventStore::open({folder.file(), origin, seed(key), nullptr});
  EXPECT_TRUE(store) << (store ? "" : store.error().what);
  return std::move(store).value();
}

Fault open_fault(const Folder& folder, std::uint8_t key = 7) {
  const auto store = SqliteEventStore::open({folder.file(), origin, seed(key), nullptr});
  EXPECT_FALSE(store);
  return store ? Fault{} : store.error();
}

// The last entry comes in a commit, and so a checkpoint, of its own.
void fill(SqliteEventStore& store, std::uint64_t count) {
  for (std::uint64_t version = 0; version < count;) {
    std::vector<std::string> entries;
    do entries.push_back(concat("entry ", version++));
    while (version + 1 < count && entries.size() < batch_entries_max);
    const auto first = version - entries.size();
    ASSERT_TRUE(append_and_wait(store, batch_of("case/a", first, std::move(entries))));
  }
}

void tamper(const Folder& folder, const char* sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(folder.file().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
  ASSERT_GT(sqlite3_changes(db), 0) << sql;
  sqlite3_close(db);
}

TEST(SqliteEventStore, a_reopened_ledger_goes_on_where_it_ended) {
  const Folder folder;
  fill(*open_store(folder), 300);
  const auto store = open_store(folder);
  EXPECT_EQ(append_and_wait(*store, batch_of("case/a", 300, {"after"})).value().first_index, 300u);
  EXPECT_EQ(append_and_wait(*store, batch_of("case/a", 300, {"again"})).error().kind, FaultKind::conflict);
  const auto report = audit(exported(*store, store.get()), store->verifier_key());
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.size, 301u);
}

TEST(SqliteEventStore, its_files_are_the_owners_alone) {
  const Folder folder;
  const auto store = open_store(folder);
  fill(*store, 1);
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(file.status().permissions() & std::filesystem::perms(0777), std::filesystem::perms(0600)) << file.path();
  }
}

TEST(SqliteEventStore, a_file_that_others_may_read_is_refused) {
  const Folder folder;
  fill(*open_store(folder), 1);
  ASSERT_EQ(::chmod(folder.file().c_str(), 0640), 0);
  EXPECT_EQ(open_fault(folder).next_step, concat("chmod 600 ", folder.file()));
}

TEST(SqliteEventStore, a_second_writer_is_refused_while_the_first_lives) {
  const Folder folder;
  {
    const auto store = open_store(folder);
    EXPECT_EQ(open_fault(folder).kind, FaultKind::unavailable);
  }
  open_store(folder);
}

TEST(SqliteEventStore, a_name_or_seed_that_cannot_sign_is_refused) {
  const Folder folder;
  EXPECT_FALSE(SqliteEventStore::open({folder.file(), "two words", seed(), nullptr}));
  EXPECT_FALSE(SqliteEventStore::open({folder.file(), origin, SecretBytes::copy_of(Bytes(31, 7)), nullptr}));
  EXPECT_FALSE(SqliteEventStore::open({folder.file("no/such/folder"), origin, seed(), nullptr}));
}

TEST(SqliteEventStore, a_file_that_is_no_ledger_is_refused) {
  const Folder folder;
  std::ofstream(folder.file()) << std::string(8192, 'x');
  ASSERT_EQ(::chmod(folder.file().c_str(), 0600), 0);
  EXPECT_EQ(open_fault(folder).kind, FaultKind::corrupt);
  const Folder other;
  std::ofstream(other.file()).flush();
  ASSERT_EQ(::chmod(other.file().c_str(), 0600), 0);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(other.file().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "CREATE TABLE t (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
  EXPECT_EQ(open_fault(other).kind, FaultKind::invalid);
}

TEST(SqliteEventStore, another_key_cannot_take_over_a_ledger) {
  const Folder folder;
  fill(*open_store(folder), 3);
  EXPECT_EQ(open_fault(folder, 8).kind, FaultKind::corrupt);
}

TEST(SqliteEventStore, a_ledger_that_contradicts_itself_is_not_opened) {
  for (const auto* sql : {
           "UPDATE head SET frontier = zeroblob(8)",
           "UPDATE head SET frontier = CAST(substr(frontier, 1, length(frontier) - 1) || x'00' AS BLOB)",
           "UPDATE head SET checkpoint = ''",
           "UPDATE head SET checkpoint = (SELECT note FROM checkpoint WHERE size < 300 ORDER BY size DESC LIMIT 1)",
           "DELETE FROM head",
           "DELETE FROM checkpoint WHERE size = 300",
           "DELETE FROM entry WHERE idx = 299",
           "DELETE FROM entry WHERE idx = 0",
           "DELETE FROM entry",
           "INSERT INTO entry VALUES (300, 'case/a', 300, zeroblob(32), x'00')",
           "UPDATE entry SET body = x'00' WHERE idx = 299",
           "UPDATE entry SET leaf = zeroblob(32) WHERE idx = 260",
           "UPDATE entry SET leaf = zeroblob(31) WHERE idx = 260",
           "UPDATE node SET hash = zeroblob(32)",
           "DELETE FROM node",
       }) {
    const Folder folder;
    fill(*open_store(folder), 300);
    tamper(folder, sql);
    EXPECT_EQ(open_fault(folder).kind, FaultKind::corrupt) << sql;
  }
}

TEST(SqliteEventStore, an_old_entry_changed_on_disk_is_named_by_the_audit) {
  const Folder folder;
  fill(*open_store(folder), 600);
  tamper(folder, "UPDATE entry SET body = CAST('forged' AS BLOB) WHERE idx = 17");
  const auto store = open_store(folder);  // start-up looks at the newest part only
  const auto report = audit(exported(*store, store.get()), store->verifier_key());
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].index, 17u);
}

TEST(SqliteEventStore, what_waits_while_the_writer_is_busy_shares_one_commit_and_a_full_queue_says_so) {
  const Folder folder;
  const auto store = open_store(folder);
  std::latch busy(1);
  std::latch go_on(1);
  store->append(batch_of("case/first", 0, {"first"}), [&](const Result<Appended>&) {
    busy.count_down();
    go_on.wait();
  });
  busy.wait();
  std::vector<std::uint64_t> tree_sizes;  // written by the writer thread, read after the last answer
  for (std::size_t i = 0; i < queue_batches_max; ++i) {
    store->append(batch_of(concat("case/", i), 0, {"x"}),
                  [&](Result<Appended> answer) { tree_sizes.push_back(answer.value().tree_size); });
  }
  EXPECT_EQ(append_and_wait(*store, batch_of("case/late", 0, {"x"})).error().kind, FaultKind::unavailable);
  go_on.count_down();
  while (store->read_entries(queue_batches_max, 1).value().empty()) std::this_thread::yield();
  ASSERT_TRUE(append_and_wait(*store, batch_of("case/late", 0, {"x"})));
  ASSERT_EQ(tree_sizes.size(), queue_batches_max);
  EXPECT_EQ(tree_sizes.front(), 1 + group_entries_max);
  EXPECT_EQ(tree_sizes.back(), 1 + queue_batches_max);
  EXPECT_TRUE(std::ranges::is_sorted(tree_sizes));
}

TEST(SqliteEventStore, closing_commits_what_was_queued) {
  const Folder folder;
  int answered = 0;
  {
    const auto store = open_store(folder);
    for (int i = 0; i < 100; ++i) {
      store->append(batch_of(concat("case/", i), 0, {"x"}),
                    [&](Result<Appended> answer) { answered += answer ? 1 : 0; });
    }
  }
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(open_store(folder)->read_entries(0, 200).value().size(), 100u);
}

TEST(SqliteEventStore, a_long_run_keeps_the_log_short) {
  const Folder folder;
  auto store = open_store(folder);
  std::uint64_t version = 0;
  for (int i = 0; i < 120; ++i) {
    ASSERT_TRUE(append_and_wait(
        *store, batch_of("organization", version, std::vector<std::string>(16, std::string(60'000, 'x')))));
    version += 16;
  }  // 115 MB
  EXPECT_LT(std::filesystem::file_size(folder.file() + "-wal"), 100u * 1024 * 1024);
  EXPECT_TRUE(audit(exported(*store, store.get()), store->verifier_key()).sound());
  store.reset();  // and leaves nothing to be read again at the next start
  const auto log = folder.file() + "-wal";
  EXPECT_TRUE(!std::filesystem::exists(log) || std::filesystem::file_size(log) == 0);
  EXPECT_EQ(open_store(folder)->read_stream("organization", 0).value().size(), version);
}

// ---- Two processes ----

// Runs `child` in a process of its own, without leaving it by way of the test framework.
template <typename Child>
pid_t in_child(Child child) {
  const auto pid = ::fork();
  if (pid == 0) {
    child();
    ::_exit(0);
  }
  return pid;
}

int exit_of(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SqliteEventReader, another_process_sees_what_is_committed_and_can_write_nothing) {
  const Folder folder;
  EXPECT_EQ(SqliteEventReader::open(folder.file()).error().kind, FaultKind::not_found);
  int to_child[2];
  int to_parent[2];
  ASSERT_EQ(::pipe(to_child), 0);
  ASSERT_EQ(::pipe(to_parent), 0);
  const auto child = in_child([&] {
    char word = 0;
    if (::read(to_child[0], &word, 1) != 1) ::_exit(2);  // the ledger exists now
    const auto reader = SqliteEventReader::open(folder.file());
    if (!reader || (*reader)->read_stream("case/a", 0)->size() != 1) ::_exit(3);
    if (::write(to_parent[1], "1", 1) != 1) ::_exit(4);
    if (::read(to_child[0], &word, 1) != 1) ::_exit(5);  // a second entry was committed
    const auto entries = (*reader)->read_stream("case/a", 0);
    if (!entries || entries->size() != 2 || (*entries)[1].bytes != "two") ::_exit(6);
    if (*(*reader)->read_view("k") != "v" || *(*reader)->read_secret("s") != "sealed") ::_exit(7);
    const auto trusted = verifier_key_of(origin, Ed25519SigningKey::from_seed(seed()).value()).value();
    if (!open_checkpoint((*reader)->latest_checkpoint().value(), trusted)) ::_exit(8);
  });
  {
    const auto store = open_store(folder);
    ASSERT_TRUE(append_and_wait(*store, batch_of("case/a", 0, {"one"})));
    ASSERT_EQ(::write(to_child[1], "1", 1), 1);
    char word = 0;
    ASSERT_EQ(::read(to_parent[0], &word, 1), 1);
    auto batch = batch_of("case/a", 1, {"two"});
    batch.view = {{"k", "v"}};
    batch.secrets = {{"s", "sealed"}};
    ASSERT_TRUE(append_and_wait(*store, std::move(batch)));
    ASSERT_EQ(::write(to_child[1], "2", 1), 1);
    EXPECT_EQ(exit_of(child), 0);
  }
  // And when no writer lives.
  const auto reader = SqliteEventReader::open(folder.file());
  ASSERT_TRUE(reader) << reader.error().what;
  EXPECT_EQ((*reader)->read_entries(0, 10).value().size(), 2u);
  for (const int end : {to_child[0], to_child[1], to_parent[0], to_parent[1]}) ::close(end);
}

TEST(SqliteEventStore, a_disk_that_fails_breaks_the_store_once_and_for_all_and_loses_nothing_acknowledged) {
  const Folder folder;
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const auto child = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{512 * 1024, 512 * 1024};
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::atomic<int> broken = 0;
    auto store = SqliteEventStore::open({folder.file(), origin, seed(), [&](const Fault&) { ++broken; }});
    if (!store) ::_exit(2);
    std::uint32_t acknowledged = 0;
    for (;; ++acknowledged) {
      const auto answer = append_and_wait(**store, batch_of("case/a", acknowledged, {std::string(10'000, 'x')}));
      if (answer) continue;
      if (answer.error().kind != FaultKind::unknown) ::_exit(3);
      break;
    }
    if (append_and_wait(**store, batch_of("case/b", 0, {"x"})).error().kind != FaultKind::unavailable) ::_exit(4);
    if ((*store)->rebuild_view([](const std::string&, const StoredEntry&) { return Result<std::vector<RowWrite>>(); }))
      ::_exit(5);
    if (broken != 1) ::_exit(6);
    if (::write(pipe_ends[1], &acknowledged, sizeof acknowledged) != sizeof acknowledged) ::_exit(7);
  });
  EXPECT_EQ(exit_of(child), 0);
  std::uint32_t acknowledged = 0;
  ASSERT_EQ(::read(pipe_ends[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
  EXPECT_GT(acknowledged, 5u);
  const auto store = open_store(folder);
  EXPECT_GE(store->read_stream("case/a", 0).value().size(), acknowledged);
  EXPECT_TRUE(audit(exported(*store, store.get()), store->verifier_key()).sound());
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

// The child appends batches of two to four streams and tells each answer; the parent kills it at a
// random moment, fifty times over the same ledger.
TEST(SqliteEventStore, after_kill_9_every_acknowledged_batch_is_there_and_the_ledger_verifies) {
  const Folder folder;
  std::uint32_t chance = 12345;
  constexpr int streams = 4;
  std::array<std::uint64_t, streams> acknowledged{};
  for (int round = 0; round < 50; ++round) {
    int answers[2];
    ASSERT_EQ(::pipe(answers), 0);
    const auto child = in_child([&] {
      auto store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr});
      if (!store) ::_exit(2);
      for (std::uint64_t i = 0;; ++i) {
        for (int s = 0; s < streams; ++s) {
          const auto stream = static_cast<std::size_t>(s);
          if (i == 0) acknowledged[stream] = (*store)->read_stream(concat("case/", s), 0)->size();
          (*store)->append(batch_of(concat("case/", s), acknowledged[stream], {concat("a", i), concat("b", i)}),
                           [&, s](Result<Appended> answer) {
                             const char letter = static_cast<char>('0' + s);
                             if (!answer || ::write(answers[1], &letter, 1) != 1) ::_exit(3);
                           });
          acknowledged[stream] += 2;
        }
        if (i % 8 == 7) append_and_wait(**store, batch_of(concat("pause/", ::getpid()), i / 8, {"x"})).value();
      }
    });
    ::close(answers[1]);
    std::array<std::uint64_t, streams> told{};
    char letter = 0;
    ASSERT_EQ(::read(answers[0], &letter, 1), 1);  // it works
    told[static_cast<std::size_t>(letter - '0')] += 2;
    chance = chance * 1664525u + 1013904223u;
    ::usleep(chance / 65536 % 25000);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child gave up by itself with " << WEXITSTATUS(status);

    while (::read(answers[0], &letter, 1) == 1) told[static_cast<std::size_t>(letter - '0')] += 2;
    ::close(answers[0]);
    const auto store = open_store(folder);
    for (std::size_t s = 0; s < streams; ++s) {
      acknowledged[s] += told[s];
      const auto stored = store->read_stream(concat("case/", s), 0).value();
      ASSERT_GE(stored.size(), acknowledged[s]) << "round " << round;
      ASSERT_EQ(stored.size() % 2, 0u) << "half a batch in round " << round;
      acknowledged[s] = stored.size();
    }
    const auto report = audit(exported(*store, store.get()), store->verifier_key());
    ASSERT_TRUE(report.sound()) << report.findings[0].text;
  }
}

}  // namespace
}  // namespace sallyport
