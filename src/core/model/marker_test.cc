#include "core/model/marker.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const ExecutionId execution = *ExecutionId::parse("exec-7");

TEST(marker, tells_its_fence_token_back) {
  EXPECT_EQ(marker_of_execution(41, execution), "e41:exec-7");
  EXPECT_EQ(marker_of_fence(42, execution), "f42:exec-7");
  EXPECT_EQ(fence_token_of("e41:exec-7"), 41U);
  EXPECT_EQ(fence_token_of("f18446744073709551615:x"), 18446744073709551615U);
}

TEST(marker, of_an_untouched_account_counts_as_zero) { EXPECT_EQ(fence_token_of(""), 0U); }

TEST(marker, that_somebody_else_wrote_is_not_understood) {
  for (const auto* text : {"x41:exec-7", "e41", "e:exec-7", "e-1:exec-7", "e041:exec-7", "e41:", "e41:EXEC", "e4 1:x",
                           "f18446744073709551616:x", "e+1:x"})
    EXPECT_EQ(fence_token_of(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sallyport
