#include "shell/store/memory_event_store.h"

#include <algorithm>

#include "base/text.h"
#include "shell/store/limits.h"

namespace sallyport {
namespace {

void write_rows(std::map<std::string, std::string>& table, const std::vector<RowWrite>& rows) {
  for (const auto& row : rows) {
    if (row.value) {
      table[row.key] = *row.value;
    } else {
      table.erase(row.key);
    }
  }
}

std::optional<std::string> find_row(const std::map<std::string, std::string>& table, const std::string& key) {
  const auto found = table.find(key);
  if (found == table.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Result<std::unique_ptr<MemoryEventStore>> MemoryEventStore::create(const std::string& origin,
                                                                   const SecretBytes& signing_seed) {
  SP_TRY(auto key, Ed25519SigningKey::from_seed(signing_seed));
  SP_TRY(auto verifier_key, verifier_key_of(origin, key));
  return std::unique_ptr<MemoryEventStore>(new MemoryEventStore(std::move(key), std::move(verifier_key)));
}

void MemoryEventStore::append(Batch batch, Callback on_durable) {
  auto checked = check_batch(batch);
  {
    const std::lock_guard lock(mutex_);
    auto result = checked ? commit(batch) : Result<Appended>(std::unexpected(std::move(checked).error()));
    answers_.push_back({std::move(on_durable), std::move(result)});
  }
  deliver();
}

Result<Appended> MemoryEventStore::commit(const Batch& batch) {
  if (broken_) return fault(FaultKind::unavailable, "the ledger cannot be written since its disk failed");
  const auto known = streams_.find(batch.stream);
  const std::uint64_t version = known == streams_.end() ? 0 : known->second.size();
  if (version != batch.expected_version) return version_conflict(batch.stream, batch.expected_version, version);

  auto& stream = streams_[batch.stream];
  const auto first = frontier_.size();
  const auto leaves = leaf_hashes_of(batch);
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    stream.push_back(entries_.size());
    entries_.push_back({{first + i, version + i, batch.entries[i]}, batch.stream, leaves[i]});
    frontier_.append(leaves[i], [this](unsigned height, std::uint64_t number, const Digest& hash) {
      if (height % node_height_step == 0) nodes_[{height, number}] = hash;
    });
  }
  write_rows(view_, batch.view);
  write_rows(secrets_, batch.secrets);
  checkpoints_[frontier_.size()] = sign_checkpoint(verifier_key_.name, frontier_.size(), frontier_.root(), key_);
  return Appended{first, frontier_.size()};
}

void MemoryEventStore::deliver() {
  std::unique_lock lock(mutex_);
  if (delivering_) return;  // whoever delivers now, on this thread or another, will come to ours
  delivering_ = true;
  while (!answers_.empty()) {
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    lock.unlock();
    answer.callback(std::move(answer.result));
    lock.lock();
  }
  delivering_ = false;
}

Result<void> MemoryEventStore::rebuild_view(const Projector& project) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::string> rebuilt;
  for (const auto& kept : entries_) {
    SP_TRY(const auto rows, project(kept.stream, kept.entry));
    write_rows(rebuilt, rows);
  }
  view_ = std::move(rebuilt);
  return {};
}

void MemoryEventStore::break_for_test() {
  const std::lock_guard lock(mutex_);
  broken_ = true;
}

Result<std::vector<StoredEntry>> MemoryEventStore::read_stream(const std::string& stream,
                                                               std::uint64_t from_version) const {
  const std::lock_guard lock(mutex_);
  std::vector<StoredEntry> found;
  const auto known = streams_.find(stream);
  if (known == streams_.end()) return found;
  for (auto version = from_version; version < known->second.size(); ++version)
    found.push_back(entries_[known->second[version]].entry);
  return found;
}

Result<std::vector<StoredEntry>> MemoryEventStore::read_entries(std::uint64_t from_index, std::size_t count) const {
  SP_CHECK(check_count(count, read_entries_max));
  const std::lock_guard lock(mutex_);
  std::vector<StoredEntry> found;
  for (auto index = from_index; index < entries_.size() && found.size() < count; ++index)
    found.push_back(entries_[index].entry);
  return found;
}

Result<std::vector<Digest>> MemoryEventStore::read_leaf_hashes(std::uint64_t from_index, std::size_t count) const {
  SP_CHECK(check_count(count, read_hashes_max));
  const std::lock_guard lock(mutex_);
  std::vector<Digest> found;
  for (auto index = from_index; index < entries_.size() && found.size() < count; ++index)
    found.push_back(entries_[index].leaf);
  return found;
}

Result<Digest> MemoryEventStore::read_node(unsigned height, std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  if (height == 0 && number < entries_.size()) return entries_[number].leaf;
  const auto found = nodes_.find({height, number});
  if (found == nodes_.end()) {
    return fault(FaultKind::not_found,
                 concat("the ledger keeps no subtree of height ", height, " and number ", number));
  }
  return found->second;
}

Result<std::string> MemoryEventStore::latest_checkpoint() const {
  const std::lock_guard lock(mutex_);
  return checkpoints_.empty() ? std::string() : checkpoints_.rbegin()->second;
}

Result<std::optional<std::string>> MemoryEventStore::read_view(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return find_row(view_, key);
}

Result<std::vector<Row>> MemoryEventStore::list_view(const std::string& prefix, const std::string& after,
                                                     std::size_t limit) const {
  SP_CHECK(check_count(limit, list_rows_max));
  const std::lock_guard lock(mutex_);
  std::vector<Row> rows;
  for (auto row = view_.lower_bound(prefix + after); row != view_.end() && rows.size() < limit; ++row) {
    if (!row->first.starts_with(prefix)) break;
    rows.push_back({row->first, row->second});
  }
  return rows;
}

Result<std::optional<std::string>> MemoryEventStore::read_secret(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return find_row(secrets_, key);
}

Result<std::optional<std::string>> MemoryEventStore::checkpoint_at_or_before(std::uint64_t size) const {
  const std::lock_guard lock(mutex_);
  const auto after = checkpoints_.upper_bound(size);
  if (after == checkpoints_.begin()) return std::nullopt;
  return std::prev(after)->second;
}

}  // namespace sallyport
