#include "core/merkle/merkle.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <string>

#include "crypto/hash.h"

namespace sallyport {
namespace {

// The eight leaves and roots of the Certificate Transparency reference tests
// (certificate-transparency-go, and RFC 6962 section 2.1 recomputed).
constexpr std::array<const char*, 8> classic_leaves{
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
constexpr std::array<const char*, 8> classic_roots{"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                                   "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                                   "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                                   "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                                   "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                                   "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                                   "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                                   "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

Digest digest(const char* hex) { return digest_from_hex(hex).value(); }

std::vector<Digest> leaves_up_to(std::uint64_t count) {
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < count; ++i) leaves.push_back(hash_leaf(view_of("leaf " + std::to_string(i))));
  return leaves;
}

// The slow, obvious twin: the definition of RFC 6962 section 2.1, word for word.
Digest naive_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256(ByteView{});
  if (leaves.size() == 1) return leaves[0];
  const auto k = std::bit_floor(leaves.size() - 1);
  return hash_node(naive_root(leaves.first(k)), naive_root(leaves.subspan(k)));
}

std::vector<Digest> naive_path(std::size_t m, std::span<const Digest> leaves) {
  if (leaves.size() == 1) return {};
  const auto k = std::bit_floor(leaves.size() - 1);
  auto path = m < k ? naive_path(m, leaves.first(k)) : naive_path(m - k, leaves.subspan(k));
  path.push_back(m < k ? naive_root(leaves.subspan(k)) : naive_root(leaves.first(k)));
  return path;
}

std::vector<Digest> naive_subproof(std::size_t m, std::span<const Digest> leaves, bool whole) {
  if (m == leaves.size()) return whole ? std::vector<Digest>{} : std::vector<Digest>{naive_root(leaves)};
  const auto k = std::bit_floor(leaves.size() - 1);
  auto proof = m <= k ? naive_subproof(m, leaves.first(k), whole) : naive_subproof(m - k, leaves.subspan(k), false);
  proof.push_back(m <= k ? naive_root(leaves.subspan(k)) : naive_root(leaves.first(k)));
  return proof;
}

NodeSource nodes_of(const std::vector<Digest>& leaves) {
  return [&leaves](unsigned height, std::uint64_t number) -> Result<Digest> {
    const auto size = std::size_t{1} << height;
    if ((number + 1) * size > leaves.size()) return fault(FaultKind::not_found, "no such subtree");
    return naive_root(std::span(leaves).subspan(number * size, size));
  };
}

TEST(Merkle, the_classic_leaves_give_the_published_roots) {
  Frontier frontier;
  EXPECT_EQ(to_base64(view_of(frontier.root())), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < classic_leaves.size(); ++i) {
    leaves.push_back(hash_leaf(from_hex(classic_leaves[i]).value()));
    frontier.append(leaves.back());
    EXPECT_EQ(to_hex(frontier.root()), classic_roots[i]);
    EXPECT_EQ(root_of(leaves), frontier.root());
  }
}

// From the same reference tests.
TEST(Merkle, a_published_consistency_proof_from_6_to_8_is_accepted) {
  const std::array proof{digest("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"),
                         digest("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
                         digest("d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")};
  EXPECT_TRUE(verify_consistency(6, digest(classic_roots[5]), 8, digest(classic_roots[7]), proof));
  EXPECT_FALSE(verify_consistency(6, digest(classic_roots[4]), 8, digest(classic_roots[7]), proof));
  EXPECT_FALSE(verify_consistency(6, digest(classic_roots[5]), 7, digest(classic_roots[6]), proof));
}

TEST(Merkle, every_inclusion_proof_up_to_70_equals_the_naive_one_and_no_near_miss_passes) {
  const auto leaves = leaves_up_to(70);
  const auto nodes = nodes_of(leaves);
  for (std::uint64_t size = 1; size <= 70; ++size) {
    const auto tree = std::span(leaves).first(size);
    const auto root = naive_root(tree);
    EXPECT_EQ(root_of(size, nodes).value(), root);
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, nodes).value();
      ASSERT_EQ(proof, naive_path(index, tree));
      ASSERT_TRUE(verify_inclusion(leaves[index], index, size, proof, root));
      ASSERT_FALSE(verify_inclusion(leaves[(index + 1) % 70], index, size, proof, root));
      if (index + 1 < size) {
        ASSERT_FALSE(verify_inclusion(leaves[index], index + 1, size, proof, root));
      }
      auto longer = proof;
      longer.push_back(root);
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, longer, root));
      if (proof.empty()) continue;
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, std::span(proof).first(proof.size() - 1), root));
      auto bent = proof;
      bent[bent.size() / 2].bytes[5] ^= 1;
      ASSERT_FALSE(verify_inclusion(leaves[index], index, size, bent, root));
    }
  }
}

