#include "shell/store/ledger_writer.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"
#include "shell/store/limits.h"

namespace sallyport {
namespace {

constexpr std::uint64_t bodies_rehashed_on_open =
    256;  // a tile: what the last commits wrote, in well under a millisecond

constexpr const char* put_view =
    "INSERT INTO view VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
constexpr const char* remove_view = "DELETE FROM view WHERE key = ?1";
constexpr const char* put_secret =
    "INSERT INTO secret VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
constexpr const char* remove_secret = "DELETE FROM secret WHERE key = ?1";

std::unexpected<Fault> corrupt(std::string what) {
  return fault(FaultKind::corrupt, std::move(what),
               "do not start on it: export it, run sallyport-audit, and compare with a copy");
}

Result<void> check_last_bodies(const EventReader& reader, std::uint64_t size) {
  const auto from = size - std::min(size, bodies_rehashed_on_open);
  SP_TRY(const auto entries, reader.read_entries(from, bodies_rehashed_on_open));
  SP_TRY(const auto leaves, reader.read_leaf_hashes(from, bodies_rehashed_on_open));
  if (entries.size() != size - from || leaves.size() != entries.size())
    return corrupt("some of the newest entries are missing");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (hash_leaf(view_of(entries[i].bytes)) != leaves[i]) {
      return corrupt(concat("entry ", from + i, " does not hash to its leaf hash"));
    }
  }
  return {};
}

Result<void> check_signature(const Frontier& frontier, const std::string& note, const VerifierKey& trusted) {
  const auto checkpoint = open_checkpoint(note, trusted);
  if (!checkpoint) return corrupt(concat("the last checkpoint is not to be trusted: ", checkpoint.error().what));
  if (checkpoint->size != frontier.size() || checkpoint->root != frontier.root()) {
    return corrupt(concat("the frontier of ", frontier.size(), " entries is not what the last checkpoint signs"));
  }
  return {};
}

// The tree that stands on the disk: `tree` and the entries from its end to `size`, each hashed as it is read.
// `meant`: their leaf hashes, where they are known.
Result<Frontier> read_tree(const EventReader& reader, Frontier tree, std::uint64_t size,
                           std::span<const Digest> meant) {
  const auto first = tree.size();
  while (tree.size() < size) {
    const auto count = std::min<std::uint64_t>(size - tree.size(), read_entries_max);
    SP_TRY(const auto entries, reader.read_entries(tree.size(), count));
    SP_TRY(const auto leaves, reader.read_leaf_hashes(tree.size(), count));
    for (std::size_t i = 0; i < count; ++i) {
      const auto index = tree.size();
      const auto wrong = [&](std::string_view what) {
        return corrupt(concat("entry ", index, ", read back from the disk, ", what, ": nothing was signed"));
      };
      if (i >= entries.size() || i >= leaves.size() || entries[i].index != index) return wrong("is not there");
      const auto leaf = hash_leaf(view_of(entries[i].bytes));
      if (!meant.empty() && leaf != meant[index - first]) return wrong("is not what was written");
      if (leaf != leaves[i]) return wrong("does not hash to its leaf hash");
      tree.append(leaf);
    }
  }
  return tree;
}

constexpr std::string_view seal_key_info = "sallyport/unsigned-entries/v1";

}  // namespace

LedgerWriter::LedgerWriter(std::unique_ptr<Connection> connection, std::unique_ptr<EventReader> read_back,
                           std::string origin, const SecretBytes& seed, Ed25519SigningKey key)
    : connection_(std::move(connection)),
      read_back_(std::move(read_back)),
      origin_(std::move(origin)),
      seal_key_(hkdf_expand_sha256(seed, {view_of(seal_key_info)}, 32)),
      key_(std::move(key)) {}

Result<LedgerWriter::Head> LedgerWriter::read_head() {
  SP_TRY(auto cursor,
         connection_->query("SELECT frontier, checkpoint, (SELECT count(*) FROM (SELECT 1 FROM entry LIMIT 1)),"
                            " (SELECT max(idx) FROM entry), (SELECT min(idx) FROM entry),"
                            " (SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1), seal FROM head WHERE one = 1"));
  SP_TRY(const bool row, cursor.step());
  if (!row) return corrupt("the ledger's head is missing");
  Head head{cursor.text(0), cursor.text(1), cursor.text(5), 0, cursor.number(4), std::nullopt};
  if (cursor.number(2) > 0) head.entries = cursor.number(3) + 1;
  if (const auto seal = cursor.digest(6)) head.seal = *seal;
  return head;
}

