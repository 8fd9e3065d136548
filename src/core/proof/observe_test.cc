// What a proof tells beside the guarantees: where each property is told, and the nearest case where it is not.
#include "core/proof/observe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "../tests/support/files_for_tests.h"
#include "base/text.h"
#include "core/proof/catalogue.h"
#include "core/proof/certificate.h"

namespace sallyport::proof {
namespace {

constexpr std::string_view small = R"(policy: small
language: 1
signals:
  totp:          {rests_on: [handset], fresh: 5m}
  mail_code:     {rests_on: [mailbox], fresh: 24h, kind: issued}
  recovery_code: {rests_on: [code_sheet], fresh: 1h}
tiers:
  light:    {signals: 1}
  standard: {signals: 2, approvers: [{at_least: 1, role: lead}]}
  guarded:  {signals: 2, approvers: [{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}], hold: {for: 30m}}
classes:
  - {name: admins, when: "account.admin", floor: guarded}
  - {name: staff}
front_door:
  admins: [[security_key]]
  staff:  [[password, totp]]
actions:
  password_reset: standard
  mfa_reset: standard
guarantees:
  - recovery_not_weaker_than_sign_in: all
  - people_needed: {admins: 2}
  - no_lockout: {after_losing: [handset]}
)";

constexpr std::string_view people = R"(organization: few
people:
  lead:  {count: 2, team: help_desk, seats: [lead]}
  other: {count: 3, team: business}
accounts:
  root: {count: 4, class: admins, facts: {account.admin: true}}
  desk: {count: 9, class: staff, facts: {account.admin: false}}
)";

std::string changed(std::string_view from, std::string_view to, std::string_view text) {
  std::string out(text);
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

class Told {
 public:
  Told(std::string_view policy_text, std::string_view population_text) {
    const auto policy = Policy::compile(policy_text, "p.yaml");
    EXPECT_TRUE(policy) << policy.error().what;
    const auto population = read_population(population_text, *policy);
    EXPECT_TRUE(population) << population.error().front().what;
    const auto proof = prove_policy(*policy, *population);
    EXPECT_TRUE(proof) << proof.error().what;
    all_ = observe(*policy, *population, *proof);
  }

  // "about: words", with "!" behind a concern.
  [[nodiscard]] std::vector<std::string> of(std::string_view property) const {
    std::vector<std::string> out;
    for (const auto& o : all_)
      if (o.property == property) out.push_back(concat(o.about, ": ", o.words, o.concern ? "!" : ""));
    std::ranges::sort(out);
    return out;
  }
  [[nodiscard]] std::size_t concerns(std::string_view property) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(all_, [&](const Observation& o) { return o.property == property && o.concern; }));
  }
  // As JSON; empty when it is not told.
  [[nodiscard]] std::string data(std::string_view property, std::string_view about) const {
    for (const auto& o : all_)
      if (o.property == property && o.about == about && !o.data.is_null()) return to_text(o.data);
    return "";
  }
  [[nodiscard]] bool says(std::string_view property, std::string_view words) const {
    return std::ranges::any_of(
        all_, [&](const Observation& o) { return o.property == property && o.words.find(words) != std::string::npos; });
  }

 private:
  std::vector<Observation> all_;
};

// -- people ----------------------------------------------------------------------------------------
TEST(PeopleByLevel, tells_each_level_from_nobody_to_impossible) {
  const Told told(small, people);
  // Codes are read out by level 2; the passkeys of approvers are stolen by level 4.
  EXPECT_EQ(told.data("people_by_level", "root"), R"({"people":[null,null,2,2,0]})");
  EXPECT_EQ(told.data("people_by_level", "desk"), R"({"people":[null,null,0,0,0]})");
}