TEST(Merkle, every_consistency_proof_up_to_70_equals_the_naive_one_and_no_near_miss_passes) {
  const auto leaves = leaves_up_to(70);
  const auto nodes = nodes_of(leaves);
  for (std::uint64_t size = 1; size <= 70; ++size) {
    const auto root = naive_root(std::span(leaves).first(size));
    for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto old_root = naive_root(std::span(leaves).first(old_size));
      const auto proof = consistency_proof(old_size, size, nodes).value();
      if (old_size > 0) {
        ASSERT_EQ(proof, naive_subproof(old_size, std::span(leaves).first(size), true));
      }
      ASSERT_TRUE(verify_consistency(old_size, old_root, size, root, proof));
      auto wrong = root;
      wrong.bytes[0] ^= 0x80;
      ASSERT_FALSE(verify_consistency(old_size, wrong, size, root, proof));
      if (old_size > 0) {
        ASSERT_FALSE(verify_consistency(old_size, old_root, size, wrong, proof));
      }
      auto longer = proof;
      longer.push_back(root);
      ASSERT_FALSE(verify_consistency(old_size, old_root, size, root, longer));
      if (proof.empty()) continue;
      ASSERT_FALSE(verify_consistency(old_size, old_root, size, root, std::span(proof).first(proof.size() - 1)));
      ASSERT_FALSE(verify_consistency(old_size, old_root, size, root, {}));
      auto bent = proof;
      bent.back().bytes[31] ^= 1;
      ASSERT_FALSE(verify_consistency(old_size, old_root, size, root, bent));
    }
  }
}

TEST(Merkle, sizes_that_cannot_be_are_refused) {
  const auto leaves = leaves_up_to(3);
  const auto nodes = nodes_of(leaves);
  const auto root = naive_root(leaves);
  EXPECT_FALSE(inclusion_proof(3, 3, nodes));
  EXPECT_FALSE(inclusion_proof(0, 0, nodes));
  EXPECT_FALSE(verify_inclusion(leaves[0], 0, 0, {}, root));
  EXPECT_FALSE(verify_inclusion(leaves[0], ~0ULL, ~0ULL, {}, root));
  EXPECT_FALSE(inclusion_proof(0, tree_size_max + 1, nodes));
  EXPECT_FALSE(consistency_proof(4, 3, nodes));
  EXPECT_FALSE(verify_consistency(4, root, 3, root, {}));
  EXPECT_FALSE(verify_consistency(1, root, ~0ULL, root, {}));
  EXPECT_EQ(inclusion_proof(0, 4, nodes).error().kind, FaultKind::not_found);  // the source's own fault comes through
  EXPECT_FALSE(root_of(tree_size_max + 1, nodes));
}

TEST(Merkle, a_frontier_survives_being_written_down_at_every_size) {
  const auto leaves = leaves_up_to(300);
  Frontier frontier;
  for (const auto& leaf : leaves) {
    const auto bytes = frontier.serialize();
    frontier = Frontier::parse(bytes).value();
    EXPECT_FALSE(Frontier::parse(std::span(bytes).first(bytes.size() - 1)));
    auto longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(Frontier::parse(longer));
    frontier.append(leaf);
  }
  EXPECT_EQ(frontier.root(), naive_root(leaves));
  EXPECT_EQ(frontier_of(300, nodes_of(leaves)).value(), frontier);
  EXPECT_FALSE(Frontier::parse(Bytes(8, 0xff)));  // more leaves than any ledger
}

TEST(Merkle, a_frontier_tells_of_every_full_subtree_once) {
  const auto leaves = leaves_up_to(70);
  const auto nodes = nodes_of(leaves);
  std::size_t told = 0;
  Frontier frontier;
  for (const auto& leaf : leaves) {
    frontier.append(leaf, [&](unsigned height, std::uint64_t number, const Digest& hash) {
      ++told;
      EXPECT_EQ(nodes(height, number).value(), hash);
    });
  }
  EXPECT_EQ(told, 35u + 17u + 8u + 4u + 2u + 1u);
}

TEST(Merkle, a_whole_subtree_is_appended_only_where_it_belongs) {
  const auto leaves = leaves_up_to(12);
  const auto nodes = nodes_of(leaves);
  Frontier frontier;
  EXPECT_TRUE(frontier.append_subtree(2, nodes(2, 0).value()));
  EXPECT_TRUE(frontier.append_subtree(2, nodes(2, 1).value()));
  EXPECT_TRUE(frontier.append_subtree(1, nodes(1, 4).value()));
  EXPECT_FALSE(frontier.append_subtree(2, nodes(2, 2).value()));
  EXPECT_FALSE(frontier.append_subtree(62, nodes(2, 2).value()));
  EXPECT_EQ(frontier.size(), 10u);
  EXPECT_EQ(frontier.root(), naive_root(std::span(leaves).first(10)));
}

}  // namespace
}  // namespace sallyport
