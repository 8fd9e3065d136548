// The smallest sets of signals, held against looking at every set.
#include "core/proof/signal_sets.h"

#include <gtest/gtest.h>

#include "../tests/support/signals_for_tests.h"
#include "core/policy/independent.h"

namespace sallyport::proof {
namespace {

SignalSet bit(std::size_t i) { return SignalSet{1} << i; }

std::vector<SignalSet> by_looking_at_all(const Policy& policy, const Needs& needs, SignalSet enrolled) {
  std::vector<SignalSet> all;
  for (SignalSet set = 0; set < bit(policy.signals().size()); ++set) all.push_back(set);
  std::ranges::sort(all, {}, [](SignalSet s) { return std::pair(size_of(s), s); });
  std::vector<SignalSet> out;
  for (const auto set : all) {
    int strong = 0;
    bool good = (set & ~(needs.allow & enrolled)) == 0 && (needs.include & ~set) == 0;
    for (std::size_t i = 0; i < policy.signals().size(); ++i) {
      if ((set & bit(i)) == 0) continue;
      strong += policy.signals()[i].strong ? 1 : 0;
      good = good && (set & policy.signals()[i].shares) == bit(i);
    }
    good = good && size_of(set) >= needs.signals && strong >= needs.strong;
    if (good && std::ranges::none_of(out, [&](SignalSet smaller) { return (smaller & ~set) == 0; })) out.push_back(set);
  }
  return out;
}

TEST(SmallestSets, are_those_of_looking_at_every_set) {
  Seeded random(23);
  std::size_t found = 0;
  for (int round = 0; round < 300; ++round) {
    const auto number = 1 + random.below(11);
    const auto policy = *Policy::compile(
        policy_of_signals(drawn_signals(random, {number, 3 + random.below(14), 1 + random.below(3)})), "p.yaml");
    for (int asked = 0; asked < 3; ++asked) {
      Needs needs;
      needs.signals = static_cast<std::uint8_t>(random.below(5));
      needs.strong = static_cast<std::uint8_t>(random.below(4));
      SignalSet enrolled = 0;
      for (std::size_t i = 0; i < number; ++i) {
        if (random.one_in(20)) needs.include |= bit(i);
        if (random.one_in(12)) needs.allow &= ~bit(i);
        if (!random.one_in(6)) enrolled |= bit(i);
      }
      const auto sets = smallest_sets(policy, needs, enrolled);
      EXPECT_EQ(sets, by_looking_at_all(policy, needs, enrolled)) << policy.text();
      found += sets.size();
    }
  }
  EXPECT_GT(found, 2000U);
}

TEST(SmallestSets, of_twenty_signals_come_one_by_one) {
  std::string signals = "signals:\n";
  for (const auto name : signal_names) signals += concat("  ", name, ": {rests_on: [", name, "]}\n");
  const auto policy = *Policy::compile(policy_of_signals(signals), "p.yaml");
  Needs needs;
  needs.signals = 2;
  EXPECT_EQ(smallest_sets(policy, needs, every_signal).size(), 20U * 19 / 2);
  needs.signals = 8;
  EXPECT_EQ(smallest_sets(policy, needs, every_signal).size(), 125'970U);  // 20 over 8
  needs.include = bit(20);  // one that the policy lacks
  EXPECT_TRUE(smallest_sets(policy, needs, every_signal & ~bit(20)).empty());
}

}  // namespace
}  // namespace sallyport::proof