TEST(PeopleByLevel, an_operator_and_a_mailbox_stand_for_a_signal) {
  const auto with = changed("accounts:", "  operator: {count: 2, team: security, operator: true}\naccounts:", people);
  // At level 1 the mailbox is had, and whoever binds an authenticator for it also fills the seat outside the help desk.
  EXPECT_EQ(Told(small, with).data("people_by_level", "root"), R"({"people":[null,2,2,2,0]})");
  EXPECT_EQ(Told(small, changed("team: security", "team: help_desk", with)).data("people_by_level", "root"),
            R"({"people":[null,3,2,2,0]})");
}

TEST(PeopleByLevel, the_holder_is_no_help_to_whoever_takes_their_account) {
  const auto held = changed("root: {count: 4,", "root: {count: 4, held_by: lead,", people);
  EXPECT_EQ(Told(small, held).data("people_by_level", "root"), R"({"people":[null,null,2,2,0]})");
  const auto alone = changed("lead:  {count: 2,", "lead:  {count: 1,", held);
  EXPECT_EQ(Told(small, alone).data("people_by_level", "root"), R"({"people":[null,null,null,null,0]})");
}

TEST(TwoPeople, says_nobody_where_nobody_is_needed) {
  EXPECT_TRUE(Told(small, people).of("two_people").empty());
  const auto one =
      changed("[{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}]", "[{at_least: 1, role: lead}]", small);
  EXPECT_EQ(
      Told(one, people).of("two_people"),
      (std::vector<std::string>{"root: mfa_reset needs one person only once its signals are forged: lead-1!",
                                "root: password_reset needs one person only once its signals are forged: lead-1!"}));
  auto none = changed("approvers: [{at_least: 1, role: lead}], hold", "hold", one);
  none = changed("standard: {signals: 2, approvers: [{at_least: 1, role: lead}]}", "standard: {signals: 2}", none);
  EXPECT_EQ(Told(none, people).of("two_people"),
            (std::vector<std::string>{"root: mfa_reset needs nobody once its signals are forged!",
                                      "root: password_reset needs nobody once its signals are forged!"}));
}

TEST(TwoPeople, does_not_name_the_holder) {
  // One lead holds the account and may not approve for it: it takes the other.
  const auto one =
      changed("[{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}]", "[{at_least: 1, role: lead}]", small);
  const auto held = changed("root: {count: 4,", "root: {count: 4, held_by: lead,", people);
  EXPECT_TRUE(Told(one, held).says("two_people", "are forged: lead-2"));
}

// -- emergency access ------------------------------------------------------------------------------
constexpr std::string_view glass_tier =
    "tiers:\n  glass:    {signals: 2, approvers: [{at_least: 2, role: officer}], lasts: 1h, review: 1d}\n";
constexpr std::string_view officers = "people:\n  officer: {count: 3, team: operations, seats: [officer]}\n";

TEST(BreakGlass, is_not_given_by_those_who_review_it) {
  const auto glass =
      changed("tiers:\n", glass_tier, changed("actions:\n", "actions:\n  emergency_access: glass\n", small));
  const auto with = [&](std::string_view more) { return changed("people:\n", concat(officers, more), people); };
  constexpr std::string_view themselves = "those who review emergency access can give it to themselves";
  const Told apart(glass, with("  auditor: {count: 2, team: audit, seats: [reviewer]}\n"));
  EXPECT_EQ(apart.concerns("break_glass"), 0U);
  EXPECT_TRUE(apart.says("break_glass", "emergency access takes 2 people at the least"));
  const Told same(glass, changed("seats: [officer]", "seats: [officer, reviewer]", with("")));
  EXPECT_TRUE(same.says("break_glass", themselves));
  EXPECT_EQ(same.concerns("break_glass"), 1U);  // of desk: for root a lead says yes as well
  const Told unknown(glass, with(""));
  EXPECT_FALSE(unknown.says("break_glass", themselves));
  EXPECT_TRUE(unknown.says("break_glass", "was not looked at"));
}

