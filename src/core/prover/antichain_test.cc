#include "core/prover/antichain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>

#include "../tests/support/seeded.h"
#include "core/prover/bits.h"
#include "core/prover/lockout.h"

namespace sallyport::prover {
namespace {

AtomSet set(std::initializer_list<std::size_t> elements, std::size_t width = 200) {
  AtomSet out(width);
  for (const auto element : elements) out.add(element);
  return out;
}

AtomSet drawn(Seeded& seeded, std::size_t width, std::size_t one_in) {
  AtomSet out(width);
  for (std::size_t i = 0; i < width; ++i)
    if (seeded.one_in(one_in)) out.add(i);
  return out;
}

TEST(AtomSet, adds_an_element_once_and_knows_its_size) {
  auto one = set({3, 130, 3});
  EXPECT_EQ(one.size(), 2U);
  EXPECT_TRUE(one.contains(130));
  EXPECT_FALSE(one.contains(129));
  EXPECT_FALSE(one.contains(66));  // the same bit of another word
}

TEST(AtomSet, is_within_another_only_with_all_of_its_elements) {
  EXPECT_TRUE(set({3, 130}).is_subset_of(set({3, 64, 130})));
  EXPECT_FALSE(set({3, 130}).is_subset_of(set({3, 64, 131})));
  EXPECT_FALSE(set({3, 130}).is_subset_of(set({3, 66})));  // 130 and 66 share their bit in the signature
  EXPECT_TRUE(set({}).is_subset_of(set({})));
}

TEST(AtomSet, is_shown_by_size_and_then_by_names) {
  std::vector<AtomSet> sets{set({2, 3}), set({190}), set({1, 190}), set({1, 2}), set({}), set({0})};
  std::ranges::sort(sets);
  const std::vector<AtomSet> shown{set({}), set({0}), set({190}), set({1, 2}), set({1, 190}), set({2, 3})};
  EXPECT_EQ(sets, shown);
}

TEST(AtomSet, of_every_width_computes_as_its_elements_do) {
  Seeded seeded(7);
  for (const auto width : std::initializer_list<std::size_t>{1, 63, 64, 65, 127, 128, 129, 192, 193, 500})
    for (int i = 0; i < 50; ++i) {
      const auto a = drawn(seeded, width, 1 + seeded.below(4));
      const auto b = drawn(seeded, width, 1 + seeded.below(4));
      bool within = true;
      bool meets = false;
      std::size_t size = 0;
      for (std::size_t e = 0; e < width; ++e) {
        within = within && (!a.contains(e) || b.contains(e));
        meets = meets || (a.contains(e) && b.contains(e));
        size += a.contains(e) || b.contains(e) ? 1 : 0;
        EXPECT_EQ(a.united(b).contains(e), a.contains(e) || b.contains(e));
        EXPECT_EQ(a.without(b).contains(e), a.contains(e) && !b.contains(e));
        EXPECT_EQ(a.common(b).contains(e), a.contains(e) && b.contains(e));
      }
      EXPECT_EQ(a.is_subset_of(b), within) << width;
      EXPECT_EQ(a.intersects(b), meets) << width;
      EXPECT_EQ(a.united(b).size(), size) << width;
      EXPECT_EQ(a < b, (b > a));
      EXPECT_EQ(a == b, !(a < b) && !(b < a));
    }
}

TEST(Antichain, keeps_no_set_that_holds_another) {
  Work work;
  Algebra algebra(work);
  EXPECT_EQ(algebra.minimal({set({1, 2, 3}), set({2}), set({1, 3}), set({1, 3})}), (Antichain{set({2}), set({1, 3})}));
  EXPECT_EQ(algebra.minimal({set({1}), set({})}), Antichain{set({})});
}

TEST(Antichain, false_and_true_are_what_nothing_and_everything_reach) {
  Work work;
  Algebra algebra(work);
  const Antichain never, always{set({})}, one{set({1})};
  EXPECT_EQ(algebra.both(one, never), never);
  EXPECT_EQ(algebra.both(one, always), one);
  EXPECT_EQ(algebra.either(one, never), one);
  EXPECT_EQ(algebra.either(one, always), always);
}

// Products large enough to be reduced on the way come out as those that are not.
TEST(Antichain, a_product_is_minimal_however_it_is_computed) {
  Seeded seeded(11);
  Work work;
  Algebra algebra(work);
  std::vector<AtomSet> a, b;
  for (int i = 0; i < 200; ++i) {
    a.push_back(drawn(seeded, 40, 8));
    b.push_back(drawn(seeded, 40, 8));
  }
  std::erase_if(a, [](const AtomSet& s) { return s.size() < 4; });
  std::erase_if(b, [](const AtomSet& s) { return s.size() < 4; });
  std::vector<AtomSet> all;
  for (const auto& x : a)
    for (const auto& y : b) all.push_back(x.united(y));
  const auto left = algebra.minimal(a);
  const auto right = algebra.minimal(b);
  EXPECT_EQ(algebra.both(left, right), algebra.minimal(all));
  EXPECT_EQ(algebra.both(left, right), algebra.both(right, left));
}

TEST(Antichain, work_that_is_spent_is_noticed) {
  Work work(10);
  Algebra algebra(work);
  Antichain many;
  for (std::size_t i = 0; i < 100; ++i) many.push_back(set({i}));
  EXPECT_TRUE(algebra.both(many, many).empty());
  EXPECT_TRUE(work.exhausted());
  EXPECT_FALSE(work.spend(0));
}

TEST(Lockout, counts_ways_that_share_nothing) {
  Work work;
  const auto all = set({1, 2, 3, 4, 5, 6});
  const Antichain ways{set({1}), set({2, 3}), set({3, 4}), set({4, 5})};
  EXPECT_EQ(disjoint_ways(ways, all, set({}), work), 3U);               // {1}, {2,3}, {4,5}: not the greedy {3,4}
  EXPECT_EQ(disjoint_ways(ways, set({1, 3, 4}), set({}), work), 2U);    // what is not held does not count
  EXPECT_EQ(disjoint_ways(ways, set({}), set({}), work), 0U);
  EXPECT_EQ(disjoint_ways(ways, all, set({4}), work), 3U);              // 4 may be shared, 3 may not
  EXPECT_EQ(disjoint_ways(ways, all, set({3, 4}), work), std::nullopt);  // {3,4} needs nothing else
  EXPECT_EQ(disjoint_ways({set({})}, set({}), set({}), work), std::nullopt);
}

TEST(Bits, are_a_truth_table) {
  for (const auto evidence : std::initializer_list<std::size_t>{0, 1, 3, 6, 7, 9}) {
    const std::size_t sets = std::size_t{1} << evidence;
    EXPECT_EQ(Bits(evidence, true).count(), sets);
    EXPECT_FALSE(Bits(evidence).any());
    EXPECT_EQ(Bits(evidence, true).first(), 0U);
    EXPECT_EQ(Bits(evidence, true).inverted().count(), 0U);
    for (std::size_t e = 0; e < evidence; ++e) {
      const auto has = Bits::of_evidence(evidence, e);
      EXPECT_EQ(has.count(), sets / 2);
      EXPECT_EQ(has.minimal(), std::vector<std::uint32_t>{std::uint32_t{1} << e});
      EXPECT_EQ(has.first(), std::uint32_t{1} << e);
    }
  }
}

TEST(Bits, show_smaller_sets_first_and_then_those_with_earlier_names) {
  const auto a = Bits::of_evidence(4, 0), b = Bits::of_evidence(4, 1), c = Bits::of_evidence(4, 2),
             d = Bits::of_evidence(4, 3);
  EXPECT_EQ(((b & c) | (a & d)).first(), 0b1001U);  // {a,d} before {b,c}
  EXPECT_EQ(((b & c) | (a & d) | (b & c & d)).minimal(), (std::vector<std::uint32_t>{0b1001, 0b0110}));
  EXPECT_EQ(((a & b & c) | d).first(), 0b1000U);
}

}  // namespace
}  // namespace sallyport::prover
