// What counts, what is missing, and who may sit where: each rule beside its nearest exception.
#include "core/policy/judge.h"

#include <gtest/gtest.h>

#include "../tests/support/seeded.h"
#include "base/text.h"

namespace sallyport {
namespace {

template <typename Id>
Id id(std::string_view text) {
  return *Id::parse(text);
}

constexpr std::string_view policy_text = R"(policy: judge
language: 1
signals:
  passkey:       {rests_on: [device], fresh: 30m, enrolled_for: 3d, strength: strong}
  totp:          {rests_on: [handset], fresh: 5m}
  mail_code:     {rests_on: [mailbox], fresh: 24h, kind: issued}
  recovery_code: {rests_on: [code_sheet]}
  callback:      {rests_on: [number, handset], fresh: 30m, unchanged_for: 30d}
  proofing:      {rests_on: [document], valid_for: 365d}
tiers: {light: {signals: 1}}
classes: [{name: all}]
actions: {unlock: light}
)";

const Policy& policy() {
  static const Policy compiled = *Policy::compile(policy_text, "policy");
  return compiled;
}

const Instant now{1'800'000'000'000};

class Given {
 public:
  Given& add(std::string_view signal, Duration age = {}, EvidenceResult result = EvidenceResult::passed) {
    Evidence e;
    e.number = static_cast<std::uint32_t>(evidence.size() + 1);
    e.signal = id<SignalName>(signal);
    e.result = result;
    e.at = now - age;
    e.enrolled_at = e.at - days(400);
    e.unchanged_since = e.at - days(400);
    evidence.push_back(e);
    return *this;
  }
  Evidence& last() { return evidence.back(); }
  [[nodiscard]] IdentityJudgement judged(std::uint32_t signals = 1) const {
    Requirement r;
    r.signals = signals;
    return judge_identity(policy(), r, evidence, now);
  }
  [[nodiscard]] std::string why(std::size_t index = 0) const { return judged().verdicts.at(index).why; }