TEST(BreakGlass, counts_people_beside_the_holder) {
  auto glass = changed("tiers:\n", changed("at_least: 2, role: officer", "at_least: 1, role: officer", glass_tier),
                       changed("actions:\n", "actions:\n  emergency_access: glass\n", small));
  glass = changed(", floor: guarded", "", glass);
  const auto population = changed("people:\n", officers, people);
  EXPECT_EQ(Told(glass, population).data("break_glass", "emergency_access@root"), R"({"people":1})");
  // Of two signals one is the holder's security key: no number of others has it.
  const auto key = changed("  totp: ", "  security_key:  {rests_on: [security_key]}\n  totp: ",
                           changed("glass:    {signals: 2,", "glass:    {signals: 2, include: [security_key],", glass));
  const Told told(key, population);
  EXPECT_EQ(told.data("break_glass", "emergency_access@root"), R"({"people":null})");
  EXPECT_FALSE(told.says("break_glass", "at the least"));
}

// -- attacks ---------------------------------------------------------------------------------------
constexpr std::string_view rings = R"(policy: rings
language: 1
signals:
  callback:      {rests_on: [number]}
  desk_callback: {rests_on: [desk_line]}
  mail_code:     {rests_on: [mailbox]}
tiers: {both: {signals: 2, allow: [callback, desk_callback]}}
classes:
  - {name: admins, when: "account.admin"}
  - {name: bosses, when: "account.executive"}
  - {name: staff}
front_door: {admins: [[security_key]], bosses: [[security_key]], staff: [[security_key]]}
actions: {mfa_reset: both}
guarantees: [{recovery_not_weaker_than_sign_in: all}]
)";
constexpr std::string_view rung = R"(organization: few
people:
  other: {count: 3, team: business}
accounts:
  root: {count: 4, class: admins, facts: {account.admin: true}}
  boss: {count: 5, class: bosses, facts: {account.admin: false, account.executive: true}}
  desk: {count: 9, class: staff, facts: {account.admin: false, account.executive: false}}
)";

TEST(EasyWays, of_the_two_most_protected_classes_are_not_of_the_telephone_alone) {
  const Told told(rings, rung);
  EXPECT_EQ(told.of("telephone_only").size(), 2U);  // root and boss, and not desk
  EXPECT_TRUE(told.says("telephone_only", "falls to what comes over the telephone alone: the holder's desk telephone"));
  EXPECT_TRUE(told.of("phishable_only").empty());  // the exchange is not had from afar
  // The mailbox is no telephone, and is phished.
  const Told mail(changed("[callback, desk_callback]", "[callback, mail_code]", rings), rung);
  EXPECT_TRUE(mail.of("telephone_only").empty());
  EXPECT_EQ(mail.of("phishable_only").size(), 2U);
  // One of each is neither.
  const Told mixed(changed("[callback, desk_callback]", "[desk_callback, mail_code]", rings), rung);
  EXPECT_TRUE(mixed.of("telephone_only").empty());
  EXPECT_TRUE(mixed.of("phishable_only").empty());
}

TEST(EasyWays, are_told_of_every_class_that_promises_two_people) {
  const auto promised = changed("[{recovery", "[{people_needed: {staff: 2}}, {recovery", rings);
  EXPECT_EQ(Told(promised, rung).of("telephone_only").size(), 3U);
  EXPECT_EQ(Told(changed("{staff: 2}", "{staff: 1}", promised), rung).of("telephone_only").size(), 2U);
}

TEST(BlastRadius, counts_for_a_thing_and_for_the_exchange) {
  const Told told(rings, rung);
  EXPECT_EQ(told.data("blast_radius", "exchange"), R"({"accounts":18})");
  EXPECT_EQ(told.data("blast_radius", "desk_line@root"), R"({"accounts":1})");
  EXPECT_TRUE(told.says("blast_radius", "alone takes the one account that it belongs to"));
  EXPECT_EQ(told.data("blast_radius", "nobody"), "");
  // With two signals that are had from afar nothing more is needed, and nothing adds to it.
  const Told mail(changed("[callback, desk_callback]", "[callback, mail_code]", rings), rung);
  EXPECT_EQ(mail.data("blast_radius", "nobody"), R"({"accounts":18})");
  EXPECT_EQ(mail.data("blast_radius", "exchange"), "");
}

