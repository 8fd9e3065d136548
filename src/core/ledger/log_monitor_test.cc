#include "core/ledger/log_monitor.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr const char* origin = "log.example.org/test";

Ed25519SigningKey key() { return Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 7))).value(); }
VerifierKey trusted() { return verifier_key_of(origin, key()).value(); }

std::string entry(std::uint64_t i) { return concat("entry ", i); }

std::vector<Digest> leaves(std::uint64_t from, std::uint64_t to, std::string_view salt = "") {
  std::vector<Digest> out;
  for (auto i = from; i < to; ++i) out.push_back(hash_leaf(view_of(concat(salt, entry(i)))));
  return out;
}
std::string note(std::uint64_t size, std::string_view salt = "") {
  return sign_checkpoint(origin, size, root_of(leaves(0, size, salt)), key());
}

LogMonitor monitor_that_saw(std::uint64_t size, bool rules = false) {
  LogMonitor monitor(trusted(), std::nullopt, rules);
  EXPECT_EQ(monitor.see(note(size)), size);
  EXPECT_EQ(monitor.grow(note(size), leaves(0, size), Instant()), std::nullopt);
  return monitor;
}

std::optional<LogAlarmKind> told(LogMonitor& monitor, const std::string& checkpoint, const std::vector<Digest>& more) {
  if (const auto seen = monitor.see(checkpoint); !seen) return seen.error().kind;
  const auto alarm = monitor.grow(checkpoint, more, Instant());
  return alarm ? std::optional(alarm->kind) : std::nullopt;
}

TEST(LogMonitor, takes_what_grew_out_of_what_it_saw_and_nothing_else) {
  for (const std::uint64_t size : {1, 5, 255, 256, 257}) {
    auto monitor = monitor_that_saw(size);
    EXPECT_EQ(told(monitor, note(size), {}), std::nullopt);
    EXPECT_EQ(told(monitor, note(size - 1), {}), LogAlarmKind::rollback);
    EXPECT_EQ(told(monitor, note(size, "x"), {}), LogAlarmKind::fork);
    EXPECT_EQ(told(monitor, note(size + 3, "x"), leaves(size, size + 3, "x")), LogAlarmKind::fork);
    EXPECT_EQ(told(monitor, note(size + 3), leaves(size, size + 2)), LogAlarmKind::fork);
    EXPECT_EQ(monitor.memory()->note, note(size));  // the older one is the one to show
    EXPECT_EQ(told(monitor, note(size + 3), leaves(size, size + 3)), std::nullopt);
    EXPECT_EQ(monitor.memory()->note, note(size + 3));
  }
}

TEST(LogMonitor, whoever_rules_reads_from_the_beginning_and_finds_the_same_forks) {
  const auto saw = monitor_that_saw(5);
  for (const auto& [salt, alarm] :
       {std::pair{"", std::optional<LogAlarmKind>()}, std::pair{"x", std::optional(LogAlarmKind::fork)}}) {
    LogMonitor again(trusted(), saw.memory(), true);
    EXPECT_EQ(again.next_leaf(), 0u);
    EXPECT_EQ(told(again, note(8, salt), leaves(0, 8, salt)), alarm);
  }
}

TEST(LogMonitor, a_checkpoint_of_another_key_or_name_is_an_alarm) {
  auto monitor = monitor_that_saw(3);
  const auto other = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 8))).value();
  EXPECT_EQ(told(monitor, sign_checkpoint(origin, 4, root_of(leaves(0, 4)), other), {}), LogAlarmKind::signature);
  EXPECT_EQ(told(monitor, sign_checkpoint("other.example.org", 4, root_of(leaves(0, 4)), key()), {}),
            LogAlarmKind::signature);
  EXPECT_EQ(told(monitor, "", {}), LogAlarmKind::signature);
}

TEST(LogMonitor, an_entry_that_is_not_the_one_that_was_signed_is_not_taken) {
  auto monitor = monitor_that_saw(3, true);
  const auto alarms = monitor.take("another");
  ASSERT_EQ(alarms.size(), 1u);
  EXPECT_EQ(alarms[0].kind, LogAlarmKind::entry);
  EXPECT_EQ(monitor.next_entry(), 0u);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto of_entry = monitor.take(entry(i));  // which is no entry of Sallyport
    ASSERT_EQ(of_entry.size(), 1u);
    EXPECT_EQ(of_entry[0].kind, LogAlarmKind::ruling);
    EXPECT_EQ(of_entry[0].entry, i);
  }
  EXPECT_EQ(monitor.next_entry(), 3u);
  EXPECT_TRUE(monitor.take(entry(3)).empty());
}

TEST(LogMonitor, tells_a_ruling_once_over_all_restarts) {
  auto monitor = monitor_that_saw(3, true);
  EXPECT_EQ(monitor.take(entry(0)).size(), 1u);
  LogMonitor again(trusted(), parse_log_memory(encode_log_memory(*monitor.memory()), trusted()).value(), true);
  EXPECT_EQ(told(again, note(3), leaves(0, 3)), std::nullopt);
  EXPECT_TRUE(again.take(entry(0)).empty());
  EXPECT_EQ(again.take(entry(1)).size(), 1u);
}

TEST(LogMonitor, goes_on_telling_after_a_hundred_rulings) {
  auto monitor = monitor_that_saw(150, true);
  for (std::uint64_t i = 0; i < 150; ++i) EXPECT_EQ(monitor.take(entry(i)).size(), 1u) << i;
}

TEST(LogMonitor, a_memory_that_is_not_its_own_is_refused) {
  const auto good = monitor_that_saw(5).memory().value();
  EXPECT_TRUE(parse_log_memory(encode_log_memory(good), trusted()));
  auto wrong = good;
  wrong.ruled = 6;
  EXPECT_FALSE(parse_log_memory(encode_log_memory(wrong), trusted()));
  wrong = good;
  wrong.note = note(5, "x");
  EXPECT_FALSE(parse_log_memory(encode_log_memory(wrong), trusted()));
  EXPECT_FALSE(parse_log_memory("", trusted()));
  EXPECT_FALSE(parse_log_memory("{}", trusted()));
}

}  // namespace
}  // namespace sallyport
