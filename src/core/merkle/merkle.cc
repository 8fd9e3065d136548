#include "core/merkle/merkle.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

std::unexpected<Fault> refuse(std::string what) { return fault(FaultKind::invalid, std::move(what)); }

// The largest power of two below `size`; RFC 6962 calls it k. Only for size > 1.
std::uint64_t split_of(std::uint64_t size) { return std::bit_floor(size - 1); }

unsigned height_of(std::uint64_t full_size) { return static_cast<unsigned>(std::countr_zero(full_size)); }

// MTH(D[begin:end]) where begin is a multiple of the largest subtree in the range.
Result<Digest> hash_range(std::uint64_t begin, std::uint64_t end, const NodeSource& nodes) {
  const auto size = end - begin;
  if (std::has_single_bit(size)) return nodes(height_of(size), begin >> height_of(size));
  const auto middle = begin + split_of(size);
  SP_TRY(const auto left, hash_range(begin, middle, nodes));
  SP_TRY(const auto right, hash_range(middle, end, nodes));
  return hash_node(left, right);
}

Result<void> check_size(std::uint64_t size) {
  if (size > tree_size_max) return refuse(concat("a tree of ", size, " entries is larger than any ledger"));
  return {};
}

}  // namespace

void Frontier::append(const Digest& leaf) {
  auto hash = leaf;
  for (auto rest = size_; (rest & 1) != 0; rest >>= 1) {
    hash = hash_node(edge_.back(), hash);
    edge_.pop_back();
  }
  edge_.push_back(hash);
  ++size_;
}

void Frontier::append(const Digest& leaf, const NodeSink& on_full) {
  auto hash = leaf;
  unsigned height = 0;
  for (auto rest = size_; (rest & 1) != 0; rest >>= 1) {
    hash = hash_node(edge_.back(), hash);
    edge_.pop_back();
    ++height;
    on_full(height, rest >> 1, hash);
  }
  edge_.push_back(hash);
  ++size_;
}

Result<void> Frontier::append_subtree(unsigned height, const Digest& hash) {
  if (height > 61) return refuse(concat("a subtree of height ", height, " is larger than any ledger"));
  const auto leaves = std::uint64_t{1} << height;
  if (size_ % leaves != 0) {
    return refuse(concat("a subtree of ", leaves, " leaves cannot begin at leaf ", size_));
  }
  auto merged = hash;
  for (auto rest = size_ >> height; (rest & 1) != 0; rest >>= 1) {
    merged = hash_node(edge_.back(), merged);
    edge_.pop_back();
  }
  edge_.push_back(merged);
  size_ += leaves;
  return {};
}

Digest Frontier::root() const {
  if (edge_.empty()) return sha256(ByteView{});
  auto hash = edge_.back();
  for (auto left = edge_.rbegin() + 1; left != edge_.rend(); ++left) hash = hash_node(*left, hash);
  return hash;
}

Bytes Frontier::serialize() const {
  Bytes out;
  out.reserve(8 + edge_.size() * 32);
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>((size_ >> shift) & 0xff));
  for (const auto& hash : edge_) out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
  return out;
}

Result<Frontier> Frontier::parse(ByteView bytes) {
  if (bytes.size() < 8) return refuse("a frontier is shorter than its size field");
  Frontier frontier;
  for (const auto byte : bytes.first(8)) frontier.size_ = frontier.size_ << 8 | byte;
  SP_CHECK(check_size(frontier.size_));
  const auto hashes = static_cast<std::size_t>(std::popcount(frontier.size_));
  if (bytes.size() != 8 + hashes * 32) {
    return refuse(concat("a frontier of size ", frontier.size_, " needs ", hashes, " hashes and holds other bytes"));
  }
  frontier.edge_.resize(hashes);
  for (std::size_t i = 0; i < hashes; ++i) {
    std::ranges::copy(bytes.subspan(8 + i * 32, 32), frontier.edge_[i].bytes.begin());
  }
  return frontier;
}

Digest root_of(std::span<const Digest> leaves) {
  Frontier frontier;
  for (const auto& leaf : leaves) frontier.append(leaf);
  return frontier.root();
}

Result<Digest> root_of(std::uint64_t size, const NodeSource& nodes) {
  SP_CHECK(check_size(size));
  if (size == 0) return sha256(ByteView{});
  return hash_range(0, size, nodes);
}

