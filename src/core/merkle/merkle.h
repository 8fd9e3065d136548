// The Merkle tree of the ledger: its right edge, its roots, and proofs that one entry is in it or
// that one tree grew out of another. Pure; knows nothing of storage. Bad sizes are refusals, not
// asserts: auditors feed us other people's files.
// Standard: RFC 6962 section 2.1 (the same trees as RFC 9162 section 2.1).
//
// Units: sizes and indices count leaves, a leaf is already hashed (hash_leaf of the entry).
// Errors: FaultKind::invalid, with the sentence an auditor should read.
// Threads: values; nothing is shared.
//
//   Frontier frontier;
//   frontier.append(hash_leaf(view_of(entry)));
//   SP_CHECK(verify_inclusion(leaf, 17, frontier.size(), proof, frontier.root()));
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace sallyport {

// Far beyond any ledger, and far enough below 2^64 that no sum of two sizes wraps.
inline constexpr std::uint64_t tree_size_max = std::uint64_t{1} << 62;
inline constexpr std::size_t proof_hashes_max = 128;  // a consistency proof has at most 2 a level

// Told of every full subtree of height 1 and up, in the order they fill.
using NodeSink = std::function<void(unsigned height, std::uint64_t number, const Digest& hash)>;
// Gives the hash of the full subtree of 2^height leaves that begins at leaf `number << height`.
using NodeSource = std::function<Result<Digest>(unsigned height, std::uint64_t number)>;

// The O(log n) right edge of a tree: enough to append for ever and to know the root at any time.
class Frontier {
 public:
  void append(const Digest& leaf);
  void append(const Digest& leaf, const NodeSink& on_full);
  // Appends 2^height leaves at once, of which `hash` is the root. A fault unless the size is a
  // multiple of 2^height, for otherwise the leaves would not form one subtree.
  [[nodiscard]] Result<void> append_subtree(unsigned height, const Digest& hash);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Digest root() const;  // of the empty tree: SHA-256 of nothing

  // The size as 8 bytes big-endian, then one hash for each bit set in it, the largest subtree first.
  [[nodiscard]] Bytes serialize() const;
  [[nodiscard]] static Result<Frontier> parse(ByteView bytes);

  friend bool operator==(const Frontier&, const Frontier&) = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> edge_;  // full subtrees from the left, each smaller than the one before
};

[[nodiscard]] Digest root_of(std::span<const Digest> leaves);
// The same from stored subtrees: O(log n) of them.
[[nodiscard]] Result<Digest> root_of(std::uint64_t size, const NodeSource& nodes);
[[nodiscard]] Result<Frontier> frontier_of(std::uint64_t size, const NodeSource& nodes);

// RFC 6962 sections 2.1.1 and 2.1.2.
[[nodiscard]] Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                          const NodeSource& nodes);
[[nodiscard]] Result<std::vector<Digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                                            const NodeSource& nodes);

// RFC 9162 sections 2.1.3.2 and 2.1.4.2. From the empty tree every tree grows, by an empty proof.
[[nodiscard]] Result<void> verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                                            std::span<const Digest> proof, const Digest& root);
[[nodiscard]] Result<void> verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t new_size,
                                              const Digest& new_root, std::span<const Digest> proof);

}  // namespace sallyport