Result<void> LedgerWriter::load_head(const VerifierKey& trusted) {
  SP_TRY(const auto head, read_head());
  if (head.newest_note != head.note) return corrupt("the ledger's head and its newest checkpoint differ");
  auto frontier = Frontier::parse(view_of(head.frontier));
  if (!frontier) return corrupt(frontier.error().what);
  const auto entries = head.entries;
  if (entries < frontier->size() || head.first != 0)
    return corrupt(concat("the ledger's head speaks of ", frontier->size(), " entries, ", entries, " are stored"));
  if (frontier->size() > 0) SP_CHECK(check_signature(*frontier, head.note, trusted));
  else if (!head.note.empty()) return corrupt("an empty ledger has a checkpoint");
  if (entries > frontier->size()) {
    if (!head.seal)
      return corrupt(concat(entries, " entries are stored, and ", frontier->size(), " of them are signed"));
    return sign_what_was_left(std::move(*frontier), entries, *head.seal);
  }
  if (entries == 0) return {};
  const auto from_nodes = frontier_of(frontier->size(), node_source_of(*read_back_));
  if (!from_nodes) return corrupt(concat("hashes of the tree are missing: ", from_nodes.error().what));
  if (*from_nodes != *frontier) return corrupt("the stored hashes of the tree do not lead to the root that was signed");
  SP_CHECK(check_last_bodies(*read_back_, frontier->size()));
  frontier_ = std::move(*frontier);
  return {};
}

Result<void> LedgerWriter::sign_what_was_left(Frontier signed_already, std::uint64_t entries, const Digest& seal) {
  const auto first = signed_already.size();
  SP_TRY(auto stored, read_tree(*read_back_, std::move(signed_already), entries, {}));
  if (seal_of(stored) != seal)
    return corrupt(concat("entries ", first, " to ", entries - 1,
                          " are not signed, and are not those that this ledger's writer left there"));
  const auto from_nodes = frontier_of(entries, node_source_of(*read_back_));
  if (!from_nodes || *from_nodes != stored)
    return corrupt("the stored hashes of the tree are not those of its entries");
  SP_CHECK(check_last_bodies(*read_back_, entries));
  SP_CHECK(sign(stored));
  frontier_ = std::move(stored);
  return {};
}

Result<std::vector<Result<Appended>>> LedgerWriter::commit(std::span<const PreparedBatch* const> batches) {
  SP_CHECK(run("BEGIN IMMEDIATE"));
  Written written{frontier_, {}};
  std::vector<Result<Appended>> answers;
  answers.reserve(batches.size());
  for (const auto* prepared : batches) {
    SP_TRY(auto answer, write_batch(*prepared, written));
    answers.push_back(std::move(answer));
  }
  if (written.leaves.empty()) {
    SP_CHECK(run("ROLLBACK"));  // conflicts only: nothing to flush
    return answers;
  }
  SP_CHECK(write_seal(written.frontier));
  SP_CHECK(run("COMMIT"));
  SP_TRY(auto stored, read_tree(*read_back_, frontier_, written.frontier.size(), written.leaves));
  if (stored != written.frontier) return corrupt("the tree of the entries read back is not the one that was written");
  SP_CHECK(sign(stored));
  frontier_ = std::move(stored);
  for (auto& answer : answers) {
    if (answer) answer->tree_size = frontier_.size();
  }
  return answers;
}

Result<void> LedgerWriter::run(const char* literal) {
  SP_TRY(auto cursor, connection_->query(literal));
  return cursor.run();
}

Result<std::uint64_t> LedgerWriter::version_of(const std::string& stream) {
  if (const auto known = versions_.find(stream); known != versions_.end()) return known->second;
  SP_TRY(auto cursor, connection_->query("SELECT max(version) FROM entry WHERE stream = ?1"));
  cursor.bind_text(1, stream);
  SP_TRY(const bool row, cursor.step());
  return row && !cursor.is_null(0) ? cursor.number(0) + 1 : 0;
}

