#include <algorithm>

#include "base/text.h"
#include "core/ledger/ledger_file.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

// Looking for the true length of an entry hashes it up to 510 times (20 ms for the longest). Four
// of them name any honest accident; a file in which more are wrong is not worth the time.
constexpr int length_searches_per_block_max = 4;

struct Cut {
  std::size_t length = 0;
  std::size_t next = 0;  // where the next entry begins
  ByteView bytes;
};

// Cuts the entry at `offset`; empty when the bundle is too short for what its length claims.
std::optional<Cut> cut_at(ByteView bundle, std::size_t offset) {
  if (bundle.size() - offset < 2) return std::nullopt;
  const auto length = std::size_t{bundle[offset]} << 8 | bundle[offset + 1];
  if (bundle.size() - offset - 2 < length) return std::nullopt;
  return Cut{length, offset + 2 + length, bundle.subspan(offset + 2, length)};
}

class BlockChecker {
 public:
  explicit BlockChecker(const LedgerBlock& block) : block_(block), bundle_(block.bundle()) {}

  BlockCheck run() {
    std::size_t offset = 0;
    for (position_ = 0; position_ < block_.count; ++position_) {
      const auto cut = cut_at(bundle_, offset);
      if (cut && hash_leaf(cut->bytes) == block_.leaf(position_)) {
        place(offset, cut->length, true);
        offset = cut->next;
        continue;
      }
      const auto next = step_over_damage(offset, cut);
      check_.readable = position_ + 1;
      if (!next) return std::move(check_);
      offset = *next;
    }
    check_.readable = block_.count;
    // Bytes after the last entry have no leaf hash that answers for them.
    if (offset != bundle_.size()) check_.damaged.push_back({block_.count - 1, block_.leaf(block_.count - 1), false});
    return std::move(check_);
  }

 private:
  void place(std::size_t offset, std::size_t length, bool sound) {
    check_.entries[position_] = {static_cast<std::uint32_t>(offset + 2), static_cast<std::uint32_t>(length), sound};
  }

  // Where the next entry begins, when that can be told.
  std::optional<std::size_t> step_over_damage(std::size_t offset, const std::optional<Cut>& cut) {
    if (cut && next_entry_is_sound(cut->next)) return damaged(offset, *cut);
    if (const auto length = true_length(offset)) {
      check_.damaged.push_back({position_, block_.leaf(position_), true});
      return offset + 2 + *length;
    }
    if (cut && lengths_reach_the_end(cut->next)) return damaged(offset, *cut);
    check_.damaged.push_back({position_, Digest{}, false});
    return std::nullopt;
  }

  std::size_t damaged(std::size_t offset, const Cut& cut) {
    place(offset, cut.length, false);
    check_.damaged.push_back({position_, hash_leaf(cut.bytes), false});
    return cut.next;
  }

  bool next_entry_is_sound(std::size_t offset) const {
    if (position_ + 1 == block_.count) return offset == bundle_.size();
    const auto next = cut_at(bundle_, offset);
    return next && hash_leaf(next->bytes) == block_.leaf(position_ + 1);
  }

  bool lengths_reach_the_end(std::size_t offset) const {
    for (auto left = block_.count - position_ - 1; left > 0; --left) {
      const auto next = cut_at(bundle_, offset);
      if (!next) return false;
      offset = next->next;
    }
    return offset == bundle_.size();
  }

  // The length that fits the leaf hash when one of its two bytes was changed.
  std::optional<std::size_t> true_length(std::size_t offset) {
    if (bundle_.size() - offset < 2 || ++length_searches_ > length_searches_per_block_max) return std::nullopt;
    const auto claimed = unsigned{bundle_[offset]} << 8 | bundle_[offset + 1];
    const auto rest = bundle_.subspan(offset + 2);
    for (unsigned change = 1; change < 256; ++change) {
      for (const unsigned shift : {0u, 8u}) {
        const std::size_t length = claimed ^ (change << shift);
        if (length <= rest.size() && hash_leaf(rest.first(length)) == block_.leaf(position_)) return length;
      }
    }
    return std::nullopt;
  }

  const LedgerBlock& block_;
  ByteView bundle_;
  std::size_t position_ = 0;
  int length_searches_ = 0;
  BlockCheck check_;
};

std::vector<Digest> leaves_of(const LedgerBlock& block) {
  std::vector<Digest> leaves(block.count);
  for (std::size_t i = 0; i < block.count; ++i) leaves[i] = block.leaf(i);
  return leaves;
}

}  // namespace

std::string_view to_string(FindingKind kind) noexcept {
  switch (kind) {
    case FindingKind::first_line: return "first_line";
    case FindingKind::header: return "header";
    case FindingKind::entry: return "entry";
    case FindingKind::entries_unread: return "entries_unread";
    case FindingKind::checkpoint: return "checkpoint";
    case FindingKind::root: return "root";
    case FindingKind::not_signed: return "not_signed";
    case FindingKind::truncated: return "truncated";
    case FindingKind::trailing_bytes: return "trailing_bytes";
  }
  return "unknown";
}

BlockCheck check_block(const LedgerBlock& block) {
  auto check = BlockChecker(block).run();
  if (block.count == ledger_block_entries) check.subtree_root = root_of(leaves_of(block));
  return check;
}

