// A ledger as one file: what sallyport-audit reads, what an auditor takes home. Pure and streaming:
// bytes come from a callback, memory stays constant whatever the size of the file.
// The layout is in docs/ledger_format.md, "The ledger file"; blocks hold the level 0 tile and the
// entry bundle of C2SP tlog-tiles, checkpoints are C2SP tlog-checkpoint notes.
//
// Everything wrong with the file is a Finding that names the place; a fault is only ever the
// source's own (the disk failed). An entry handed out before the report is finished is believed by
// nobody yet: use what was computed from it only when the report is sound.
//
// Hashing dominates, and check_block() is a pure function of one block, so a caller with two cores
// reads blocks in order, checks them on any thread, and adds the results in order:
//
//   LedgerFileReader reader(source);
//   SP_TRY(auto report, verify_ledger_file(reader, trusted, [](std::uint64_t index, std::string_view entry) {...}));
//   if (!report.sound()) for (const auto& finding : report.findings) say(finding.text);
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "core/ledger/note.h"
#include "core/merkle/merkle.h"

namespace sallyport {

inline constexpr std::string_view ledger_file_first_line = "sallyport-ledger/1\n";
inline constexpr unsigned ledger_block_height = 8;
inline constexpr std::size_t ledger_block_entries = 256;        // C2SP tlog-tiles: a full tile
inline constexpr std::size_t ledger_entry_bytes_max = 65'535;   // its length is a uint16
inline constexpr std::size_t ledger_bundle_bytes_max = ledger_block_entries * (2 + ledger_entry_bytes_max);
inline constexpr std::size_t ledger_findings_max = 100;  // past this many, the file is not worth a list

enum class FindingKind {
  first_line,        // no ledger file, or another version
  header,            // the frame of a block, checkpoint or end is damaged; what follows cannot be read
  entry,             // an entry's bytes, its length or its leaf hash were changed
  entries_unread,    // entries after a damaged one whose beginning is lost
  checkpoint,        // a checkpoint is damaged, not signed by the trusted key, or in the wrong place
  root,              // the tree is not the one that was signed: history was rewritten
  not_signed,        // entries that no checkpoint covers
  truncated,         // the file stops early
  trailing_bytes,    // something follows the end
};
[[nodiscard]] std::string_view to_string(FindingKind kind) noexcept;

struct Finding {
  FindingKind kind = FindingKind::entry;
  std::uint64_t index = 0;  // the entry it begins at, or the size a checkpoint claims
  std::string text;         // "entry 17 is damaged: ..."

  friend bool operator==(const Finding&, const Finding&) = default;
};

// ---- Writing: the first line, then blocks and checkpoints in order, then the end ----

class LedgerBlockWriter {
 public:
  explicit LedgerBlockWriter(std::uint64_t first_index) : first_index_(first_index) {}
  // The leaf hash is written as given, not recomputed: an export shows the store as it is. Asserts
  // that the block is not full and the entry not longer than ledger_entry_bytes_max.
  void add(std::string_view entry, const Digest& leaf);
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] bool full() const noexcept { return count_ == ledger_block_entries; }
  [[nodiscard]] Bytes finish() const;  // asserts that the block is not empty

 private:
  std::uint64_t first_index_;
  std::size_t count_ = 0;
  Bytes tile_;
  Bytes bundle_;
};

// Belongs right after the block that holds its last entry; earlier checkpoints first.
[[nodiscard]] Bytes encode_ledger_checkpoint(std::uint64_t size, std::string_view note);
[[nodiscard]] Bytes encode_ledger_end(std::uint64_t size);

// ---- Reading ----

// Fills as much of the span as it can and says how much; 0 is the end.
using ByteSource = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;

struct LedgerBlock {
  std::uint64_t first_index = 0;
  std::size_t count = 0;
  std::unique_ptr<std::uint8_t[]> body;  // the tile, then the bundle
  std::size_t body_size = 0;

  [[nodiscard]] ByteView tile() const { return {body.get(), count * 32}; }
  [[nodiscard]] ByteView bundle() const { return ByteView{body.get(), body_size}.subspan(count * 32); }
  [[nodiscard]] Digest leaf(std::size_t position) const;
};

struct LedgerCheckpoint {
  std::uint64_t size = 0;
  std::string note;
  bool intact = false;  // does its check sum fit?
};

