#include "shell/store/sqlite_event_store.h"

#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "base/text.h"
#include "shell/store/database_file.h"
#include "shell/store/ledger_writer.h"
#include "shell/store/limits.h"
#include "shell/store/sqlite_event_reader.h"
#include "shell/store/wal_checkpointer.h"

namespace sallyport {
namespace {

// Either a batch, or a rebuilding of the view that somebody waits for.
struct Job {
  PreparedBatch prepared;
  EventStore::Callback on_durable;
  std::size_t bytes = 0;
  const Projector* project = nullptr;
  std::promise<Result<void>>* rebuilt = nullptr;
};

std::unexpected<Fault> broken_store() {
  return fault(FaultKind::unavailable, "the ledger cannot be written since its disk failed",
               "restart the service once the disk is well");
}

}  // namespace

class SqliteEventStore::Impl {
 public:
  Impl(WriterLock lock, LedgerWriter writer, std::unique_ptr<SqliteEventReader> reader,
       std::unique_ptr<Connection> checkpoint_connection, VerifierKey verifier_key,
       std::function<void(const Fault&)> on_broken)
      : lock_(std::move(lock)),
        writer_(std::move(writer)),
        reader_(std::move(reader)),
        verifier_key_(std::move(verifier_key)),
        on_broken_(std::move(on_broken)),
        checkpointer_(std::move(checkpoint_connection), [this](const Fault& failed) { break_down(failed); }) {
    sqlite3_wal_hook(writer_.connection().handle(), &Impl::after_commit, this);
    thread_ = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
    if (broken_) return;
    if (auto done = checkpoint_and_empty(writer_.connection()); !done) break_down(done.error());
  }

  void append(Batch batch, Callback on_durable) {
    if (auto checked = check_batch(batch); !checked) return on_durable(std::unexpected(std::move(checked).error()));
    Job job;
    job.bytes = bytes_in(batch);
    job.prepared.leaves = leaf_hashes_of(batch);
    job.prepared.batch = std::move(batch);
    job.on_durable = std::move(on_durable);
    if (broken_) return job.on_durable(broken_store());
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() < queue_batches_max && queued_bytes_ + job.bytes <= queue_bytes_max) {
        queued_bytes_ += job.bytes;
        queue_.push_back(std::move(job));
        work_.notify_one();
        return;
      }
    }
    job.on_durable(fault(FaultKind::unavailable, "the queue of the ledger is full", "try again in a moment"));
  }

  Result<void> rebuild_view(const Projector& project) {
    SALLYPORT_ASSERT(std::this_thread::get_id() != thread_.get_id());
    std::promise<Result<void>> rebuilt;
    {
      const std::lock_guard lock(mutex_);
      Job job;
      job.project = &project;
      job.rebuilt = &rebuilt;
      queue_.push_back(std::move(job));
    }
    work_.notify_one();
    return rebuilt.get_future().get();
  }

  [[nodiscard]] const SqliteEventReader& reader() const noexcept { return *reader_; }
  [[nodiscard]] const VerifierKey& verifier_key() const noexcept { return verifier_key_; }

 private:
  void run() {
    for (;;) {
      auto group = take_group();
      if (group.empty()) return;
      if (group.front().rebuilt != nullptr) {
        rebuild(group.front());
      } else {
        commit(group);
      }
    }
  }

  // What waits, up to a commit's limits; at least one job. Empty when the store stops.
  std::vector<Job> take_group() {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return !queue_.empty() || stopping_; });
    std::vector<Job> group;
    std::size_t entries = 0;
    std::size_t bytes = 0;
    while (!queue_.empty()) {
      auto& next = queue_.front();
      entries += next.prepared.batch.entries.size();
      bytes += next.bytes;
      if (!group.empty() && (entries > group_entries_max || bytes > group_bytes_max || next.rebuilt != nullptr)) break;
      queued_bytes_ -= next.bytes;
      group.push_back(std::move(next));
      queue_.pop_front();
      if (group.back().rebuilt != nullptr) break;
    }
    return group;
  }

  void commit(std::vector<Job>& group) {
    if (broken_) return answer_all(group, broken_store().error());
    std::vector<const PreparedBatch*> batches;
    for (const auto& job : group) batches.push_back(&job.prepared);
    auto answers = writer_.commit(batches);
    if (!answers) {
      auto failed = std::move(answers).error();
      broken_ = true;
      answer_all(group, {FaultKind::unknown, concat("writing the ledger: ", failed.what),
                         "it may or may not be written; restart the service and read again"});
      return break_down(failed);
    }
    for (std::size_t i = 0; i < group.size(); ++i) group[i].on_durable(std::move((*answers)[i]));
    tend_log();
  }

  static void answer_all(std::vector<Job>& group, const Fault& answer) {
    for (auto& job : group) job.on_durable(std::unexpected(answer));
  }

  void rebuild(Job& job) {
    if (broken_) return job.rebuilt->set_value(broken_store());
    auto rebuilt = writer_.rebuild_view(*job.project);
    const bool stuck = sqlite3_get_autocommit(writer_.connection().handle()) == 0;  // neither committed nor rolled back
    const auto failed = rebuilt ? Fault{} : rebuilt.error();
    job.rebuilt->set_value(std::move(rebuilt));
    if (stuck) return break_down(failed);
    tend_log();
  }

  // Called inside a commit, so it only notes the size.
  static int after_commit(void* self, sqlite3*, const char*, int pages) {
    static_cast<Impl*>(self)->wal_pages_ = pages;
    return SQLITE_OK;
  }

  void tend_log() {
    if (wal_pages_ < wal_pages_asked_) wal_pages_asked_ = 0;  // SQLite began the log anew
    if (wal_pages_ < wal_pages_asked_ + wal_pages_to_checkpoint) return;
    wal_pages_asked_ = wal_pages_;
    if (wal_pages_ < wal_pages_max) return checkpointer_.ask();
    if (auto done = checkpoint_passively(writer_.connection()); !done) break_down(done.error());
  }

  void break_down(const Fault& failed) {
    broken_ = true;
    std::call_once(told_, [&] {
      if (on_broken_) on_broken_(failed);
    });
  }

  WriterLock lock_;
  LedgerWriter writer_;
  std::unique_ptr<SqliteEventReader> reader_;
  VerifierKey verifier_key_;
  std::function<void(const Fault&)> on_broken_;
  std::once_flag told_;
  std::atomic<bool> broken_ = false;
  int wal_pages_ = 0;  // in the log; writer thread only
  int wal_pages_asked_ = 0;  // when a checkpoint was last asked for; likewise

  std::mutex mutex_;
  std::condition_variable work_;
  std::deque<Job> queue_;
  std::size_t queued_bytes_ = 0;
  bool stopping_ = false;

  WalCheckpointer checkpointer_;
  std::thread thread_;
};