  std::vector<Evidence> evidence;
};

TEST(Evidence, counts_when_it_passed) {
  EXPECT_EQ(Given().add("totp").why(), "counts");
  EXPECT_EQ(Given().add("totp", {}, EvidenceResult::failed).why(), "it failed");
  EXPECT_FALSE(Given().add("totp", {}, EvidenceResult::failed).judged().satisfied);
}

TEST(Evidence, counts_while_it_is_fresh_and_not_a_millisecond_longer) {
  EXPECT_EQ(Given().add("totp", minutes(5)).why(), "counts");
  EXPECT_EQ(Given().add("totp", minutes(5) + Duration{1}).why(), "totp evidence is 5m old, the policy accepts 5m");
  EXPECT_EQ(Given().add("totp", minutes(14)).why(), "totp evidence is 14m old, the policy accepts 5m");
  EXPECT_EQ(Given().add("recovery_code", days(900)).why(), "counts");  // the policy sets no age
}

TEST(Evidence, of_the_future_does_not_count) {
  EXPECT_EQ(Given().add("totp", Duration{-1}).why(), "it lies in the future");
}

TEST(Evidence, counts_when_its_authenticator_is_old_enough_to_the_millisecond) {
  Given given;
  given.add("passkey");
  given.last().enrolled_at = now - days(3);
  EXPECT_EQ(given.why(), "counts");
  given.last().enrolled_at = now - days(3) + Duration{1};
  EXPECT_EQ(given.why(), "the authenticator was bound 2d before, the policy asks 3d");
  given.last().enrolled_at = now - hours(2);
  EXPECT_EQ(given.why(), "the authenticator was bound 2h before, the policy asks 3d");
  given.last().enrolled_at.reset();
  EXPECT_EQ(given.why(), "it is not known when the authenticator was bound");
}

TEST(Evidence, is_as_old_as_its_enrolment_was_when_it_was_given) {
  Given given;
  given.add("passkey", minutes(20));
  given.last().enrolled_at = now - days(3);  // old enough now, not when it was given
  EXPECT_NE(given.why(), "counts");
}

TEST(Evidence, counts_when_the_address_on_file_has_stood_long_enough) {
  Given given;
  given.add("callback");
  given.last().unchanged_since = now - days(30);
  EXPECT_EQ(given.why(), "counts");
  given.last().unchanged_since = now - days(30) + Duration{1};
  EXPECT_EQ(given.why(), "the address on file changed 29d before, the policy asks 30d");
  given.last().unchanged_since.reset();
  EXPECT_EQ(given.why(), "it is not known when the address on file last changed");
}

TEST(Evidence, whose_data_has_no_known_age_does_not_count) {
  EXPECT_EQ(Given().add("proofing").why(), "the age of the data behind proofing is not known");
}

TEST(Evidence, from_a_mailbox_on_the_account_itself_does_not_count) {
  Given given;
  given.add("mail_code");
  EXPECT_EQ(given.why(), "counts");
  given.last().rests_on_account = true;
  EXPECT_EQ(given.why(), "mail_code rests on the account that is being recovered");
}

// Each way in which a piece of evidence can fall short of what the policy asks of its signal.
using Spoils = void (*)(Evidence&);
const std::vector<std::pair<std::string_view, std::vector<Spoils>>> spoils_by_signal = {
    {"passkey",
     {[](Evidence& e) { e.at = now - minutes(30) - Duration{1}; },  // too old
      [](Evidence& e) { e.at = now + Duration{1}; },                // of the future
      [](Evidence& e) { e.enrolled_at = e.at - days(3) + Duration{1}; },
      [](Evidence& e) { e.enrolled_at = now + days(1); }, [](Evidence& e) { e.enrolled_at.reset(); }}},
    {"totp",
     {[](Evidence& e) { e.at = now - minutes(5) - Duration{1}; },
      [](Evidence& e) { e.result = EvidenceResult::failed; }}},
    {"mail_code",
     {[](Evidence& e) { e.at = now - hours(24) - Duration{1}; }, [](Evidence& e) { e.rests_on_account = true; }}},
    {"recovery_code",
     {[](Evidence& e) { e.at = now + Duration{1}; }, [](Evidence& e) { e.result = EvidenceResult::failed; }}},
    {"callback",
     {[](Evidence& e) { e.unchanged_since = e.at - days(30) + Duration{1}; },
      [](Evidence& e) { e.unchanged_since.reset(); }}},
    {"proofing",
     {[](Evidence& e) { e.data_at = e.at - days(365) - Duration{1}; }, [](Evidence& e) { e.data_at = now + days(1); },
      [](Evidence& e) { e.data_at.reset(); }}},
};

// decide(E with e stale) = decide(E without e), for every rule, evidence and way to be stale: what falls short is not a
// weaker signal but none, and takes no other signal's place.
TEST(Evidence, that_falls_short_is_as_if_it_were_not_there) {
  Seeded seeded(6);
  std::size_t satisfied = 0;
  for (int round = 0; round < 20'000; ++round) {
    SCOPED_TRACE(round);
    Requirement r;
    r.signals = static_cast<std::uint32_t>(seeded.below(4));
    r.strong = seeded.one_in(4) ? 1 : 0;
    if (seeded.one_in(4)) r.include = {id<SignalName>(seeded.pick(spoils_by_signal).first)};
    if (seeded.one_in(4)) {
      r.allow.emplace();
      for (const auto& [name, spoils] : spoils_by_signal)
        if (!seeded.one_in(3)) r.allow->push_back(id<SignalName>(name));
      std::ranges::sort(*r.allow);
    }
    Given given;
    const auto pieces = 1 + seeded.below(5);
    for (std::size_t i = 0; i < pieces; ++i) {
      given.add(seeded.pick(spoils_by_signal).first, minutes(static_cast<std::int64_t>(seeded.below(5))));
      given.last().data_at = now - days(30);
    }
    const auto which = seeded.below(pieces);
    auto& spoiled = given.evidence[which];
    for (const auto& [name, spoils] : spoils_by_signal)
      if (spoiled.signal.text() == name) seeded.pick(spoils)(spoiled);
    auto without = given.evidence;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(which));

    const auto with_it = judge_identity(policy(), r, given.evidence, now);
    const auto as_if = judge_identity(policy(), r, without, now);
    EXPECT_FALSE(with_it.verdicts[which].counts) << spoiled.signal.text();
    EXPECT_EQ(with_it.satisfied, as_if.satisfied);
    EXPECT_EQ(with_it.strong, as_if.strong);
    EXPECT_EQ(with_it.counted, as_if.counted);
    ASSERT_EQ(with_it.missing.size(), as_if.missing.size());
    for (std::size_t i = 0; i < as_if.missing.size(); ++i) {
      EXPECT_EQ(with_it.missing[i].what, as_if.missing[i].what);
      EXPECT_EQ(with_it.missing[i].who, as_if.missing[i].who);
    }
    satisfied += as_if.satisfied && r.signals > 0 ? 1 : 0;
  }
  EXPECT_GT(satisfied, 1'000U);  // the answer was not no each time
}

TEST(Evidence, of_an_unknown_signal_does_not_count) {
  EXPECT_EQ(Given().add("vouch").why(), "vouch is not a signal of the policy");
}

TEST(Evidence, that_is_not_allowed_does_not_count) {
  Given given;
  given.add("totp").add("recovery_code");
  Requirement r;
  r.signals = 1;
  r.allow = {id<SignalName>("recovery_code")};
  const auto judged = judge_identity(policy(), r, given.evidence, now);
  EXPECT_EQ(judged.verdicts[0].why, "totp is not allowed for this action");
  EXPECT_EQ(judged.counted, (std::vector<std::uint32_t>{2}));
}

TEST(Independence, two_signals_that_rest_on_one_thing_are_one) {
  const auto shared = Given().add("totp").add("callback").judged(2);
  EXPECT_FALSE(shared.satisfied);
  EXPECT_EQ(shared.counted.size(), 1U);
  EXPECT_EQ(shared.missing.at(0).what,
            "2 independent signals, 1 given so far; of use now: passkey, mail_code, recovery_code or proofing");
  EXPECT_TRUE(Given().add("totp").add("recovery_code").judged(2).satisfied);
}

TEST(Independence, the_same_signal_twice_is_once_and_the_newest_stands) {
  const auto judged = Given().add("totp", minutes(2)).add("totp").judged(2);
  EXPECT_FALSE(judged.satisfied);
  EXPECT_EQ(judged.counted, (std::vector<std::uint32_t>{2}));
  EXPECT_EQ(judged.verdicts[0].why, "it rests on the same thing as evidence that counts, or repeats it");
}

TEST(Independence, a_failed_try_takes_nothing_away) {
  EXPECT_EQ(Given().add("totp").add("totp", {}, EvidenceResult::failed).judged().counted,
            (std::vector<std::uint32_t>{1}));
}

TEST(Independence, of_all_sets_the_one_that_serves_best_is_taken) {
  // callback came first, but totp with it would be one; totp, mail_code and the rest are three.
  const auto judged = Given().add("callback").add("totp").add("mail_code").judged(2);
  EXPECT_TRUE(judged.satisfied);
  EXPECT_EQ(judged.counted, (std::vector<std::uint32_t>{1, 3}));  // earlier evidence wins ties
}

TEST(Requirement, asks_for_each_included_signal) {
  Given given;
  given.add("totp").add("mail_code");
  Requirement r;
  r.signals = 2;
  r.include = {id<SignalName>("callback")};
  auto judged = judge_identity(policy(), r, given.evidence, now);
  EXPECT_FALSE(judged.satisfied);
  EXPECT_EQ(judged.missing.at(0).what, "the signal callback");
  given.add("callback");  // takes the place of totp, which rings on the same handset
  judged = judge_identity(policy(), r, given.evidence, now);
  EXPECT_TRUE(judged.satisfied);
  EXPECT_EQ(judged.counted, (std::vector<std::uint32_t>{2, 3}));
}

TEST(Requirement, asks_for_strong_signals) {
  Requirement r;
  r.signals = 2;
  r.strong = 1;
  Given given;
  given.add("totp").add("mail_code");
  auto judged = judge_identity(policy(), r, given.evidence, now);
  EXPECT_FALSE(judged.satisfied);
  EXPECT_FALSE(judged.strong);
  EXPECT_EQ(judged.missing.at(0).what, "1 of them strong, 0 given so far; of use now: passkey");
  given.add("passkey");
  judged = judge_identity(policy(), r, given.evidence, now);
  EXPECT_TRUE(judged.satisfied);
  EXPECT_TRUE(judged.strong);
}

// -- seats ------------------------------------------------------------------------------------

ApproverFacts person(std::string_view name, std::vector<std::string_view> seats, std::string_view team = "desk",
                     std::string_view organization = "north") {
  ApproverFacts p{id<PersonId>(name), id<OrganizationId>(organization), id<TeamId>(team), {}, {}, {}};
  for (const auto seat : seats) p.seats.push_back(id<RoleName>(seat));
  return p;
}

ApproverConstraint seat(std::uint32_t at_least, std::string_view role) {
  ApproverConstraint c;
  c.at_least = at_least;
  c.role = id<RoleName>(role);
  return c;
}

bool seated(const std::vector<ApproverConstraint>& constraints, const std::vector<ApproverFacts>& people) {
  AccountFacts account;
  account.organization = id<OrganizationId>("north");
  Requirement r;
  r.approvers = constraints;
  return judge_approvals(r, account, people).satisfied;
}

TEST(Seats, one_person_fills_one_seat) {
  const auto both = person("ada", {"lead", "chief"});
  EXPECT_FALSE(seated({seat(1, "lead"), seat(1, "chief")}, {both}));
  EXPECT_TRUE(seated({seat(1, "lead"), seat(1, "chief")}, {both, person("ben", {"lead"})}));
  EXPECT_TRUE(seated({seat(1, "lead"), seat(1, "chief")}, {both, person("ben", {"chief"})}));
  EXPECT_FALSE(seated({seat(2, "lead")}, {both}));
}

TEST(Seats, one_person_with_two_accounts_is_one_person) {
  EXPECT_FALSE(seated({seat(2, "lead")}, {person("ada", {"lead"}), person("ada", {"lead"})}));
  EXPECT_TRUE(seated({seat(2, "lead")}, {person("ada", {"lead"}), person("ben", {"lead"})}));
}

TEST(Seats, people_make_room_for_each_other) {
  // Whoever sits down first takes the lead's seat; only ada can be chief and only cleo be clerk.
  const std::vector<ApproverConstraint> wanted{seat(1, "lead"), seat(1, "chief"), seat(1, "clerk")};
  EXPECT_TRUE(
      seated(wanted, {person("ada", {"lead", "chief"}), person("cleo", {"lead", "clerk"}), person("ben", {"lead"})}));
  EXPECT_FALSE(seated(wanted, {person("ada", {"lead", "chief"}), person("cleo", {"lead", "clerk"})}));
}

TEST(Seats, outside_and_from_are_of_the_person) {
  ApproverConstraint outside;
  outside.outside = id<TeamId>("desk");
  EXPECT_FALSE(seated({outside}, {person("ada", {}, "desk")}));
  EXPECT_TRUE(seated({outside}, {person("ada", {}, "security")}));
  ApproverConstraint home;
  home.from = id<OrganizationId>("account.organization");
  EXPECT_FALSE(seated({home}, {person("sam", {}, "desk", "south")}));
  EXPECT_TRUE(seated({home}, {person("ada", {}, "desk", "north")}));
  ApproverConstraint south;
  south.from = id<OrganizationId>("south");
  EXPECT_TRUE(seated({south}, {person("sam", {}, "desk", "south")}));
}

TEST(Seats, what_is_missing_is_said) {
  Requirement r;
  r.approvers = {seat(2, "lead")};
  r.approvers[0].outside = id<TeamId>("desk");
  const auto judged = judge_approvals(r, {}, std::vector{person("ada", {"lead"}, "security")});
  EXPECT_EQ(judged.missing.at(0).what, "1 approval by someone with the role lead from outside desk");
  EXPECT_EQ(judged.missing.at(0).who, "approver");
}

TEST(Seats, somebody_without_one_is_told_so) {
  Requirement r;
  r.approvers = {seat(1, "lead")};
  EXPECT_TRUE(fits_a_seat(r, {}, person("ada", {"lead"})));
  EXPECT_FALSE(fits_a_seat(r, {}, person("ada", {"chief"})));
  EXPECT_FALSE(fits_a_seat(Requirement{}, {}, person("ada", {"lead"})));
}

}  // namespace
}  // namespace sallyport
