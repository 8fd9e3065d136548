// The contract of ports/event_store.h, told once and held against both stores.
#include <gtest/gtest.h>

#include <thread>

#include "shell/store/limits.h"
#include "shell/store/memory_event_store.h"
#include "shell/store/sqlite_event_store.h"
#include "shell/store/store_test_support.h"

namespace sallyport {
namespace {

using namespace store_test;

struct InMemory {
  std::unique_ptr<MemoryEventStore> store = MemoryEventStore::create(origin, seed()).value();
};
struct OnDisk {
  Folder folder;
  std::unique_ptr<SqliteEventStore> store = SqliteEventStore::open({folder.file(), origin, seed(), nullptr}).value();
};

template <typename Place>
class EventStoreContract : public testing::Test {
 protected:
  Place place_;
  auto& store() { return *place_.store; }
};
using Places = testing::Types<InMemory, OnDisk>;
TYPED_TEST_SUITE(EventStoreContract, Places);

TYPED_TEST(EventStoreContract, what_was_appended_is_read_back_with_its_place) {
  auto& store = this->store();
  EXPECT_EQ(store.latest_checkpoint().value(), "");
  const auto first = append_and_wait(store, batch_of("case/a", 0, {"one", "two"})).value();
  EXPECT_EQ(first.first_index, 0u);
  EXPECT_EQ(first.tree_size, 2u);
  const auto second = append_and_wait(store, batch_of("case/b", 0, {"three"})).value();
  EXPECT_EQ(second.first_index, 2u);
  ASSERT_TRUE(append_and_wait(store, batch_of("case/a", 2, {"four"})));

  const auto stream = store.read_stream("case/a", 1).value();
  ASSERT_EQ(stream.size(), 2u);
  EXPECT_EQ(stream[0].index, 1u);
  EXPECT_EQ(stream[0].version, 1u);
  EXPECT_EQ(stream[0].bytes, "two");
  EXPECT_EQ(stream[1].index, 3u);
  EXPECT_EQ(stream[1].bytes, "four");
  EXPECT_TRUE(store.read_stream("case/none", 0).value().empty());
  EXPECT_TRUE(store.read_stream("case/a", ~0ULL).value().empty());
  EXPECT_EQ(store.read_entries(1, 2).value()[1].bytes, "three");
  EXPECT_EQ(store.read_entries(3, 10).value().size(), 1u);
  EXPECT_TRUE(store.read_entries(~0ULL, 10).value().empty());
  EXPECT_EQ(store.read_leaf_hashes(0, 10).value().size(), 4u);
}

TYPED_TEST(EventStoreContract, a_batch_for_another_version_is_a_conflict_and_writes_nothing) {
  auto& store = this->store();
  ASSERT_TRUE(append_and_wait(store, batch_of("case/a", 0, {"one"})));
  for (const std::uint64_t wrong : {0u, 2u}) {
    auto batch = batch_of("case/a", wrong, {"late"});
    batch.view = {{"seen", "late"}};
    const auto answer = append_and_wait(store, std::move(batch));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, FaultKind::conflict);
  }
  EXPECT_EQ(store.read_stream("case/a", 0).value().size(), 1u);
  EXPECT_FALSE(store.read_view("seen").value());
  EXPECT_TRUE(append_and_wait(store, batch_of("case/a", 1, {"two"})));
}

TYPED_TEST(EventStoreContract, of_two_batches_for_one_version_the_first_appended_wins) {
  auto& store = this->store();
  std::vector<Result<Appended>> answers;
  for (const auto* text : {"first", "second"}) {
    store.append(batch_of("case/a", 0, {text}), [&](Result<Appended> answer) { answers.push_back(std::move(answer)); });
  }
  ASSERT_TRUE(append_and_wait(store, batch_of("case/b", 0, {"after"})));
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[1].error().kind, FaultKind::conflict);
  EXPECT_EQ(store.read_stream("case/a", 0).value().at(0).bytes, "first");
}

