// Which set of evidence counts, held against trying every set; and that twenty signals are no reason to wait.
#include "core/policy/weigh.h"

#include <gtest/gtest.h>

#include "../tests/support/signals_for_tests.h"
#include "core/policy/independent.h"

namespace sallyport {
namespace {

const Instant now{1'800'000'000'000};

Policy compiled(std::string_view text) {
  auto out = Policy::compile(text, "p.yaml");
  EXPECT_TRUE(out) << out.error().what << '\n' << text;
  return *std::move(out);
}

SignalSet bit(std::size_t i) { return SignalSet{1} << i; }

bool independent(const Policy& policy, SignalSet set) {
  for (std::size_t i = 0; i < policy.signals().size(); ++i)
    if ((set & bit(i)) != 0 && (set & policy.signals()[i].shares) != bit(i)) return false;
  return true;
}

// As the policy gives its signals: evidence of each of `of`, in this order.
std::vector<Evidence> evidence_of(const Policy& policy, const std::vector<std::size_t>& of) {
  std::vector<Evidence> out;
  for (const auto i : of) {
    Evidence e;
    e.number = static_cast<std::uint32_t>(out.size() + 1);
    e.signal = policy.signals()[i].name;
    e.result = EvidenceResult::passed;
    e.at = now;
    out.push_back(e);
  }
  return out;
}

SignalSet strong_of(const Policy& policy) {
  SignalSet out = 0;
  for (std::size_t i = 0; i < policy.signals().size(); ++i)
    if (policy.signals()[i].strong) out |= bit(i);
  return out;
}

// docs/policy_language.md, section 5, word for word: of all sets, by what is better; then the one that comes first.
std::vector<std::size_t> best_by_trying(const Policy& policy, const Needs& needs, const std::vector<std::size_t>& of) {
  const auto strong = strong_of(policy);
  using Rank = std::tuple<bool, int, int, int>;
  std::optional<Rank> best;
  std::vector<std::size_t> numbers;
  for (std::uint32_t mask = 0; mask < (1U << of.size()); ++mask) {
    SignalSet set = 0;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < of.size(); ++i)
      if (((mask >> i) & 1U) != 0) {
        set |= bit(of[i]);
        places.push_back(i);
      }
    if (!independent(policy, set)) continue;
    const auto included = size_of(set & needs.include);
    const Rank rank{
        size_of(set) >= needs.signals && size_of(set & strong) >= needs.strong && (needs.include & ~set) == 0, included,
        size_of(set & strong), size_of(set)};
    if (best && (rank < *best || (rank == *best && numbers <= places))) continue;
    best = rank;
    numbers = places;
  }
  return numbers;
}

TEST(Weigh, counts_what_trying_every_set_counts) {
  Seeded random(11);
  std::size_t conflicts = 0;
  for (int round = 0; round < 400; ++round) {
    const auto number = 1 + random.below(12);
    const auto policy =
        compiled(policy_of_signals(drawn_signals(random, {number, 3 + random.below(14), 1 + random.below(3)})));
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < number; ++i)
      order.insert(order.begin() + static_cast<std::ptrdiff_t>(random.below(order.size() + 1)), i);
    order.resize(random.below(number + 1));
    for (int asked = 0; asked < 4; ++asked) {
      Needs needs;
      needs.signals = static_cast<std::uint8_t>(random.below(6));
      needs.strong = static_cast<std::uint8_t>(random.below(3));
      for (std::size_t i = 0; i < number; ++i)
        if (random.one_in(6)) needs.include |= bit(i);  // sometimes two that never count together
      const auto evidence = evidence_of(policy, order);
      std::vector<EvidenceFinding> findings(evidence.size());
      const auto weighed = weigh_evidence(policy, needs, evidence, now, findings);
      std::vector<std::size_t> counted;
      for (std::size_t i = 0; i < findings.size(); ++i)
        if (findings[i].objection == Objection::none) counted.push_back(i);
      EXPECT_EQ(counted, best_by_trying(policy, needs, order)) << policy.text();
      conflicts += counted.size() < order.size() ? 1 : 0;
      SignalSet set = 0;
      for (const auto i : counted) set |= bit(order[i]);
      EXPECT_EQ(weighed.counted, set);
      EXPECT_EQ(weighed.count, counted.size());
      EXPECT_EQ(weighed.strong_count, size_of(set & strong_of(policy)));
      EXPECT_EQ(weighed.satisfied, size_of(set) >= needs.signals && size_of(set & strong_of(policy)) >= needs.strong &&
                                       (needs.include & ~set) == 0);
    }
  }
  EXPECT_GT(conflicts, 500U);
}