// -- chains ----------------------------------------------------------------------------------------
constexpr std::string_view vouched = R"(policy: vouched
language: 1
signals:
  callback:  {rests_on: [number], fresh: 30m}
  mail_code: {rests_on: [mailbox], fresh: 24h, kind: issued}
  vouch:     {rests_on: [voucher], fresh: 30m}
tiers:
  two:     {signals: 2}
  vouched: {signals: 2, include: [vouch]}
classes:
  - {name: chiefs, when: "account.admin", floor: two}
  - {name: bosses, when: "account.executive"}
  - {name: staff, floor: vouched}
front_door:
  chiefs: [[password, totp]]
  bosses: [[totp]]
  staff:  [[security_key]]
actions:
  mfa_reset: two
guarantees:
  - recovery_not_weaker_than_sign_in: all
)";
constexpr std::string_view with_boss = R"(organization: few
people:
  boss: {count: 9, vouches: true, account: bosses}
  peer: {count: 5, vouches: true}
accounts:
  bosses: {count: 9, class: bosses, manager: peer, facts: {account.admin: false, account.executive: true}}
  staff:  {count: 90, class: staff, manager: boss, facts: {account.admin: false, account.executive: false}}
)";

TEST(ChainsTold, of_each_account_the_shortest_and_the_weakest) {
  const Told told(vouched, with_boss);
  const auto data = told.data("chains", "staff");
  EXPECT_NE(data.find(R"("length":1,"through":["bosses~boss-1"])"), std::string::npos) << data;
  EXPECT_NE(data.find(R"("account":"bosses~boss-1")"), std::string::npos) << data;
  EXPECT_TRUE(told.says("chains", "falls with less than every way to sign in to staff: boss-1 is tricked"));
  EXPECT_EQ(told.data("chains", "bosses"), "");  // peers have no account
  EXPECT_FALSE(told.says("chains", "no recovery rests on"));
  // Where bosses sign in with as much as staff does, theirs is no weaker.
  const auto strong = changed(
      "bosses: [[totp]]", "bosses: [[security_key]]",
      changed("bosses, when: \"account.executive\"", "bosses, when: \"account.executive\", floor: vouched", vouched));
  const auto held = Told(strong, with_boss).data("chains", "staff");
  EXPECT_NE(held.find(R"("weakest":null)"), std::string::npos) << held;
}

TEST(ChainsTold, has_one_link_more_where_bosses_are_had_through_chiefs_alone) {
  // Bosses have no way to sign in but what a chief vouches for.
  auto policy = changed("  bosses: [[totp]]\n", "", vouched);
  policy = changed("{name: bosses, when: \"account.executive\"}",
                   "{name: bosses, when: \"account.executive\", floor: vouched}", policy);
  policy = changed("recovery_not_weaker_than_sign_in: all", "recovery_not_weaker_than_sign_in: [staff]", policy);
  auto population = changed("  peer: {count: 5, vouches: true}", "  chief: {count: 2, vouches: true, account: chiefs}",
                            changed("manager: peer", "manager: chief", with_boss));
  population = changed("accounts:\n",
                       "accounts:\n  chiefs: {count: 2, class: chiefs, manager: chief, facts: "
                       "{account.admin: true, account.executive: false}}\n",
                       population);
  const Told told(policy, population);
  const auto data = told.data("chains", "staff");
  EXPECT_NE(data.find(R"("length":2,"through":["chiefs~chief-1","bosses~boss-1"])"), std::string::npos) << data;
  const auto nearer = told.data("chains", "bosses");
  EXPECT_NE(nearer.find(R"("length":1,"through":["chiefs~chief-1"])"), std::string::npos) << nearer;
}

