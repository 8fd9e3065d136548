#include "shell/directories/state_token.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(state_token, does_not_depend_on_the_order_of_reading) {
  EXPECT_EQ(state_token_of({{"mail", {"a"}}, {"groups", {"x", "y"}}}),
            state_token_of({{"groups", {"y", "x"}}, {"mail", {"a"}}}));
}

TEST(state_token, changes_with_every_value_and_no_value_passes_for_another) {
  const auto base = state_token_of({{"mail", {"ab"}}, {"groups", {}}});
  EXPECT_NE(base, state_token_of({{"mail", {"ac"}}, {"groups", {}}}));
  EXPECT_NE(base, state_token_of({{"mail", {"a", "b"}}, {"groups", {}}}));
  EXPECT_NE(base, state_token_of({{"mail", {}}, {"groups", {"ab"}}}));
  EXPECT_NE(base, state_token_of({{"mail", {"ab"}}, {"groups", {""}}}));
  EXPECT_NE(base, state_token_of({{"mail", {"ab", "0#"}}, {"groups", {}}}));
}

}  // namespace
}  // namespace sallyport