Result<Result<Appended>> LedgerWriter::write_batch(const PreparedBatch& prepared, Written& written) {
  const auto& batch = prepared.batch;
  SP_TRY(const auto version, version_of(batch.stream));
  if (version != batch.expected_version) {
    return Result<Appended>(version_conflict(batch.stream, batch.expected_version, version));
  }
  const Appended appended{written.frontier.size(), 0};
  for (std::size_t i = 0; i < batch.entries.size(); ++i)
    SP_CHECK(write_entry(batch, i, prepared.leaves[i], written.frontier));
  written.leaves.insert(written.leaves.end(), prepared.leaves.begin(), prepared.leaves.end());
  SP_CHECK(write_rows(batch.view, put_view, remove_view));
  SP_CHECK(write_rows(batch.secrets, put_secret, remove_secret));
  if (versions_.size() >= stream_versions_cached_max) versions_.clear();
  versions_[batch.stream] = version + batch.entries.size();
  return Result<Appended>(appended);
}

Result<void> LedgerWriter::write_entry(const Batch& batch, std::size_t position, const Digest& leaf,
                                       Frontier& frontier) {
  SP_TRY(auto cursor, connection_->query("INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5)"));
  cursor.bind(1, frontier.size()).bind_text(2, batch.stream).bind(3, batch.expected_version + position);
  cursor.bind_blob(4, leaf.bytes).bind_blob(5, view_of(batch.entries[position]));
  SP_CHECK(cursor.run());

  Result<void> written;
  frontier.append(leaf, [&](unsigned height, std::uint64_t number, const Digest& hash) {
    if (height % node_height_step != 0 || !written) return;
    auto node = connection_->query("INSERT INTO node VALUES (?1, ?2, ?3)");
    if (!node) {
      written = std::unexpected(std::move(node).error());
      return;
    }
    written = node->bind(1, height).bind(2, number).bind_blob(3, hash.bytes).run();
  });
  return written;
}

Result<void> LedgerWriter::write_rows(const std::vector<RowWrite>& rows, const char* put, const char* remove) {
  for (const auto& row : rows) {
    SP_TRY(auto cursor, connection_->query(row.value ? put : remove));
    cursor.bind_blob(1, view_of(row.key));
    if (row.value) cursor.bind_blob(2, view_of(*row.value));
    SP_CHECK(cursor.run());
  }
  return {};
}

Digest LedgerWriter::seal_of(const Frontier& frontier) const { return hmac_sha256(seal_key_, {frontier.serialize()}); }

Result<void> LedgerWriter::write_seal(const Frontier& frontier) {
  const auto seal = seal_of(frontier);
  SP_TRY(auto head, connection_->query("UPDATE head SET seal = ?1 WHERE one = 1"));
  return head.bind_blob(1, seal.bytes).run();
}

Result<void> LedgerWriter::sign(const Frontier& stored) {
  // Not flushed: the next commit's flush takes it along. As a text of its own each time, for a remembered statement
  // would set nothing.
  SP_CHECK(connection_->run("PRAGMA synchronous = NORMAL"));
  SP_CHECK(run("BEGIN IMMEDIATE"));
  SP_CHECK(write_head(stored));
  SP_CHECK(run("COMMIT"));
  return connection_->run("PRAGMA synchronous = FULL");
}

Result<void> LedgerWriter::write_head(const Frontier& frontier) {
  const auto note = sign_checkpoint(origin_, frontier.size(), frontier.root(), key_);
  const auto bytes = frontier.serialize();
  SP_TRY(auto head, connection_->query("UPDATE head SET frontier = ?1, checkpoint = ?2 WHERE one = 1"));
  SP_CHECK(head.bind_blob(1, bytes).bind_text(2, note).run());
  SP_TRY(auto history, connection_->query("INSERT INTO checkpoint VALUES (?1, ?2)"));
  return history.bind(1, frontier.size()).bind_text(2, note).run();
}

Result<void> LedgerWriter::rebuild_view(const Projector& project) {
  SP_CHECK(run("BEGIN IMMEDIATE"));
  if (auto projected = project_all(project); !projected) {
    SP_CHECK(run("ROLLBACK"));
    return projected;
  }
  return run("COMMIT");
}

Result<void> LedgerWriter::project_all(const Projector& project) {
  SP_CHECK(run("DELETE FROM view"));
  SP_TRY(auto cursor, connection_->query("SELECT idx, version, body, stream FROM entry ORDER BY idx"));
  for (;;) {
    SP_TRY(const bool row, cursor.step());
    if (!row) return {};
    const StoredEntry entry{cursor.number(0), cursor.number(1), cursor.text(2)};
    SP_TRY(const auto rows, project(cursor.text(3), entry));
    SP_CHECK(write_rows(rows, put_view, remove_view));
  }
}

}  // namespace sallyport