TEST(ChainsTold, that_nothing_rests_on_an_account_is_said_only_where_it_is_so) {
  EXPECT_TRUE(Told(small, people).says("chains", "no recovery rests on control of another account"));
  EXPECT_TRUE(Told(vouched, changed(", account: bosses", "", with_boss)).says("chains", "no recovery rests on"));
  // The one boss holds the account that is proved: there is no second model of it, and a chain all the same.
  const auto held = changed("boss: {count: 9,", "boss: {count: 1,",
                            changed("bosses: {count: 9,", "bosses: {count: 1, held_by: boss,", with_boss));
  const Told told(vouched, held);
  EXPECT_FALSE(told.says("chains", "no recovery rests on"));
  EXPECT_TRUE(told.says("chains", "boss speaks for others by an account (bosses)"));
  // People with an account who have no say are no chain.
  const Told idle(
      small, changed("other: {count: 3, team: business}", "other: {count: 3, team: help_desk, account: desk}", people));
  EXPECT_TRUE(idle.says("chains", "no recovery rests on"));
  EXPECT_FALSE(idle.says("chains", "speaks for others"));
}

// -- signals ---------------------------------------------------------------------------------------
TEST(IndependentSignals, one_thing_that_gives_both_is_critical_and_one_that_helps_a_warning) {
  EXPECT_TRUE(Told(small, people).of("independent_signals").empty());
  // With an operator the mailbox binds a new authenticator: then it helps to give totp, and gives the code by mail.
  const auto with = changed("accounts:", "  operator: {count: 2, team: security, operator: true}\naccounts:", people);
  const Told warned(small, with);
  EXPECT_EQ(warned.concerns("independent_signals"), 0U);
  EXPECT_TRUE(warned.says("independent_signals",
                          "warning: totp and mail_code count as independent, and what helps to give either: mailbox"));
  EXPECT_NE(warned.data("independent_signals", "desk").find(R"("severity":"warning")"), std::string::npos);
  // The handset gives a callback as well.
  const auto call =
      changed("  recovery_code:", "  callback:      {rests_on: [number], fresh: 1h}\n  recovery_code:", small);
  const Told critical(call, people);
  EXPECT_EQ(critical.concerns("independent_signals"), 2U);  // of each kind of account
  EXPECT_NE(critical.data("independent_signals", "desk").find(R"("severity":"critical")"), std::string::npos);
  EXPECT_EQ(Told(changed("[number]", "[number, handset]", call), people).concerns("independent_signals"), 0U);
}

TEST(SignalsCounted, against_the_fewest_things_that_give_them) {
  const auto factors = [](std::string_view tier) {
    return changed("actions:\n", concat("actions:\n  recovery_factor_change: ", tier, "\n"),
                   changed(", floor: guarded", "", small));
  };
  const Told enough(factors("standard"), people);
  EXPECT_EQ(enough.concerns("signals_counted"), 0U);
  EXPECT_NE(enough.data("signals_counted", "desk").find(R"({"action":"mfa_reset","counted":2,"least":2})"),
            std::string::npos)
      << enough.data("signals_counted", "desk");
  // One code read out changes what is enrolled, and then everything can be given.
  const Told one(factors("light"), people);
  EXPECT_TRUE(one.says("signals_counted", "mfa_reset counts 2 signals, and 1 thing gives them all: "));
  EXPECT_EQ(one.concerns("signals_counted"), 4U);  // two actions, two kinds of account
}

TEST(SignalsCounted, takes_another_person_for_each_word) {
  auto policy = changed("  vouch: ", "  peer_vouch: {rests_on: [peer], fresh: 30m}\n  vouch: ", vouched);
  policy =
      changed("vouched: {signals: 2, include: [vouch]}", "vouched: {signals: 2, include: [vouch, peer_vouch]}", policy);
  const auto alone = changed(", account: bosses", "", changed("manager: boss, ", "", with_boss));
  const Told told(policy, alone);
  EXPECT_EQ(told.concerns("signals_counted"), 0U);
  EXPECT_NE(told.data("signals_counted", "staff").find(R"("counted":2,"least":2)"), std::string::npos);
}

