// The join: stricter in every field, whatever the order.
#include "core/policy/requirement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "../tests/support/seeded.h"
#include "base/text.h"
#include "core/policy/judge.h"

namespace sallyport {
namespace {

template <typename Id>
Id id(std::string_view text) {
  return *Id::parse(text);
}

constexpr std::string_view policy_text = R"(policy: join
language: 1
signals:
  passkey:       {rests_on: [device], strength: strong}
  totp:          {rests_on: [handset], fresh: 10m}
  mail_code:     {rests_on: [mailbox]}
  recovery_code: {rests_on: [code_sheet]}
  callback:      {rests_on: [number, handset], strength: strong}
tiers: {light: {signals: 1}}
classes: [{name: all}]
actions: {unlock: light}
)";

std::vector<SignalName> random_signals(Seeded& random) {
  std::vector<SignalName> out;
  for (const auto* name : {"callback", "mail_code", "passkey", "recovery_code", "totp"})
    if (random.one_in(3)) out.push_back(id<SignalName>(name));
  return out;
}

// As the loader makes them: lists sorted, each kind of approver once.
Requirement random_requirement(Seeded& random) {
  Requirement r;
  r.signals = static_cast<std::uint32_t>(random.below(4));
  r.strong = static_cast<std::uint32_t>(random.below(3));
  if (random.one_in(3)) r.include = random_signals(random);
  if (random.one_in(3)) r.allow = random_signals(random);
  for (auto n = random.below(3); n > 0; --n) {
    ApproverConstraint c;
    c.at_least = static_cast<std::uint32_t>(1 + random.below(2));
    if (random.one_in(2)) c.role = id<RoleName>(random.one_in(2) ? "lead" : "chief");
    if (random.one_in(3)) c.outside = id<TeamId>("desk");
    if (random.one_in(3)) c.from = id<OrganizationId>(random.one_in(2) ? "account.organization" : "south");
    Requirement one;
    one.approvers = {c};
    r = join(r, one);
  }
  r.hold_without_strong = minutes(static_cast<std::int64_t>(random.below(3)) * 10);
  if (random.one_in(2)) r.hold_with_strong = r.hold_without_strong;
  if (random.one_in(2)) r.review = Review{hours(static_cast<std::int64_t>(1 + random.below(3))), random.one_in(2)};
  if (random.one_in(2)) r.lasts = hours(static_cast<std::int64_t>(1 + random.below(3)));
  if (random.one_in(3)) r.alarm = true;
  if (random.one_in(2)) r.lists = static_cast<std::uint32_t>(1 + random.below(3));
  return r;
}

TEST(Join, does_not_mind_the_order_or_the_number_of_times) {
  Seeded random(41);
  for (int i = 0; i < 20'000; ++i) {
    const auto a = random_requirement(random);
    const auto b = random_requirement(random);
    const auto c = random_requirement(random);
    ASSERT_EQ(join(a, b), join(b, a));
    ASSERT_EQ(join(join(a, b), c), join(a, join(b, c)));
    ASSERT_EQ(join(a, a), a);
    ASSERT_EQ(join(join(a, b), b), join(a, b));
    ASSERT_EQ(join(a, Requirement{}), a);
  }
}

TEST(Join, takes_the_stricter_field_by_field) {
  Requirement a;
  a.signals = 2;
  a.include = {id<SignalName>("totp")};
  a.allow = {id<SignalName>("callback"), id<SignalName>("totp")};
  a.approvers = {{1, id<RoleName>("lead"), {}, {}}};
  a.hold_without_strong = minutes(30);
  a.review = Review{hours(72), true};
  Requirement b;
  b.signals = 1;
  b.strong = 1;
  b.include = {id<SignalName>("passkey")};
  b.allow = {id<SignalName>("passkey"), id<SignalName>("totp")};
  b.approvers = {{2, id<RoleName>("lead"), {}, {}}, {1, {}, id<TeamId>("desk"), {}}};
  b.hold_with_strong = b.hold_without_strong = minutes(10);
  b.review = Review{hours(24), false};
  b.lasts = hours(1);
  const auto j = join(a, b);
  EXPECT_EQ(j.signals, 2U);
  EXPECT_EQ(j.strong, 1U);
  EXPECT_EQ(j.include, (std::vector{id<SignalName>("passkey"), id<SignalName>("totp")}));
  EXPECT_EQ(j.allow, (std::vector{id<SignalName>("totp")}));
  ASSERT_EQ(j.approvers.size(), 2U);
  EXPECT_EQ(std::ranges::max(j.approvers, {}, &ApproverConstraint::at_least).at_least, 2U);
  EXPECT_EQ(j.hold_without_strong, minutes(30));
  EXPECT_EQ(j.hold_with_strong, minutes(10));
  EXPECT_EQ(j.review, (Review{hours(24), false}));
  EXPECT_EQ(j.lasts, hours(1));
}

std::vector<Evidence> random_evidence(Seeded& random, Instant now) {
  std::vector<Evidence> out;
  const std::vector<std::string_view> names{"passkey", "totp", "mail_code", "recovery_code", "callback"};
  for (auto n = random.below(7); n > 0; --n) {
    Evidence e;
    e.number = static_cast<std::uint32_t>(out.size() + 1);
    e.signal = id<SignalName>(random.pick(names));
    e.result = random.one_in(5) ? EvidenceResult::failed : EvidenceResult::passed;
    e.at = now - minutes(static_cast<std::int64_t>(random.below(12)));
    e.rests_on_account = random.one_in(8);
    out.push_back(std::move(e));
  }
  return out;
}

std::vector<ApproverFacts> random_people(Seeded& random) {
  std::vector<ApproverFacts> out;
  for (auto n = random.below(5); n > 0; --n)
    out.push_back({id<PersonId>(concat("p", random.below(5))),
                   id<OrganizationId>(random.one_in(2) ? "north" : "south"),
                   id<TeamId>(random.one_in(2) ? "desk" : "security"),
                   {id<RoleName>(random.one_in(2) ? "lead" : "chief")},
                   {},
                   {}});
  return out;
}

// The promise that makes a policy safe to edit: a raise never helps anybody through.
TEST(Join, never_makes_a_case_easier) {
  const auto policy = *Policy::compile(policy_text, "policy");
  const Instant now{1'800'000'000'000};
  AccountFacts account;
  account.organization = id<OrganizationId>("north");
  Seeded random(42);
  int satisfied = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto a = random_requirement(random);
    const auto both = join(a, random_requirement(random));
    const auto evidence = random_evidence(random, now);
    const auto harder = judge_identity(policy, both, evidence, now);
    const auto easier = judge_identity(policy, a, evidence, now);
    if (harder.satisfied) {
      ++satisfied;
      ASSERT_TRUE(easier.satisfied);
      const auto hold = [](const Requirement& r, const IdentityJudgement& j) {
        return j.strong ? r.hold_with_strong : r.hold_without_strong;
      };
      ASSERT_GE(hold(both, harder), hold(a, easier));
    }
    const auto people = random_people(random);
    ASSERT_TRUE(!judge_approvals(both, account, people).satisfied || judge_approvals(a, account, people).satisfied);
  }
  EXPECT_GT(satisfied, 500);
}

}  // namespace
}  // namespace sallyport