Result<std::unique_ptr<SqliteEventStore>> SqliteEventStore::open(StoreConfig config) {
  SP_TRY(auto key, Ed25519SigningKey::from_seed(config.signing_seed));
  SP_TRY(auto verifier_key, verifier_key_of(config.origin, key));
  SP_TRY(auto lock, WriterLock::take(config.path));
  SP_CHECK(ensure_private_file(config.path));
  SP_TRY(auto connection, open_for_writing(config.path));
  SP_TRY(auto reader, SqliteEventReader::open(config.path));
  SP_TRY(auto read_back, SqliteEventReader::open(config.path));
  SP_TRY(auto checkpoint_connection, open_for_writing(config.path));
  LedgerWriter writer(std::move(connection), std::move(read_back), config.origin, config.signing_seed, std::move(key));
  if (auto loaded = writer.load_head(verifier_key); !loaded) {
    return with_context(concat("opening the ledger ", config.path), std::move(loaded).error());
  }
  return std::unique_ptr<SqliteEventStore>(new SqliteEventStore(
      std::make_unique<Impl>(std::move(lock), std::move(writer), std::move(reader), std::move(checkpoint_connection),
                             std::move(verifier_key), std::move(config.on_broken))));
}

SqliteEventStore::SqliteEventStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteEventStore::~SqliteEventStore() = default;

void SqliteEventStore::append(Batch batch, Callback on_durable) {
  impl_->append(std::move(batch), std::move(on_durable));
}
Result<void> SqliteEventStore::rebuild_view(const Projector& project) { return impl_->rebuild_view(project); }
const VerifierKey& SqliteEventStore::verifier_key() const noexcept { return impl_->verifier_key(); }

Result<std::vector<StoredEntry>> SqliteEventStore::read_stream(const std::string& stream,
                                                               std::uint64_t from_version) const {
  return impl_->reader().read_stream(stream, from_version);
}
Result<std::vector<StoredEntry>> SqliteEventStore::read_entries(std::uint64_t from_index, std::size_t count) const {
  return impl_->reader().read_entries(from_index, count);
}
Result<std::vector<Digest>> SqliteEventStore::read_leaf_hashes(std::uint64_t from_index, std::size_t count) const {
  return impl_->reader().read_leaf_hashes(from_index, count);
}
Result<Digest> SqliteEventStore::read_node(unsigned height, std::uint64_t number) const {
  return impl_->reader().read_node(height, number);
}
Result<std::string> SqliteEventStore::latest_checkpoint() const { return impl_->reader().latest_checkpoint(); }
Result<std::optional<std::string>> SqliteEventStore::read_view(const std::string& key) const {
  return impl_->reader().read_view(key);
}
Result<std::vector<Row>> SqliteEventStore::list_view(const std::string& prefix, const std::string& after,
                                                     std::size_t limit) const {
  return impl_->reader().list_view(prefix, after, limit);
}
Result<std::optional<std::string>> SqliteEventStore::read_secret(const std::string& key) const {
  return impl_->reader().read_secret(key);
}
Result<std::optional<std::string>> SqliteEventStore::checkpoint_at_or_before(std::uint64_t size) const {
  return impl_->reader().checkpoint_at_or_before(size);
}

}  // namespace sallyport