// -- one more is missing ---------------------------------------------------------------------------
TEST(Absence, of_one_person_locks_out_where_there_is_no_other) {
  const Told told(small, people);
  EXPECT_FALSE(told.says("absence", "one of lead is away"));
  EXPECT_EQ(told.concerns("absence"), 0U);
  EXPECT_TRUE(told.says("absence", "while the team help_desk is away, whoever loses one of these is locked out: "));
  const Told single(small, changed("lead:  {count: 2,", "lead:  {count: 1,", people));
  EXPECT_TRUE(
      single.says("absence", "while one of lead is away, whoever loses one of these is locked out: security_key"));
  EXPECT_TRUE(single.says("absence", "while one of lead is away, whoever loses one of these is locked out: handset"));
}

TEST(Absence, of_one_thing_alone_is_told_where_nothing_promises_otherwise) {
  // One of two codes is lost with the handset, and there is no third.
  const auto two = changed("  recovery_code: {rests_on: [code_sheet], fresh: 1h}\n", "", small);
  const Told told(changed("after_losing: [handset]", "after_losing: [mailbox]", two), people);
  EXPECT_TRUE(
      told.says("absence", "whoever loses one of these is locked out, and `no_lockout` does not name it: handset"));
  EXPECT_FALSE(Told(two, people).says("absence", "does not name it: handset"));
  EXPECT_FALSE(Told(small, people).says("absence", "does not name it"));
}

TEST(Absence, of_the_holders_colleagues_counts_without_the_holder) {
  // Two leads, and one of them holds the account: the other is the only one who may say yes.
  const auto held = changed("root: {count: 4,", "root: {count: 4, held_by: lead,", people);
  EXPECT_TRUE(Told(small, held).says("absence", "while one of lead is away"));
  EXPECT_FALSE(Told(small, changed("lead:  {count: 2,", "lead:  {count: 3,", held)).says("absence", "one of lead"));
}

TEST(Absence, of_the_exchange_is_one) {
  EXPECT_TRUE(
      Told(rings, rung).says("absence", "while the exchange is down, whoever loses one of these is locked out"));
  const auto either = changed("both: {signals: 2, allow: [callback, desk_callback]}", "both: {signals: 2}", rings);
  EXPECT_FALSE(Told(either, rung).says("absence", "the exchange is down"));
}

// -- in ninety days --------------------------------------------------------------------------------
TEST(InNinetyDays, what_has_expired_locks_out) {
  const auto valid = [](std::string_view span) {
    return changed("{rests_on: [code_sheet],", concat("{rests_on: [code_sheet], valid_for: ", span, ","), small);
  };
  const Told stale(valid("30d"), people);
  EXPECT_TRUE(stale.says("in_90_days", "recovery_code does not count in 90 days unless"));
  EXPECT_EQ(stale.data("in_90_days", "desk"), R"({"lost":["handset"]})");
  const Told just(valid("90d"), people);
  EXPECT_EQ(just.concerns("in_90_days"), 0U);
  EXPECT_TRUE(just.says("in_90_days", "the organization file does not tell its age"));
  EXPECT_EQ(Told(small, people).concerns("in_90_days"), 0U);
}

TEST(InNinetyDays, conditions_on_age_are_asked_for_that_age) {
  const auto stale = [](std::string_view span) {
    return changed("guarantees:",
                   concat("rules:\n  - {id: stale, when: \"account.proofed_age > duration('", span,
                          "')\", deny: \"proofed too long ago\"}\nguarantees:"),
                   small);
  };
  EXPECT_EQ(Told(stale("720h"), people).concerns("in_90_days"), 1U);  // root has another way to sign in
  EXPECT_EQ(Told(stale("2160h"), people).concerns("in_90_days"), 0U);  // 90 days, and not more
}