TEST(Weigh, what_a_policy_lacks_is_never_met) {
  const auto policy = compiled(policy_of_signals("signals: {totp: {rests_on: [handset]}}\n"));
  Requirement asked;
  asked.signals = 1;
  const auto evidence = evidence_of(policy, {0});
  std::vector<EvidenceFinding> findings(1);
  EXPECT_TRUE(weigh_evidence(policy, policy.needs_of(asked), evidence, now, findings).satisfied);
  asked.include = {*SignalName::parse("sms_code")};
  EXPECT_FALSE(weigh_evidence(policy, policy.needs_of(asked), evidence, now, findings).satisfied);
}

std::size_t sets_looked_at(std::span<const SignalSet> shares) {
  std::size_t out = 0;
  each_full_set(shares, 0, (SignalSet{1} << shares.size()) - 1, [&](SignalSet) { ++out; });
  return out;
}

TEST(FullSets, of_twenty_signals_are_few_however_they_share) {
  std::vector<SignalSet> alone;
  std::vector<SignalSet> threes;
  for (std::size_t i = 0; i < 20; ++i) {
    alone.push_back(bit(i));
    threes.push_back((bit(3 * (i / 3)) | bit(3 * (i / 3) + 1) | bit(3 * (i / 3) + 2)) & (bit(20) - 1));
  }
  EXPECT_EQ(sets_looked_at(alone), 1U);
  EXPECT_EQ(sets_looked_at(threes), 729U * 2);  // six threes and a pair: the most that there can be
  Seeded random(3);
  for (int round = 0; round < 300; ++round) {
    auto shares = alone;
    for (auto n = random.below(120); n > 0; --n) {
      const auto i = random.below(20);
      const auto j = random.below(20);
      shares[i] |= bit(j);
      shares[j] |= bit(i);
    }
    EXPECT_LE(sets_looked_at(shares), 729U * 2);
  }
}

TEST(FullSets, every_one_is_visited_once) {
  Seeded random(5);
  for (int round = 0; round < 100; ++round) {
    std::vector<SignalSet> shares;
    for (std::size_t i = 0; i < 10; ++i) shares.push_back(bit(i));
    for (auto n = random.below(20); n > 0; --n) {
      const auto i = random.below(10);
      const auto j = random.below(10);
      shares[i] |= bit(j);
      shares[j] |= bit(i);
    }
    std::vector<SignalSet> visited;
    each_full_set(shares, 0, bit(10) - 1, [&](SignalSet set) { visited.push_back(set); });
    const auto free_of = [&](SignalSet set) {
      for (std::size_t i = 0; i < 10; ++i)
        if ((set & bit(i)) != 0 && (set & shares[i]) != bit(i)) return false;
      return true;
    };
    for (SignalSet set = 0; set < bit(10); ++set) {
      bool full = free_of(set);
      for (std::size_t i = 0; full && i < 10; ++i) full = (set & bit(i)) != 0 || !free_of(set | bit(i));
      const auto times = std::ranges::count(visited, set);
      if (full) EXPECT_EQ(times, 1);
      else EXPECT_LE(times, free_of(set) ? 1 : 0);
    }
  }
}

TEST(Weigh, a_tier_loads_when_so_many_can_be_given_and_not_when_one_more_is_asked) {
  Seeded random(7);
  std::size_t refused = 0;
  for (int round = 0; round < 150; ++round) {
    const auto signals = drawn_signals(random, {4 + random.below(9), 2 + random.below(7), 2});
    const auto policy = compiled(policy_of_signals(signals));
    int most = 0;
    for (SignalSet set = 0; set < bit(policy.signals().size()); ++set)
      if (independent(policy, set)) most = std::max(most, size_of(set));
    for (const auto asked : {most, most + 1}) {
      if (asked > 8) continue;  // more than that no tier may ask
      const auto loads = Policy::compile(policy_of_signals(signals, concat("{signals: ", asked, "}")), "p").has_value();
      EXPECT_EQ(loads, asked == most) << signals << asked;
      refused += loads ? 0 : 1;
    }
  }
  EXPECT_GT(refused, 100U);
}

// 2^20 sets for each of 2,000 tiers would take an hour.
TEST(Weigh, a_large_policy_of_all_twenty_signals_loads_at_once) {
  std::string signals = "signals:\n";
  for (const auto name : signal_names) signals += concat("  ", name, ": {rests_on: [", name, "]}\n");
  auto text = policy_of_signals(signals, "{signals: 8}");
  text += "rules:\n";
  for (int i = 0; i < 2000; ++i)
    text += concat("  - {id: r", i, ", when: \"account.admin\", signals: 8, include: [push, sms_code]}\n");
  EXPECT_EQ(compiled(text).rules().size(), 2000U);
}

}  // namespace
}  // namespace sallyport