TYPED_TEST(EventStoreContract, rows_come_and_go_with_the_batch_that_carries_them) {
  auto& store = this->store();
  auto batch = batch_of("case/a", 0, {"one"});
  batch.view = {
      {"case/open/1", "a"}, {"case/open/2", "b"}, {"case/open/3", "c"}, {"case/opez", "d"}, {"case/open\xff", "e"}};
  batch.secrets = {{"person/1", std::string("sealed\0bytes", 12)}};
  ASSERT_TRUE(append_and_wait(store, std::move(batch)));
  EXPECT_EQ(store.read_view("case/open/2").value(), "b");
  EXPECT_EQ(store.read_secret("person/1").value(), std::string("sealed\0bytes", 12));
  EXPECT_FALSE(store.read_view("person/1").value());
  EXPECT_FALSE(store.read_secret("case/open/2").value());

  const auto keys = [&](const std::string& prefix, const std::string& after, std::size_t limit) {
    std::vector<std::string> found;
    const auto rows = store.list_view(prefix, after, limit).value();
    for (const auto& row : rows) found.push_back(row.key);
    return found;
  };
  EXPECT_EQ(keys("case/open/", "", 10), (std::vector<std::string>{"case/open/1", "case/open/2", "case/open/3"}));
  EXPECT_EQ(keys("case/open/", "2", 10), (std::vector<std::string>{"case/open/2", "case/open/3"}));
  EXPECT_EQ(keys("case/open/", "", 2), (std::vector<std::string>{"case/open/1", "case/open/2"}));
  EXPECT_EQ(keys("case/open\xff", "", 10), (std::vector<std::string>{"case/open\xff"}));
  EXPECT_EQ(keys("", "", 10).size(), 5u);

  auto removal = batch_of("case/a", 1, {"two"});
  removal.view = {{"case/open/2", std::nullopt}, {"case/open/1", "changed"}};
  removal.secrets = {{"person/1", std::nullopt}};
  ASSERT_TRUE(append_and_wait(store, std::move(removal)));
  EXPECT_FALSE(store.read_view("case/open/2").value());
  EXPECT_EQ(store.read_view("case/open/1").value(), "changed");
  EXPECT_FALSE(store.read_secret("person/1").value());
}

TYPED_TEST(EventStoreContract, batches_beyond_the_limits_are_refused_and_those_at_them_are_not) {
  auto& store = this->store();
  const auto kind_of = [&](Batch batch) { return append_and_wait(store, std::move(batch)).error().kind; };
  EXPECT_EQ(kind_of(batch_of("case/a", 0, {})), FaultKind::invalid);
  EXPECT_EQ(kind_of(batch_of("case/a", 0, {""})), FaultKind::invalid);
  EXPECT_EQ(kind_of(batch_of("", 0, {"one"})), FaultKind::invalid);
  EXPECT_EQ(kind_of(batch_of("case/a", 0, {std::string(entry_bytes_max + 1, 'x')})), FaultKind::invalid);
  EXPECT_EQ(kind_of(batch_of("case/a", 0, std::vector<std::string>(batch_entries_max + 1, "x"))), FaultKind::invalid);
  EXPECT_EQ(kind_of(batch_of(std::string(stream_name_bytes_max + 1, 's'), 0, {"x"})), FaultKind::invalid);
  auto rows = batch_of("case/a", 0, {"one"});
  rows.view = {{"", "x"}};
  EXPECT_EQ(kind_of(rows), FaultKind::invalid);
  rows.view = {{"key", std::string(row_value_bytes_max + 1, 'v')}};
  EXPECT_EQ(kind_of(rows), FaultKind::invalid);
  EXPECT_TRUE(append_and_wait(store, batch_of("case/a", 0, {std::string(entry_bytes_max, 'x')})));
  EXPECT_TRUE(append_and_wait(store, batch_of("case/b", 0, std::vector<std::string>(batch_entries_max, "x"))));
  EXPECT_FALSE(store.read_entries(0, read_entries_max + 1));
  EXPECT_FALSE(store.list_view("", "", list_rows_max + 1));
}

TYPED_TEST(EventStoreContract, a_callback_may_append_and_answers_come_in_the_order_of_appending) {
  auto& store = this->store();
  std::vector<std::uint64_t> order;
  std::promise<void> last;
  store.append(batch_of("case/a", 0, {"one"}), [&](Result<Appended> one) {
    order.push_back(one.value().first_index);
    store.append(batch_of("case/a", 1, {"two"}), [&](Result<Appended> two) {
      order.push_back(two.value().first_index);
      last.set_value();
    });
  });
  last.get_future().wait();
  EXPECT_EQ(order, (std::vector<std::uint64_t>{0, 1}));
}