LedgerVerifier::LedgerVerifier(VerifierKey trusted) : trusted_(std::move(trusted)) { report_.origin = trusted_.name; }

void LedgerVerifier::Belief::add(std::vector<Digest> block_leaves, const Digest* subtree_root) {
  block_begin = done.size();
  walk = done;
  leaves = std::move(block_leaves);
  // Cannot fail: the reader gives blocks in order, and every block before the last is full.
  if (subtree_root != nullptr && done.append_subtree(ledger_block_height, *subtree_root)) return;
  for (const auto& leaf : leaves) done.append(leaf);
}

Digest LedgerVerifier::Belief::root_at(std::uint64_t size) {
  if (size == done.size()) return done.root();
  while (walk.size() < size) walk.append(leaves[walk.size() - block_begin]);
  return walk.root();
}

void LedgerVerifier::report(FindingKind kind, std::uint64_t index, std::string text) {
  if (report_.findings.size() == ledger_findings_max) {
    report_.more_findings = true;
    return;
  }
  report_.findings.push_back({kind, index, std::move(text)});
}

void LedgerVerifier::add(const LedgerBlock& block, const BlockCheck& check) {
  auto leaves = leaves_of(block);
  const bool whole = block.count == ledger_block_entries;
  if (!check.damaged.empty() && !rehashed_) rehashed_ = stored_;
  if (rehashed_) {
    auto rehashed_leaves = leaves;
    for (const auto& damaged : check.damaged) rehashed_leaves[damaged.position] = damaged.rehashed;
    rehashed_->add(std::move(rehashed_leaves), whole && check.damaged.empty() ? &check.subtree_root : nullptr);
  }
  stored_.add(std::move(leaves), whole ? &check.subtree_root : nullptr);

  for (const auto& damaged : check.damaged) {
    const auto index = block.first_index + damaged.position;
    report(FindingKind::entry, index,
           damaged.length_only
               ? concat("entry ", index, " is damaged: its length was changed")
               : concat("entry ", index, " is damaged: its bytes, its length or its leaf hash were changed"));
  }
  if (check.readable < block.count) {
    const auto from = block.first_index + check.readable;
    report(FindingKind::entries_unread, from,
           concat("entries ", from, " to ", block.first_index + block.count - 1,
                  " were not read: where they begin is lost"));
  }
}

void LedgerVerifier::add(const LedgerCheckpoint& checkpoint) {
  const auto name = concat("the checkpoint for ", checkpoint.size, " entries");
  last_checkpoint_size_ = checkpoint.size;
  if (!checkpoint.intact) {
    report(FindingKind::checkpoint, checkpoint.size, concat(name, " is damaged"));
    return;
  }
  const auto opened = open_checkpoint(checkpoint.note, trusted_);
  if (!opened) {
    report(FindingKind::checkpoint, checkpoint.size, concat(name, " is not to be trusted: ", opened.error().what));
    return;
  }
  if (opened->size != checkpoint.size) {
    report(FindingKind::checkpoint, checkpoint.size, concat(name, " signs ", opened->size, " entries"));
    return;
  }
  const bool right = stored_.root_at(checkpoint.size) == opened->root ||
                     (rehashed_ && rehashed_->root_at(checkpoint.size) == opened->root);
  if (!right) {
    report(FindingKind::root, checkpoint.size,
           concat("the first ", checkpoint.size, " entries are not those that were signed: something from entry ",
                  last_right_size_, " to entry ", checkpoint.size - 1, " was rewritten, added or removed"));
    return;
  }
  last_right_size_ = checkpoint.size;
  ++report_.checkpoints;
}

void LedgerVerifier::add(Finding finding) {
  cut_short_ = true;
  report(finding.kind, finding.index, std::move(finding.text));
}

LedgerReport LedgerVerifier::finish() {
  report_.size = stored_.done.size();
  report_.root = stored_.done.root();
  if (cut_short_ || full()) return std::move(report_);
  if (report_.size == 0) {
    report(FindingKind::not_signed, 0, "the ledger holds no entries, and nothing is signed");
  } else if (last_checkpoint_size_ < report_.size) {
    report(FindingKind::not_signed, last_checkpoint_size_,
           concat("no checkpoint covers entries ", last_checkpoint_size_, " to ", report_.size - 1));
  }
  return std::move(report_);
}

Result<LedgerReport> verify_ledger_file(LedgerFileReader& reader, const VerifierKey& trusted, const OnEntry& on_entry) {
  LedgerVerifier verifier(trusted);
  while (!reader.done() && !verifier.full()) {
    SP_TRY(auto part, reader.next());
    if (const auto* block = std::get_if<LedgerBlock>(&part)) {
      const auto check = check_block(*block);
      verifier.add(*block, check);
      if (!on_entry) continue;
      for (std::size_t i = 0; i < check.readable; ++i) {
        const auto& place = check.entries[i];
        if (place.sound) on_entry(block->first_index + i, text_of(block->bundle().subspan(place.offset, place.length)));
      }
    } else if (const auto* checkpoint = std::get_if<LedgerCheckpoint>(&part)) {
      verifier.add(*checkpoint);
    } else if (auto* finding = std::get_if<Finding>(&part)) {
      verifier.add(std::move(*finding));
    }
  }
  return verifier.finish();
}

}  // namespace sallyport
