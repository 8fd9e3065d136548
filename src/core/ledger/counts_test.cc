// What the store counts and rules read: tries of an authenticator over all cases, cases within an hour. The auditor
// counts again, and an entry that tells fewer convicts whoever wrote it.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"

namespace sallyport {
namespace {

constexpr std::optional<DenialCode> allowed = std::nullopt;

std::string first_finding(const SmallWorld& world) {
  const auto report = world.audit();
  return report.findings.empty() ? std::string() : report.findings.front().text;
}

void fails(SmallWorld& world, std::string_view id, int times) {
  RecordEvidence command;
  command.signal = id_of<SignalName>("totp");
  command.result = EvidenceResult::failed;
  for (int i = 0; i < times; ++i) ASSERT_EQ(world.told(id, command), allowed);
}

TEST(Tries, are_those_of_the_authenticator_over_all_cases) {
  SmallWorld world;  // three tries
  world.open("c-1", Action::unlock);
  fails(world, "c-1", 2);
  world.open("c-2", Action::unlock);
  fails(world, "c-2", 1);
  EXPECT_EQ(world.give("c-2", "totp"), DenialCode::signal_tries_exhausted);
  EXPECT_EQ(world.give("c-2", "recovery_code"), allowed);  // another authenticator
  EXPECT_EQ(first_finding(world), "");
}

TEST(Tries, are_there_again_after_a_day) {
  SmallWorld world;
  world.open("c-1", Action::unlock);
  fails(world, "c-1", 3);
  world.wait(hours(24) + Duration{1});
  world.open("c-2", Action::unlock);
  EXPECT_EQ(world.give("c-2", "totp"), allowed);
  EXPECT_EQ(first_finding(world), "");
}

TEST(Tries, are_there_again_once_it_passed) {
  SmallWorld world;
  world.open("c-1", Action::unlock);
  fails(world, "c-1", 2);
  world.open("c-2", Action::unlock);
  EXPECT_EQ(world.give("c-2", "totp"), allowed);
  world.open("c-3", Action::unlock);
  fails(world, "c-3", 2);
  EXPECT_EQ(world.give("c-3", "totp"), allowed);
  EXPECT_EQ(first_finding(world), "");
}

TEST(Tries, the_auditor_counts_again) {
  SmallWorld world;
  world.open("c-1", Action::unlock);
  fails(world, "c-1", 3);
  world.open("c-2", Action::unlock);
  EvidenceRecorded told;  // as a server writes it that wants to go on guessing
  told.evidence.number = 1;
  told.evidence.signal = id_of<SignalName>("totp");
  told.evidence.at = world.now;
  told.failed_elsewhere = 1;
  ASSERT_TRUE(world.write_down("c-2", CaseEvent(told)).has_value());
  EXPECT_NE(first_finding(world).find("totp had failed 3 times in other cases, not 1"), std::string::npos)
      << first_finding(world);
}

// A server that leaves the count out from the first entry on, as ledgers of before do.
TEST(Tries, are_counted_by_the_auditor_of_whoever_never_tells_them) {
  for (const auto& [failures, wrong] : {std::pair{2, false}, std::pair{3, true}}) {
    SmallWorld world;  // three tries
    const auto silent = [&](std::string_view id, std::uint32_t number, EvidenceResult result) {
      EvidenceRecorded told;
      told.evidence.number = number;
      told.evidence.signal = id_of<SignalName>("totp");
      told.evidence.result = result;
      told.evidence.at = world.now;
      return world.write_down(id, CaseEvent(told)).has_value();
    };
    world.open("c-1", Action::unlock);
    for (int i = 1; i <= failures; ++i)
      ASSERT_TRUE(silent("c-1", static_cast<std::uint32_t>(i), EvidenceResult::failed));
    world.open("c-2", Action::unlock);
    ASSERT_TRUE(silent("c-2", 1, EvidenceResult::failed));
    EXPECT_EQ(first_finding(world).find("totp had failed 3 times in other cases, not 0") != std::string::npos, wrong)
        << failures << ": " << first_finding(world);
  }
}

TEST(CasesOfAnHour, are_counted_over_all_accounts_and_by_agent) {
  SmallWorld world;
  world.open("c-1", Action::unlock);
  world.wait(minutes(30));
  world.open("c-2", Action::unlock);
  EXPECT_EQ(world.state("c-2").opened.request.cases_1h, 1U);
  EXPECT_EQ(world.state("c-2").opened.request.agent_cases_1h, 1U);
  auto other = world.opening(Action::unlock, "abe", "rosa");
  ASSERT_EQ(world.told("c-3", other), allowed);
  EXPECT_EQ(world.state("c-3").opened.request.cases_1h, 2U);
  EXPECT_EQ(world.state("c-3").opened.request.agent_cases_1h, 0U);
  world.wait(minutes(31));
  auto later = world.opening(Action::unlock, "ann", "rosa");
  EXPECT_EQ(later.request.cases_1h, 2U);  // the first is more than an hour ago
  EXPECT_EQ(first_finding(world), "");
}

TEST(CasesOfAnHour, the_auditor_counts_again) {
  for (const bool of_agent : {false, true}) {
    SmallWorld world;
    world.open("c-1", Action::unlock);
    world.open("c-2", Action::unlock);
    auto opening = world.opening(Action::unlock, "ann", "rosa");
    (of_agent ? opening.request.agent_cases_1h : opening.request.cases_1h) = 1;
    ASSERT_EQ(world.told("c-3", opening), allowed);
    EXPECT_NE(first_finding(world).find("had 2 cases within an hour, not 1"), std::string::npos)
        << first_finding(world);
  }
}

}  // namespace
}  // namespace sallyport