TYPED_TEST(EventStoreContract, threads_that_append_at_once_lose_nothing) {
  auto& store = this->store();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&store, t] {
      for (std::uint64_t i = 0; i < 40; ++i) {
        EXPECT_TRUE(append_and_wait(store, batch_of(concat("case/", t), i, {concat("entry ", i, " of ", t)})));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const auto report = audit(exported(store, &store), store.verifier_key());
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.size, 320u);
}

TYPED_TEST(EventStoreContract, the_exported_ledger_is_sound_and_its_proofs_hold) {
  auto& store = this->store();
  std::uint64_t version = 0;
  while (version < 700) {
    std::vector<std::string> entries;
    for (std::uint64_t i = 0; i < 35; ++i) entries.push_back(concat("{\"n\":", version + i, "}"));
    ASSERT_TRUE(append_and_wait(store, batch_of("organization", version, std::move(entries))));
    version += 35;
  }
  const auto report = audit(exported(store, &store), store.verifier_key());
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.size, 700u);
  EXPECT_EQ(report.checkpoints, 20u);
  EXPECT_EQ(audit(exported(store, nullptr), store.verifier_key()).checkpoints, 1u);

  const auto leaves = store.read_leaf_hashes(0, 700).value();
  for (const std::uint64_t index : {0u, 255u, 256u, 511u, 512u, 699u}) {
    const auto proof = prove_inclusion(store, index, 700).value();
    EXPECT_TRUE(verify_inclusion(leaves[index], index, 700, proof, report.root));
  }
  for (const std::uint64_t old_size : {1u, 35u, 256u, 490u, 700u}) {
    const auto old_root = root_of(std::span(leaves).first(old_size));
    EXPECT_TRUE(
        verify_consistency(old_size, old_root, 700, report.root, prove_consistency(store, old_size, 700).value()));
  }
  EXPECT_FALSE(prove_inclusion(store, 0, 701));
  EXPECT_TRUE(store.read_node(8, 1));
  EXPECT_EQ(store.read_node(8, 2).error().kind, FaultKind::not_found);
  EXPECT_EQ(store.read_node(0, 700).error().kind, FaultKind::not_found);
}

TYPED_TEST(EventStoreContract, an_empty_ledger_cannot_be_exported) {
  const auto size = export_ledger_file(this->store(), nullptr, [](ByteView) -> Result<void> { return {}; });
  EXPECT_EQ(size.error().kind, FaultKind::not_found);
}

TYPED_TEST(EventStoreContract, a_view_is_rebuilt_from_the_entries_alone_or_left_as_it_was) {
  auto& store = this->store();
  auto batch = batch_of("case/a", 0, {"one", "two"});
  batch.view = {{"stale", "x"}};
  batch.secrets = {{"kept", "s"}};
  ASSERT_TRUE(append_and_wait(store, std::move(batch)));
  ASSERT_TRUE(append_and_wait(store, batch_of("case/b", 0, {"three"})));

  const auto refused =
      store.rebuild_view([](const std::string&, const StoredEntry& entry) -> Result<std::vector<RowWrite>> {
        if (entry.index == 2) return fault(FaultKind::invalid, "an entry of a kind nobody knows");
        return std::vector<RowWrite>{{"half", "done"}};
      });
  EXPECT_EQ(refused.error().what, "an entry of a kind nobody knows");
  EXPECT_TRUE(store.read_view("stale").value());
  EXPECT_FALSE(store.read_view("half").value());

  ASSERT_TRUE(
      store.rebuild_view([](const std::string& stream, const StoredEntry& entry) -> Result<std::vector<RowWrite>> {
        return std::vector<RowWrite>{{concat(stream, "/", entry.version), entry.bytes}, {"last", entry.bytes}};
      }));
  EXPECT_FALSE(store.read_view("stale").value());
  EXPECT_EQ(store.read_view("case/a/1").value(), "two");
  EXPECT_EQ(store.read_view("last").value(), "three");
  EXPECT_EQ(store.read_secret("kept").value(), "s");
  EXPECT_TRUE(append_and_wait(store, batch_of("case/b", 1, {"four"})));
}

TEST(MemoryEventStore, a_broken_store_takes_nothing_more) {
  const InMemory place;
  place.store->break_for_test();
  EXPECT_EQ(append_and_wait(*place.store, batch_of("case/a", 0, {"one"})).error().kind, FaultKind::unavailable);
}

}  // namespace
}  // namespace sallyport
