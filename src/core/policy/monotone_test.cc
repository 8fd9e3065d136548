// More valid evidence never makes an answer worse (P13 of the design): each set of evidence against each set with one
// piece more, under tiers of every kind, with an alarm and without.
#include <gtest/gtest.h>

#include "../tests/support/small_world.h"
#include "core/policy/decision.h"
#include "core/policy/explain.h"

namespace sallyport {
namespace {

constexpr std::string_view policy_of_alarms = R"(policy: alarms
language: 1
signals:
  passkey:       {rests_on: [device], strength: strong}
  security_key:  {rests_on: [key], strength: strong}
  totp:          {rests_on: [handset]}
  push:          {rests_on: [handset]}
  mail_code:     {rests_on: [mailbox]}
  callback:      {rests_on: [number, handset]}
  post_code:     {rests_on: [address]}
notices:
  mail:   {rests_on: [mailbox]}
  app:    {rests_on: [handset, device]}
tiers:
  one:       {signals: 1, alarm: independent}
  one_held:  {signals: 1, hold: {for: 1h, unless: strong}, alarm: independent}
  two_held:  {signals: 2, hold: {for: 1h, unless: strong}, alarm: independent}
  strong:    {signals: 1, strong: 1, hold: {for: 2h}, alarm: independent}
  included:  {signals: 2, include: [mail_code], hold: {for: 1h, unless: strong}, alarm: independent}
  silent:    {signals: 2, hold: {for: 1h, unless: strong}}
classes:
  - {name: everybody}
front_door:
  everybody: [[password]]
actions:
  unlock: one
  password_reset: one_held
  mfa_reset: two_held
  recovery_factor_change: strong
  admin_unlock: included
  service_secret_rotate: silent
guarantees:
  - recovery_not_weaker_than_sign_in: all
)";

TEST(MissingAlarm, is_told_once_what_was_given_suffices_and_not_before) {
  const auto policy = Policy::compile(policy_of_alarms, "p.yaml");
  ASSERT_TRUE(policy.has_value()) << policy.error().what;
  const auto now = *instant_from_rfc3339("2026-03-02T09:00:00.000Z");
  Facts facts;
  facts.set_boolean(Attribute::account_active, true);
  facts.set_boolean(Attribute::account_admin, false);
  facts.set_number(Attribute::request_cases_24h, 0);
  DecisionDesk desk(*policy);
  const auto told = [&](const std::vector<std::string_view>& signals) {
    std::vector<Evidence> given;
    for (const auto name : signals) {
      Evidence e;
      e.number = static_cast<std::uint32_t>(given.size() + 1);
      e.signal = id_of<SignalName>(name);
      e.result = EvidenceResult::passed;
      e.at = now;
      given.push_back(e);
    }
    const DecisionInput input{facts, Action::mfa_reset, given, {}, now, now};
    return to_text(explain_json(*policy, desk.decide(input), input)).contains("a notice to the holder");
  };
  EXPECT_FALSE(told({}));
  EXPECT_FALSE(told({"mail_code"}));
  EXPECT_TRUE(told({"mail_code", "totp"}));
  EXPECT_FALSE(told({"mail_code", "post_code"}));  // the app can tell
}

TEST(MoreEvidence, never_makes_an_answer_worse) {
  const auto policy = Policy::compile(policy_of_alarms, "p.yaml");
  ASSERT_TRUE(policy.has_value()) << policy.error().what;
  const auto now = *instant_from_rfc3339("2026-03-02T09:00:00.000Z");
  std::vector<Evidence> pieces;
  for (const auto& signal : policy->signals()) {
    Evidence e;
    e.number = static_cast<std::uint32_t>(pieces.size() + 1);
    e.signal = signal.name;
    e.result = EvidenceResult::passed;
    e.at = now;
    pieces.push_back(e);
  }
  Facts facts;
  facts.set_boolean(Attribute::account_active, true);
  facts.set_boolean(Attribute::account_admin, false);
  facts.set_number(Attribute::request_cases_24h, 0);
  DecisionDesk desk(*policy);
  std::size_t permits = 0, pending = 0, alarms_missing = 0;
  const auto judge = [&](Action action, std::size_t set, Duration waited) {
    std::vector<Evidence> given;
    for (std::size_t i = 0; i < pieces.size(); ++i)
      if (((set >> i) & 1U) != 0) given.push_back(pieces[i]);
    const auto& d = desk.decide({facts, action, given, {}, now + waited, now});
    if (!d.alarm && d.identity.satisfied) ++alarms_missing;
    return std::tuple(d.verdict == Verdict::permit, d.identity.satisfied, d.alarm, Duration{-d.hold_left.milliseconds});
  };
  for (const auto& [action, tier] : policy->actions())
    for (const auto waited : {Duration{}, minutes(59), hours(1), hours(3)})
      for (std::size_t set = 0; set < (std::size_t{1} << pieces.size()); ++set) {
        const auto [permit, satisfied, alarm, ends] = judge(action, set, waited);
        ++(permit ? permits : pending);
        for (std::size_t i = 0; i < pieces.size(); ++i) {
          const auto more = judge(action, set | (std::size_t{1} << i), waited);
          EXPECT_GE(std::get<0>(more), permit) << to_string(action) << " " << set << " and " << pieces[i].signal.text();
          EXPECT_GE(std::get<1>(more), satisfied);
          EXPECT_GE(std::get<2>(more), alarm);
          if (satisfied && alarm) {
            EXPECT_GE(std::get<3>(more), ends);
          }
        }
      }
  EXPECT_GT(permits, 500U);
  EXPECT_GT(pending, 500U);
  EXPECT_GT(alarms_missing, 100U);  // mail_code is asked for, and the way is mail; or two signals leave no way
}

}  // namespace
}  // namespace sallyport
