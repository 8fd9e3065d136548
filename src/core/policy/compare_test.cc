#include "core/policy/compare.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../tests/support/small_world.h"
#include "base/text.h"

namespace sallyport {
namespace {

Policy small_with(std::string_view from, std::string_view to) {
  std::string text(small_policy);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return *Policy::compile(text.replace(at, from.size(), to), "p");
}

TEST(Compare, finds_nothing_between_a_policy_and_itself) {
  const auto policy = *Policy::compile(small_policy, "p");
  const auto found = compare(policy, policy);
  EXPECT_TRUE(found.changes.empty());
  EXPECT_FALSE(found.drawn);
  EXPECT_GT(found.kinds, 100U);
}

TEST(Compare, says_who_has_it_easier_with_an_example) {
  const auto before = *Policy::compile(small_policy, "p");
  const auto after = small_with("name: contractor, when: \"account.employment != 'employee'\"",
                                "name: contractor, when: \"account.employment == 'contractor'\"");
  for (const auto& change : compare(before, after).changes) EXPECT_EQ(change.account_class, "contractor");
}

TEST(Compare, tells_less_from_more) {
  const auto before = *Policy::compile(small_policy, "p");
  const auto looser = small_with("standard: {signals: 2", "standard: {signals: 1");
  const auto found = compare(before, looser);
  EXPECT_GT(found.changed(Direction::easier), 0U);
  EXPECT_EQ(found.changed(Direction::harder), 0U);
  const auto back = compare(looser, before);
  EXPECT_EQ(back.changed(Direction::easier), 0U);
  EXPECT_EQ(back.changed(Direction::harder), found.changed(Direction::easier));
  ASSERT_FALSE(found.changes.empty());
  EXPECT_NE(found.changes.front().was, found.changes.front().is);
  EXPECT_FALSE(found.changes.front().witness.empty());
}

// What is told of one setting: from, to; direction, setting, was, is.
std::string told(std::string_view from, std::string_view to) {
  const auto found = compare(*Policy::compile(small_policy, "p"), small_with(from, to));
  std::string out;
  for (const auto& c : found.settings)
    out += concat(to_string(c.direction), " ", c.setting, ": ", c.was, " -> ", c.is, "\n");
  const bool looser =
      std::ranges::any_of(found.settings, [](const SettingChange& c) { return c.direction != Direction::harder; });
  EXPECT_EQ(found.only_tightens(), !looser && found.changed(Direction::easier) == 0) << out;
  return out;
}

TEST(Compare, tells_what_no_request_shows) {
  const std::string totp = "totp:          {rests_on: [handset], fresh: 10m}";
  EXPECT_EQ(told("fresh: 10m", "fresh: 30d"), "easier signals.totp.fresh: 10m -> 30d\n");
  EXPECT_EQ(told("fresh: 10m", "fresh: 5m"), "harder signals.totp.fresh: 10m -> 5m\n");
  EXPECT_EQ(told(", fresh: 10m", ""), "easier signals.totp.fresh: 10m -> (nothing)\n");
  EXPECT_EQ(told("unchanged_for: 30d", "unchanged_for: 1d"), "easier signals.callback.unchanged_for: 30d -> 1d\n");
  EXPECT_EQ(told(", enrolled_for: 3d", ""), "easier signals.passkey.enrolled_for: 3d -> (nothing)\n");
  EXPECT_EQ(told("fresh: 10m}", "fresh: 10m, strength: strong}"), "easier signals.totp.strong: no -> yes\n");
  EXPECT_EQ(told("fresh: 10m}", "fresh: 10m, valid_for: 7d}"), "harder signals.totp.valid_for: (nothing) -> 7d\n");
  EXPECT_EQ(told("[number, handset]", "[number]"), "easier signals.callback.rests_on: handset, number -> number\n");
  EXPECT_EQ(told("rests_on: [code_sheet]", "rests_on: [paper]"),
            "easier and harder signals.recovery_code.rests_on: code_sheet -> paper\n");
  EXPECT_EQ(told(totp, concat(totp, "\n  push: {rests_on: [handset]}")), "easier signals.push: (nothing) -> handset\n");
  EXPECT_EQ(told(concat("  ", totp, "\n"), ""), "harder signals.totp: handset -> (nothing)\n");
}

TEST(Compare, looks_closely_at_what_only_one_has) {
  const std::string_view rule =
      "rules: [{id: rare, raise: vault, when: \"action == 'unlock' && account.organization == 'bank' && "
      "agent.organization == 'vendor' && request.channel == 'phone' && 'Payroll' in account.groups && "
      "request.cases_24h >= 1 && agent.team == 'night' && request.network_country == 'LI' && request.cases_1h >= 5 && "
      "!account.admin\"}]\nactions:";
  const auto before = small_with("actions:", rule);
  const auto after = *Policy::compile(small_policy, "p");
  const auto found = compare(before, after);
  EXPECT_TRUE(found.drawn);
  EXPECT_GT(found.changed(Direction::easier), 0U);
  EXPECT_FALSE(found.only_tightens());
  const auto back = compare(after, before);  // nothing is easier, and of kinds that were drawn that shows nothing
  EXPECT_EQ(back.changed(Direction::easier), 0U);
  EXPECT_TRUE(back.drawn);
  EXPECT_FALSE(back.only_tightens());
  const auto same = compare(before, before);  // and of a policy and itself no request need be asked
  EXPECT_FALSE(same.drawn);
  EXPECT_TRUE(same.only_tightens());
}

}  // namespace
}  // namespace sallyport