Result<Frontier> frontier_of(std::uint64_t size, const NodeSource& nodes) {
  SP_CHECK(check_size(size));
  Frontier frontier;
  while (frontier.size() < size) {
    const auto height = height_of(std::bit_floor(size - frontier.size()));
    SP_TRY(const auto hash, nodes(height, frontier.size() >> height));
    SP_CHECK(frontier.append_subtree(height, hash));
  }
  return frontier;
}

Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size, const NodeSource& nodes) {
  SP_CHECK(check_size(size));
  if (index >= size) return refuse(concat("entry ", index, " is not in a ledger of ", size, " entries"));
  std::vector<Digest> proof;  // from the root down; turned round at the end
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const auto middle = begin + split_of(end - begin);
    const bool in_left = index < middle;
    SP_TRY(const auto sibling, in_left ? hash_range(middle, end, nodes) : hash_range(begin, middle, nodes));
    proof.push_back(sibling);
    (in_left ? end : begin) = middle;
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<std::vector<Digest>> consistency_proof(std::uint64_t old_size, std::uint64_t new_size, const NodeSource& nodes) {
  SP_CHECK(check_size(new_size));
  if (old_size > new_size) {
    return refuse(concat("a ledger of ", new_size, " entries cannot have grown out of one of ", old_size));
  }
  if (old_size == 0 || old_size == new_size) return std::vector<Digest>{};
  std::vector<Digest> proof;  // from the root down; turned round at the end
  std::uint64_t begin = 0;
  std::uint64_t end = new_size;
  bool old_is_whole = true;  // RFC 6962's b: is the old part still the whole old tree?
  while (old_size != end) {
    const auto middle = begin + split_of(end - begin);
    const bool in_left = old_size <= middle;
    SP_TRY(const auto sibling, in_left ? hash_range(middle, end, nodes) : hash_range(begin, middle, nodes));
    proof.push_back(sibling);
    if (!in_left) old_is_whole = false;
    (in_left ? end : begin) = middle;
  }
  if (!old_is_whole) {
    SP_TRY(const auto last, hash_range(begin, end, nodes));
    proof.push_back(last);
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<void> verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                              std::span<const Digest> proof, const Digest& root) {
  SP_CHECK(check_size(size));
  if (index >= size) return refuse(concat("entry ", index, " is not in a ledger of ", size, " entries"));
  auto fn = index;
  auto sn = size - 1;
  auto hash = leaf;
  for (const auto& sibling : proof) {
    if (sn == 0) return refuse("the inclusion proof has too many hashes");
    if ((fn & 1) != 0 || fn == sn) {
      hash = hash_node(sibling, hash);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      hash = hash_node(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return refuse("the inclusion proof has too few hashes");
  if (hash != root) return refuse(concat("the inclusion proof of entry ", index, " does not lead to the root"));
  return {};
}

Result<void> verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t new_size,
                                const Digest& new_root, std::span<const Digest> proof) {
  SP_CHECK(check_size(new_size));
  if (old_size > new_size) {
    return refuse(concat("a ledger of ", new_size, " entries cannot have grown out of one of ", old_size));
  }
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty()) return refuse("the consistency proof has too many hashes");
    const auto expected_old = old_size == 0 ? sha256(ByteView{}) : new_root;
    if (old_root != expected_old) return refuse("the two roots contradict each other");
    return {};
  }
  if (proof.empty()) return refuse("the consistency proof has too few hashes");

  // When the old tree is one full subtree, its root is the first hash and is left out of the proof.
  const bool starts_with_old_root = std::has_single_bit(old_size);
  const auto first = starts_with_old_root ? old_root : proof.front();
  if (!starts_with_old_root) proof = proof.subspan(1);
  auto fn = old_size - 1;
  auto sn = new_size - 1;
  while ((fn & 1) != 0) fn >>= 1, sn >>= 1;
  auto from_old = first;
  auto from_new = first;
  for (const auto& sibling : proof) {
    if (sn == 0) return refuse("the consistency proof has too many hashes");
    if ((fn & 1) != 0 || fn == sn) {
      from_old = hash_node(sibling, from_old);
      from_new = hash_node(sibling, from_new);
      while ((fn & 1) == 0 && fn != 0) fn >>= 1, sn >>= 1;
    } else {
      from_new = hash_node(from_new, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return refuse("the consistency proof has too few hashes");
  if (from_old != old_root) return refuse(concat("the consistency proof does not lead to the root at ", old_size));
  if (from_new != new_root) return refuse(concat("the consistency proof does not lead to the root at ", new_size));
  return {};
}

}  // namespace sallyport
