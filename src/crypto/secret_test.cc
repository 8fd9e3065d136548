#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <string>
#include <type_traits>

#include "base/json.h"

namespace sallyport {
namespace {

template <typename T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };
template <typename T>
concept comparable = requires(const T& a, const T& b) { a == b; };
template <typename T>
concept ordered = requires(const T& a, const T& b) { a < b; };

static_assert(!std::copyable<SecretBytes> && std::movable<SecretBytes>);
static_assert(!printable<SecretBytes> && !comparable<SecretBytes> && !ordered<SecretBytes>);
static_assert(!std::convertible_to<SecretBytes, std::string> && !std::constructible_from<std::string, SecretBytes>);
static_assert(!std::convertible_to<SecretBytes, std::string_view> && !std::convertible_to<SecretBytes, ByteView>);
static_assert(!std::convertible_to<SecretBytes, Json> && !std::constructible_from<Json, SecretBytes>);
static_assert(!std::convertible_to<SecretBytes, bool> && !std::convertible_to<SecretBytes, Bytes>);
// The same questions answered with yes, so that a concept that is never satisfied shows.
static_assert(printable<int> && comparable<Digest> && ordered<Digest> && std::constructible_from<Json, std::string>);

TEST(secret, copying_in_leaves_the_source_as_it_was) {
  const Bytes source = {1, 2, 3};
  const auto kept = SecretBytes::copy_of(source);
  EXPECT_TRUE(kept.equals_constant_time(source));
  EXPECT_EQ(kept.size(), 3U);
}

TEST(secret, taking_leaves_the_source_wiped_and_empty) {
  Bytes source = {1, 2, 3, 4};
  const auto* const where = source.data();
  const auto kept = SecretBytes::take(std::move(source));
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): what take() leaves is promised
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(where[i], 0) << i;  // the vector still owns its capacity
  EXPECT_TRUE(kept.equals_constant_time(Bytes{1, 2, 3, 4}));
}

TEST(secret, taking_a_text_wipes_it) {
  std::string source = "a password that is longer than the small buffer of a string";
  const auto* const where = source.data();
  const auto length = source.size();
  const auto kept = SecretBytes::take(std::move(source));
  EXPECT_TRUE(source.empty());  // NOLINT(bugprone-use-after-move): what take() leaves is promised
  for (std::size_t i = 1; i < length; ++i) EXPECT_EQ(where[i], '\0') << i;
  EXPECT_EQ(kept.size(), length);
}

TEST(secret, a_moved_from_secret_is_empty) {
  auto first = SecretBytes::copy_of(Bytes{7, 8});
  auto second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): what a move leaves is promised
  EXPECT_EQ(first.reveal().size(), 0U);
  second = SecretBytes::copy_of(Bytes{9});
  EXPECT_TRUE(second.equals_constant_time(Bytes{9}));
  auto& same = second;
  second = std::move(same);
  EXPECT_TRUE(second.equals_constant_time(Bytes{9}));
}

TEST(secret, equality_looks_at_every_byte_and_the_length) {
  const Bytes right = {1, 2, 3};
  EXPECT_TRUE(equal_constant_time(right, Bytes{1, 2, 3}));
  EXPECT_FALSE(equal_constant_time(right, Bytes{0, 2, 3}));
  EXPECT_FALSE(equal_constant_time(right, Bytes{1, 2, 4}));
  EXPECT_FALSE(equal_constant_time(right, Bytes{1, 2}));
  EXPECT_FALSE(equal_constant_time(right, Bytes{}));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(secret, wiping_reaches_what_an_earlier_longer_value_left_behind) {
  std::string text = "the first and much longer value of this text";
  const auto* const where = text.data();
  text.resize(3);
  wipe(text);
  EXPECT_TRUE(text.empty());
  for (std::size_t i = 1; i < 40; ++i) EXPECT_EQ(where[i], '\0') << i;
}

}  // namespace
}  // namespace sallyport
