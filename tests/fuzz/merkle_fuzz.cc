// Property: no bytes are taken for a proof that a leaf stands where it does not, nor that one tree has grown out of
// another that it has not; and a frontier that is read is written with the same bytes.
//
// Input: the leaf and the place that are claimed, two sizes, and then the hashes of the proof. Where the sizes ask for
// it the proof is the right one, with edits (edits.h).
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "base/text.h"
#include "core/merkle/merkle.h"
#include "crypto/hash.h"
#include "edits.h"

namespace {

using namespace sallyport;

constexpr std::uint64_t tree_size = 100;

const std::vector<Digest>& leaves() {
  static const auto made = [] {
    std::vector<Digest> out;
    for (std::uint64_t i = 0; i < tree_size; ++i) out.push_back(hash_leaf(view_of(std::to_string(i))));
    return out;
  }();
  return made;
}
Digest root_at(std::uint64_t size) { return root_of(std::span(leaves()).first(size)); }
Result<Digest> node(unsigned height, std::uint64_t number) {
  const auto first = number << height;
  return root_of(std::span(leaves()).subspan(first, std::size_t{1} << height));
}

std::vector<Digest> hashes_of(ByteView bytes) {
  std::vector<Digest> out(bytes.size() / 32);
  for (std::size_t i = 0; i < out.size(); ++i)
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(32 * i), 32, out[i].bytes.begin());
  return out;
}
std::vector<Digest> edited(const std::vector<Digest>& proof, ByteView script) {
  Bytes bytes;
  for (const auto& hash : proof) bytes.insert(bytes.end(), hash.bytes.begin(), hash.bytes.end());
  const std::array fields{&bytes};
  fuzz::apply(script, fields);
  return hashes_of(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto frontier = Frontier::parse({data, size})) {
    const auto bytes = frontier->serialize();
    SALLYPORT_ASSERT(bytes.size() == size && std::equal(bytes.begin(), bytes.end(), data));
  }
  if (size < 5) return 0;
  const std::uint64_t leaf = data[0] % tree_size;
  const std::uint64_t place = data[1];  // perhaps beyond the tree
  const std::uint64_t first = data[2] % (tree_size + 1);
  const std::uint64_t second = data[3] % (tree_size + 1);
  const bool as_made = data[4] % 2 == 0;
  const ByteView rest{data + 5, size - 5};

  auto proof = hashes_of(rest);
  if (as_made && place < second) {
    const auto right = inclusion_proof(place, second, node);
    SALLYPORT_ASSERT(right && verify_inclusion(leaves()[place], place, second, *right, root_at(second)));
    proof = edited(*right, rest);
  }
  if (verify_inclusion(leaves()[leaf], place, second, proof, root_at(second)))
    SALLYPORT_ASSERT(leaf == place && place < second);

  auto grown = hashes_of(rest);
  if (as_made && first <= second) {
    const auto right = consistency_proof(first, second, node);
    SALLYPORT_ASSERT(right && verify_consistency(first, root_at(first), second, root_at(second), *right));
    grown = edited(*right, rest);
  }
  // Of another tree: its last leaf is another.
  if (first > 0) {
    auto others = std::vector(leaves().begin(), leaves().begin() + static_cast<std::ptrdiff_t>(first));
    others.back() = hash_leaf(view_of("another"));
    SALLYPORT_ASSERT(!verify_consistency(first, root_of(others), second, root_at(second), grown));
  }
  return 0;
}
