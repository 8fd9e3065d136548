#include "core/policy/compare.h"

#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

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

}  // namespace
}  // namespace sallyport