TEST(InNinetyDays, what_is_not_known_is_named) {
  EXPECT_TRUE(Told(small, people).says("in_90_days", "when appointments end"));
}

// -- nobody is another person beside themselves ----------------------------------------------------
TEST(SelfAction, an_account_that_the_holder_helps_to_take_is_no_other_person) {
  const auto held =
      changed("manager: peer, ", "", changed("bosses: {count: 9,", "bosses: {count: 9, held_by: boss,", with_boss));
  const Told told(vouched, held);  // bosses vouch for each other
  EXPECT_TRUE(told.says("self_action",
                        "boss-2 counts as another person in the holder's cases, by an account that the "
                        "holder helps to take: "));
  const Told signs(vouched, changed(", account: bosses", "", held));
  EXPECT_TRUE(signs.of("self_action").empty());
}

TEST(SelfAction, counts_a_word_only_where_it_is_taken) {
  const auto shared = changed("staff:  {count: 90,", "staff:  {count: 90, shared: {peer: word},", with_boss);
  EXPECT_EQ(Told(vouched, shared).of("self_action"),
            std::vector<std::string>{"staff: peer speaks for the holder, and counts for nobody in their cases"});
  EXPECT_EQ(Told(vouched, changed("manager: boss, ", "", shared)).concerns("self_action"), 1U);
  const auto by_codes = changed("vouched: {signals: 2, include: [vouch]}",
                                "vouched: {signals: 2, allow: [callback, mail_code]}", vouched);
  EXPECT_EQ(Told(by_codes, changed("manager: boss, ", "", shared)).concerns("self_action"), 0U);
}

// -- and the proof is the same ---------------------------------------------------------------------
TEST(Observing, changes_no_certificate) {
  const auto policy = Policy::compile(vouched, "p.yaml");
  ASSERT_TRUE(policy);
  const auto population = read_population(changed(", account: bosses", "", with_boss), *policy);
  ASSERT_TRUE(population);
  const auto proof = prove_policy(*policy, *population);
  ASSERT_TRUE(proof);
  ASSERT_TRUE(proof->holds());
  const auto before = certificate_of(*policy, *proof, "few");
  (void)observe(*policy, *population, *proof);
  const auto after = certificate_of(*policy, *proof, "few");
  ASSERT_TRUE(before && after);
  EXPECT_EQ(*before, *after);
}

// What would take more steps than are allowed is not answered in part: whatever is told is told with all steps as well,
// or it says that it is not told.
TEST(Steps, that_are_not_allowed_leave_questions_open_and_no_answer_half) {
  std::size_t left_open = 0;
  for (const std::string_view name : {"small-company", "regulated-enterprise", "managed-service-provider"}) {
    const auto policy = Policy::compile(repository_file(concat("examples/policies/", name, ".yaml")), "p.yaml");
    ASSERT_TRUE(policy);
    const auto file = repository_file(concat("examples/policies/", name, ".organization.yaml"));
    const auto population = read_population(file, *policy);
    ASSERT_TRUE(population) << population.error().front().what;
    const auto proof = prove_policy(*policy, *population);
    ASSERT_TRUE(proof) << proof.error().what;
    std::set<std::tuple<std::string, std::string, std::string>> all;
    for (const auto& o : observe(*policy, *population, *proof)) all.emplace(o.property, o.about, o.words);
    for (const std::uint64_t steps : {1U, 1'000U, 30'000U, 1'000'000U}) {
      for (const auto& o : observe(*policy, *population, *proof, {steps, steps})) {
        if (all.contains({o.property, o.about, o.words})) continue;
        EXPECT_NE(o.words.find("not told"), std::string::npos)
            << name << ", " << steps << ": " << o.property << " " << o.about << ": " << o.words;
        ++left_open;
      }
    }
  }
  EXPECT_GT(left_open, 20U);
}

}  // namespace
}  // namespace sallyport::proof