struct LedgerEnd {
  std::uint64_t size = 0;
};

// A Finding is the last part.
using LedgerPart = std::variant<LedgerBlock, LedgerCheckpoint, LedgerEnd, Finding>;

class LedgerFileReader {
 public:
  explicit LedgerFileReader(ByteSource source) : source_(std::move(source)) {}
  // The parts in order. After the LedgerEnd or a Finding there is nothing more: done() says so, and
  // next() asserts.
  [[nodiscard]] Result<LedgerPart> next();
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  struct Header;
  [[nodiscard]] Result<std::size_t> fill(std::span<std::uint8_t> target);
  [[nodiscard]] Result<std::optional<Finding>> read_first_line();
  [[nodiscard]] Result<LedgerPart> read_block(const Header& header);
  [[nodiscard]] Result<LedgerPart> read_checkpoint(const Header& header);
  [[nodiscard]] Result<LedgerPart> read_end(const Header& header);
  [[nodiscard]] LedgerPart stop(FindingKind kind, std::string text);

  ByteSource source_;
  bool started_ = false;
  bool done_ = false;
  std::uint64_t offset_ = 0;           // in the file
  std::uint64_t size_ = 0;             // entries so far
  std::uint64_t block_begin_ = 0;      // first entry of the last block
  std::uint64_t checkpoint_size_ = 0;  // of the last checkpoint
};

struct EntryPlace {
  std::uint32_t offset = 0;  // in the bundle
  std::uint32_t length = 0;
  bool sound = false;  // its bytes hash to its leaf hash
};

struct DamagedEntry {
  std::size_t position = 0;
  Digest rehashed;  // leaf hash of the bytes as they are now
  bool length_only = false;
};

struct BlockCheck {
  std::array<EntryPlace, ledger_block_entries> entries{};
  std::size_t readable = 0;  // entries before the framing was lost; `count` when it was not
  std::vector<DamagedEntry> damaged;
  Digest subtree_root;  // of the leaf hashes of a full block
};

// Hashes every entry of one block. Pure; any thread.
[[nodiscard]] BlockCheck check_block(const LedgerBlock& block);

struct LedgerReport {
  std::string origin;
  std::uint64_t size = 0;
  Digest root;                     // of the leaf hashes in the file
  std::size_t checkpoints = 0;     // verified, with the roots they sign
  std::vector<Finding> findings;   // in the order of the file, at most ledger_findings_max
  bool more_findings = false;      // the list was cut there

  [[nodiscard]] bool sound() const noexcept { return findings.empty(); }
};

// Puts the checks of parts together, in the order of the file.
class LedgerVerifier {
 public:
  explicit LedgerVerifier(VerifierKey trusted);
  void add(const LedgerBlock& block, const BlockCheck& check);
  void add(const LedgerCheckpoint& checkpoint);
  void add(Finding finding);
  [[nodiscard]] bool full() const noexcept { return report_.more_findings; }
  [[nodiscard]] LedgerReport finish();

 private:
  // One belief about the leaves: as the tiles have them, or as the damaged entries now hash. A
  // changed leaf hash leaves the second true and a changed entry the first, so neither hides the
  // signed root, and only a rewritten history fits neither.
  struct Belief {
    Frontier done;                 // all blocks
    Frontier walk;                 // into the last block, up to the last checkpoint asked for
    std::vector<Digest> leaves;    // of the last block
    std::uint64_t block_begin = 0;

    void add(std::vector<Digest> block_leaves, const Digest* subtree_root);
    [[nodiscard]] Digest root_at(std::uint64_t size);
  };

  void report(FindingKind kind, std::uint64_t index, std::string text);

  VerifierKey trusted_;
  Belief stored_;
  std::optional<Belief> rehashed_;  // from the first damaged entry on
  std::uint64_t last_right_size_ = 0;
  std::uint64_t last_checkpoint_size_ = 0;
  bool cut_short_ = false;
  LedgerReport report_;
};

// Given only entries whose bytes fit their leaf hash.
using OnEntry = std::function<void(std::uint64_t index, std::string_view bytes)>;

[[nodiscard]] Result<LedgerReport> verify_ledger_file(LedgerFileReader& reader, const VerifierKey& trusted,
                                                      const OnEntry& on_entry = nullptr);

}  // namespace sallyport
