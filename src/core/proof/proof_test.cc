// From a policy to a proof: what is asked at the least, the model, verdicts with stories, repairs, certificates.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "../tests/support/files_for_tests.h"
#include "base/text.h"
#include "core/certificate/check.h"
#include "core/proof/account_prover.h"
#include "core/proof/certificate.h"
#include "core/proof/graph.h"
#include "core/proof/observe.h"
#include "core/proof/read_accounts.h"
#include "core/proof/repair.h"
#include "core/proof/replay.h"
#include "core/proof/standing.h"
#include "core/proof/verdict.h"
#include "crypto/hash.h"

namespace sallyport::proof {
namespace {

constexpr std::string_view small = R"(policy: small
language: 1
signals:
  totp:          {rests_on: [handset], fresh: 5m}
  mail_code:     {rests_on: [mailbox], fresh: 24h, kind: issued}
  recovery_code: {rests_on: [code_sheet]}
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
  password_reset: light
  mfa_reset: standard
rules:
  - {id: again, when: "request.cases_24h >= 1", raise: standard}
guarantees:
  - recovery_not_weaker_than_sign_in: all
  - people_needed: {admins: 2}
  - never_alone: [help_desk]
  - no_lockout: {after_losing: [handset, mailbox]}
)";

constexpr std::string_view people = R"(organization: few
people:
  lead:  {count: 2, team: help_desk, seats: [lead]}
  other: {count: 3, team: business}
accounts:
  root: {count: 1, class: admins, facts: {account.admin: true}}
  desk: {count: 9, class: staff, facts: {account.admin: false}}
)";

std::string changed(std::string_view from, std::string_view to, std::string_view text = small) {
  std::string out(text);
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

Policy policy_of(std::string_view text) {
  auto out = Policy::compile(text, "p.yaml");
  EXPECT_TRUE(out) << out.error().what;
  return *std::move(out);
}

Population population_of(const Policy& policy, std::string_view text = people) {
  auto out = read_population(text, policy);
  EXPECT_TRUE(out) << out.error().front().what;
  return *std::move(out);
}

Proof proof_of(const Policy& policy, const Population& population) {
  auto out = prove_policy(policy, population);
  EXPECT_TRUE(out) << out.error().what;
  return *std::move(out);
}

const Finding* broken(const Proof& proof, std::string_view guarantee, std::string_view account) {
  for (const auto& f : proof.findings)
    if (f.standing != Standing::holds && f.guarantee == guarantee && f.account == account) return &f;
  return nullptr;
}

TEST(Proof, holds_when_each_line_does_its_part) {
  // One signal for a password: whoever has the handset has both halves of the front door.
  const auto policy = policy_of(changed("password_reset: light", "password_reset: standard"));
  const auto proof = proof_of(policy, population_of(policy));
  for (const auto& f : proof.findings)
    EXPECT_EQ(f.standing, Standing::holds) << f.guarantee << ' ' << f.account << f.why;
  EXPECT_EQ(proof.findings.size(), 2U + 2 + 1 + 2 + 4);  // class, dominance, people of admins, alone, two losses each
}

TEST(Proof, finds_the_reset_that_hands_over_both_factors) {
  const auto policy = policy_of(small);
  const auto proof = proof_of(policy, population_of(policy));
  const auto* found = broken(proof, "recovery_not_weaker_than_sign_in", "desk");
  ASSERT_NE(found, nullptr);
  ASSERT_FALSE(found->stories.empty());
  const auto& story = found->stories.front();
  ASSERT_EQ(story.takes.size(), 1U);
  EXPECT_EQ(story.takes.front().atom, "relay@desk");
  EXPECT_EQ(told(story).back(), "5 the account (desk) is taken  [line 16]");
  EXPECT_EQ(broken(proof, "recovery_not_weaker_than_sign_in", "root"), nullptr);
}

TEST(Proof, counts_people_by_every_way) {
  const auto policy = policy_of(changed("people_needed: {admins: 2}", "people_needed: {admins: 3}"));
  const auto proof = proof_of(policy, population_of(policy));
  const auto* found = broken(proof, "people_needed", "root");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->why, "2 people can do it; 3 are promised");
}

TEST(Proof, notices_an_account_that_slipped_out_of_its_class) {
  const auto policy = policy_of(changed("when: \"account.admin\"", "when: \"account.executive\""));
  const auto proof =
      proof_of(policy, population_of(policy, changed("account.admin: true", "account.executive: false", people)));
  const auto* found = broken(proof, "class", "root");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->lines, Lines{12});
}

TEST(Proof, a_team_that_takes_no_part_is_told_from_one_that_is_not_there) {
  const auto text = changed("[help_desk]", "[business]", changed(", {at_least: 1, outside: help_desk}", ""));
  const auto policy = policy_of(text);
  const auto why = [&](std::string_view organization) {
    const auto proof = proof_of(policy, population_of(policy, organization));
    std::string out;
    for (const auto& note : proof.notes)
      if (note.contains("business") || note.contains("group")) out += note;
    for (const auto& f : proof.findings)
      if (f.guarantee == "never_alone" && f.account == "root") {
        EXPECT_TRUE(out.ends_with(f.why)) << f.why;
      }
    return out;
  };
  EXPECT_EQ(
      why(people),
      "`never_alone` names business: nobody of it has a part in a recovery: they take no seat, attest nothing and "
      "bind nothing");
  EXPECT_EQ(why(changed("{count: 3, team: business}", "{count: 0, team: business}", people)),
            "`never_alone` names business: nobody is of it");
}

TEST(Proof, a_holder_who_lost_the_only_thing_is_told) {
  const auto policy =
      policy_of(changed("recovery_code: {rests_on: [code_sheet]}", "recovery_code: {rests_on: [mailbox]}"));
  const auto proof = proof_of(policy, population_of(policy));
  EXPECT_NE(broken(proof, "no_lockout", "desk"), nullptr);  // one handset, one mailbox: without either, one signal
}

TEST(Proof, what_the_holder_approves_for_themselves_does_not_count) {
  const auto policy = policy_of(changed("people_needed: {admins: 2}", "people_needed: {admins: 2, staff: 1}"));
  const auto held = changed("root: {count: 1,", "root: {count: 1, held_by: lead,", people);
  const auto proof = proof_of(policy, population_of(policy, held));
  EXPECT_EQ(broken(proof, "people_needed", "root"), nullptr);
  // With a single lead, who is the holder, nobody can help them: the nearest thing that is not possible.
  const auto alone = changed("lead:  {count: 2,", "lead:  {count: 1,", held);
  const auto other = proof_of(policy, population_of(policy, alone));
  EXPECT_FALSE(other.notes.empty());
}

TEST(Proof, without_an_organization_assumes_the_easiest_one) {
  const auto policy = policy_of(changed("password_reset: light", "password_reset: standard"));
  bool few_groups = false;
  const auto population = assumed(policy, few_groups);
  ASSERT_TRUE(population);
  EXPECT_FALSE(few_groups);
  ASSERT_EQ(population->accounts.size(), 2U);
  EXPECT_TRUE(proof_of(policy, *population).holds());
}

// Every request, drawn at random, asks for at least as much as one of the easiest.
TEST(Easiest, no_request_asks_for_less) {
  const auto policy = policy_of(repository_file("examples/policies/regulated-enterprise.yaml"));
  KindsOfRequest kinds;
  kinds.take(policy);
  bool few_groups = false;
  std::vector<Axis> of_account, of_context;
  for (auto& axis : kinds.axes(few_groups)) {
    if (axis.attribute == Attribute::action) continue;
    (belongs_to_account(axis.attribute) ? of_account : of_context).push_back(std::move(axis));
  }
  std::mt19937 dice(7);
  DecisionSpace space(policy);
  std::size_t asked = 0;
  for (int round = 0; round < 60; ++round) {
    TrialFacts account;
    for (const auto& axis : of_account) set_value(account, axis, dice() % axis.size());
    for (const auto& [action, tier] : policy.actions()) {
      const auto least = easiest(policy, space, action, account, of_context);
      ASSERT_TRUE(least);
      for (int n = 0; n < 20; ++n) {
        auto facts = account;
        for (const auto& axis : of_context)
          if (dice() % 8 != 0) set_value(facts, axis, dice() % axis.size());  // or not known
        facts.set_text(Attribute::action, std::string(to_string(action)));
        const auto view = facts.view();
        const auto demand = policy.demand(view, action, space);
        if (demand.refusal != PolicyRefusal::none) continue;
        ++asked;
        EXPECT_TRUE(std::ranges::any_of(*least, [&](const Ask& a) { return at_most(a.needs, demand.needs); }));
      }
    }
  }
  EXPECT_GT(asked, 500U);
}

TEST(Replay, refuses_a_story_that_the_gateway_would_not_permit) {
  const auto policy = policy_of(changed("people_needed: {admins: 2}", "people_needed: {admins: 3}"));
  const auto population = population_of(policy);
  const auto proof = proof_of(policy, population);
  auto story = broken(proof, "people_needed", "root")->stories.front();
  ASSERT_TRUE(replay(policy, population, proof.technical, story));
  for (auto& opened : story.cases) opened.people.clear();
  const auto refused = replay(policy, population, proof.technical, story);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("the gateway would not permit it"), std::string::npos);
}

TEST(Repair, is_proved_before_it_is_shown) {
  const auto policy = policy_of(small);
  const auto population = population_of(policy);
  const auto proof = proof_of(policy, population);
  const auto repair = smallest_repair(policy, population, proof);
  ASSERT_TRUE(repair);
  ASSERT_EQ(repair->edits.size(), 1U);
  EXPECT_NE(repair->edits.front().before, repair->edits.front().after);
  const auto mended = policy_of(repair->text);
  EXPECT_TRUE(proof_of(mended, population).holds());
}

std::vector<std::string> repair_of(std::string_view text, std::string_view organization) {
  const auto policy = policy_of(text);
  const auto population = population_of(policy, organization);
  const auto proof = proof_of(policy, population);
  EXPECT_FALSE(proof.holds());
  const auto repair = smallest_repair(policy, population, proof);
  std::vector<std::string> out;
  if (!repair) return out;
  EXPECT_TRUE(proof_of(policy_of(repair->text), population).holds());
  for (const auto& edit : repair->edits) out.push_back(edit.words);
  return out;
}

// Nobody is there who could approve, and two signals that are independent nobody has: what is left is to take less.
constexpr std::string_view with_weak_signal = R"(policy: weak
language: 1
signals:
  mail_code:  {rests_on: [mailbox]}
  smart_card: {rests_on: [smart_card, mailbox]}
  passkey:    {rests_on: [device]}
tiers: {one: {signals: 1}}
classes: [{name: staff}]
front_door: {staff: [[passkey]]}
actions: {mfa_reset: one}
guarantees:
  - recovery_not_weaker_than_sign_in: all
  - no_lockout: {after_losing: [device]}
)";
constexpr std::string_view nobody_there = R"(organization: few
people: {lead: {count: 1, team: help_desk}}
accounts: {desk: {count: 9, enrolled: [mail_code, smart_card]}}
)";

TEST(Repair, takes_a_signal_no_longer) {
  EXPECT_EQ(repair_of(with_weak_signal, nobody_there),
            std::vector<std::string>{"let the tier one no longer take mail_code"});
  // Where a tier says what it takes, or a rule does, it is taken out there.
  EXPECT_EQ(repair_of(changed("{signals: 1}", "{signals: 1, allow: [mail_code, smart_card]}", with_weak_signal),
                      nobody_there),
            std::vector<std::string>{"let the tier one no longer take mail_code"});
  const auto by_rule = changed("tiers: {one: {signals: 1}}", "tiers:\n  one:\n    signals: 1",
                               changed("guarantees:",
                                       "rules:\n  - {id: few, when: \"request.cases_24h >= 0\", allow: [mail_code, "
                                       "smart_card]}\nguarantees:",
                                       with_weak_signal));
  EXPECT_EQ(repair_of(by_rule, nobody_there), std::vector<std::string>{"let the rule few no longer take mail_code"});
  // With nothing else enrolled, whoever lost the device would be locked out: no repair is better than that one.
  EXPECT_EQ(repair_of(with_weak_signal, changed("[mail_code, smart_card]", "[mail_code]", nobody_there)),
            std::vector<std::string>{});
}

TEST(Repair, makes_the_front_door_stronger_where_that_is_what_is_wrong) {
  const auto weak = changed("password_reset: light", "password_reset: standard",
                            changed("people_needed: {admins: 2}", "people_needed: {admins: 2, staff: 1}", small));
  const auto not_alone = changed("  - never_alone: [help_desk]\n", "", weak);
  EXPECT_EQ(repair_of(not_alone, people),
            std::vector<std::string>{"let staff sign in with a passkey, which cannot be phished"});
  EXPECT_EQ(
      repair_of(changed("staff:  [[password, totp]]", "staff:  [[password, totp], [smart_card]]", not_alone), people),
      std::vector<std::string>{"let staff no longer sign in with what falls to attacks from afar"});
  // Once the door holds, the help desk alone would be enough, which until then added nothing.
  EXPECT_EQ(repair_of(weak, people),
            (std::vector<std::string>{"let every action on staff ask for at least the tier guarded",
                                      "let staff sign in with a passkey, which cannot be phished"}));
  // A door that does not fall by itself is left alone.
  for (const auto& words : repair_of(small, people)) EXPECT_EQ(words.find("sign in with"), std::string::npos) << words;
}

TEST(Repair, of_three_lines_where_fewer_do_not_do) {
  constexpr std::string_view three = R"(policy: three
language: 1
signals: {mail_code: {rests_on: [mailbox]}}
tiers:
  a: {signals: 1}
  b: {signals: 1}
  c: {signals: 1}
classes:
  - name: staff
front_door: {staff: [[passkey]]}
actions: {mfa_reset: a, delegated_access_restore: b, service_secret_rotate: c}
guarantees:
  - recovery_not_weaker_than_sign_in: all
)";
  constexpr std::string_view organization = R"(organization: few
people: {other: {count: 3, team: business}}
accounts: {desk: {count: 9}}
)";
  const auto words = repair_of(three, organization);
  EXPECT_EQ(words.size(), 3U);
  // One tier for two of them, and two lines do.
  EXPECT_EQ(repair_of(changed("service_secret_rotate: c", "service_secret_rotate: b", three), organization).size(), 2U);
  // A fourth is more than is tried.
  EXPECT_EQ(repair_of(changed("  c: {signals: 1}", "  c: {signals: 1}\n  d: {signals: 1}",
                              changed("{mfa_reset: a,", "{mfa_reset: a, emergency_access: d,", three)),
                      organization)
                .size(),
            0U);
}

TEST(Graph, escapes_what_a_name_may_hold) {
  const auto policy = policy_of(changed("policy: small", "policy: \"a \\\" b\""));
  const auto proof = proof_of(policy, population_of(policy));
  EXPECT_TRUE(graph_dot(proof.technical).starts_with("digraph \"a \\\" b\" {"));
}

// -- beside the guarantees ------------------------------------------------------------------------
std::vector<std::string> concerns(std::string_view text, std::string_view property) {
  const auto policy = policy_of(text);
  const auto population = population_of(policy);
  std::vector<std::string> out;
  for (const auto& o : observe(policy, population, proof_of(policy, population)))
    if (o.concern && o.property == property) out.push_back(concat(o.about, ": ", o.words));
  return out;
}

TEST(Observations, two_signals_and_one_thing_that_gives_both) {
  EXPECT_TRUE(concerns(small, "independent_signals").empty());
  const auto with = changed("  recovery_code:", "  callback:      {rests_on: [number]}\n  recovery_code:");
  const auto found = concerns(with, "independent_signals");
  ASSERT_EQ(found.size(), 2U);  // of each kind of account
  EXPECT_NE(found.front().find("totp and callback count as independent"), std::string::npos);
  EXPECT_TRUE(concerns(changed("[number]", "[number, handset]", with), "independent_signals").empty());
}

TEST(Observations, one_person_is_enough_once_signals_are_forged) {
  EXPECT_TRUE(concerns(small, "two_people").empty());
  const auto one =
      changed("[{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}]", "[{at_least: 1, role: lead}]");
  EXPECT_EQ(concerns(one, "two_people").size(), 2U);  // the password, and what else signs in
}

TEST(Observations, emergency_access_is_not_for_one_and_ends) {
  const auto glass = changed("actions:\n", "actions:\n  emergency_access: standard\n");
  EXPECT_EQ(concerns(glass, "break_glass").size(), 3U);  // no end, no review, and one person for the staff
  EXPECT_EQ(
      concerns(changed("standard: {signals: 2,", "standard: {signals: 2, lasts: 1h, review: 1d,", glass), "break_glass")
          .size(),
      1U);
}

TEST(Observations, a_class_above_another_is_asked_no_less) {
  EXPECT_TRUE(concerns(small, "impact_ladder").empty());
  EXPECT_FALSE(concerns(changed("floor: guarded", "floor: light",
                                changed("  - {name: staff}", "  - {name: staff, floor: guarded}")),
                        "impact_ladder")
                   .empty());
}

TEST(Observations, who_shares_with_the_holder_is_nobody_else) {
  const auto policy = policy_of(small);
  const auto told = [&](std::string_view account, std::string_view shared) {
    const auto population = population_of(policy, changed(account, concat(account, shared), people));
    std::string out;
    for (const auto& o : observe(policy, population, proof_of(policy, population)))
      if (o.property == "self_action") out += concat(o.words, o.concern ? "!" : "", ";");
    return out;
  };
  EXPECT_EQ(told("root: {count: 1,", ""), "");
  EXPECT_EQ(told("root: {count: 1,", " shared: {lead: mailbox},"),
            "lead has the holder's mailbox, and yet counts as another person in their cases!;");
  EXPECT_EQ(told("desk: {count: 9,", " shared: {other: word},"),
            "other speaks for the holder, and counts for nobody in their cases;");
}

// Whoever wants an account locked gets it locked: no fact that an organization tells can rest on it.
TEST(Chains, whether_an_account_is_locked_is_the_attackers_choice) {
  const auto policy =
      policy_of(changed("rules:\n", "rules:\n  - {id: unlocked, when: \"!account.locked\", raise: guarded}\n", small));
  const auto told = [&](std::string_view locked) {
    const auto population = population_of(
        policy, changed("facts: {account.admin: false}", concat("facts: {account.admin: false", locked, "}"), people));
    std::vector<std::string> out;
    for (const auto& f : proof_of(policy, population).findings)
      out.push_back(concat(f.guarantee, " ", f.account, " ", static_cast<int>(f.standing)));
    return out;
  };
  EXPECT_EQ(told(", account.locked: false"), told(", account.locked: true"));
  EXPECT_EQ(told(", account.locked: false"), told(""));
}

TEST(Observations, suspending_is_no_harder_than_restoring) {
  const auto with = [](std::string_view tier) {
    return concerns(changed("actions:\n", concat("actions:\n  suspend: ", tier, "\n"), small), "safe_direction").size();
  };
  EXPECT_EQ(with("light"), 0U);
  EXPECT_NE(with("guarded"), 0U);
  EXPECT_NE(concerns(changed("rules:\n", "rules:\n  - {id: never, when: \"action == 'suspend'\", deny: no}\n",
                             changed("actions:\n", "actions:\n  suspend: light\n", small)),
                     "safe_direction")
                .size(),
            0U);
}

TEST(Observations, who_hears_of_it_and_what_does_not_grow_old) {
  const auto of = [](std::string_view text, std::string_view property) {
    const auto policy = policy_of(text);
    const auto population = population_of(policy);
    std::vector<std::string> out;
    for (const auto& o : observe(policy, population, proof_of(policy, population)))
      if (o.property == property) out.push_back(concat(o.about, o.concern ? "!" : ""));
    return out;
  };
  EXPECT_EQ(of(small, "alarm"), std::vector<std::string>{"holders!"});
  EXPECT_EQ(of(changed("hold: {for: 30m}", "hold: {for: 30m, unless: strong}"), "alarm"),
            (std::vector<std::string>{"holders!", "guarded"}));
  EXPECT_EQ(of(small, "chains"), std::vector<std::string>{""});
  const auto lasting = of(small, "freshness");
  EXPECT_NE(std::ranges::find(lasting, "recovery_code"), lasting.end());
  const auto fresh = of(changed("recovery_code: {rests_on", "recovery_code: {fresh: 1h, rests_on"), "freshness");
  EXPECT_EQ(std::ranges::find(fresh, "recovery_code"), fresh.end());
}

TEST(Observations, who_can_change_the_rules) {
  const auto policy = policy_of(small);
  const auto told = [&](std::uint32_t operators) {
    auto population = population_of(policy);
    std::erase_if(population.people, [](const PeopleKind& p) { return p.invites; });
    PeopleKind kind;
    kind.name = "operator";
    kind.count = operators;
    kind.invites = true;
    if (operators > 0) population.people.push_back(kind);
    std::size_t concerns = 0;
    for (const auto& o : observe(policy, population, proof_of(policy, population)))
      concerns +=
          o.property == "governance" && o.concern && o.words.find("there are fewer") != std::string::npos ? 1 : 0;
    return concerns;
  };
  EXPECT_EQ(told(2), 0U);
  EXPECT_EQ(told(1), 1U);
  EXPECT_EQ(told(0), 1U);
}

// -- who governs ------------------------------------------------------------------------------------
constexpr std::string_view governed_people = R"(organization: few
people:
  lead:  {count: 2, team: help_desk, seats: [lead]}
  other: {count: 3, team: business}
  operator: {count: 3, team: business, operator: true}
  domain: {count: 2, team: business}
accounts:
  root: {count: 1, class: admins, facts: {account.admin: true}}
  desk: {count: 9, class: staff, facts: {account.admin: false}}
governance:
  gateway_admin: {at_least: 2, of: [domain, operator]}
  db_admin: {of: [domain]}
  directory_admin: {at_least: 2, of: [domain]}
  restore_backup: {at_least: 2, of: [domain]}
)";

std::string governed_policy(std::string_view admins) {
  return changed("password_reset: light", "password_reset: standard",
                 changed("  - never_alone",
                         concat("  - people_needed_with_governance: {admins: ", admins, "}\n  - never_alone"), small));
}

TEST(Governance, takes_two_operators_and_no_case) {
  const auto policy = policy_of(governed_policy("2"));
  const auto proof = proof_of(policy, population_of(policy, governed_people));
  for (const auto& f : proof.findings) EXPECT_EQ(f.standing, Standing::holds) << f.guarantee << ' ' << f.why;
  // The nearest that is not kept.
  const auto three = policy_of(governed_policy("3"));
  const auto not_kept = proof_of(three, population_of(three, governed_people));
  const auto* found = broken(not_kept, "people_needed_with_governance", "root");
  ASSERT_NE(found, nullptr);
  EXPECT_TRUE(found->why.starts_with("2 people can take it, by its doors or by governing (")) << found->why;
  EXPECT_TRUE(found->why.ends_with("; 3 are promised")) << found->why;
}

TEST(Governance, by_one_administrator_of_the_directory_is_told) {
  const auto policy = policy_of(governed_policy("2"));
  const auto alone = changed("directory_admin: {at_least: 2,", "directory_admin: {at_least: 1,", governed_people);
  const auto proof = proof_of(policy, population_of(policy, alone));
  const auto* found = broken(proof, "people_needed_with_governance", "root");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->why, "1 person can take it, by its doors or by governing (domain-1); 2 are promised");
  EXPECT_EQ(broken(proof, "people_needed", "root"), nullptr);  // that counts the people of cases
}

// Whoever writes the store says which signals passed, and nobody's yes.
TEST(Governance, of_the_store_forges_signals_and_no_approval) {
  auto organization = changed("operator: {count: 3,", "operator: {count: 1,", governed_people);
  organization = changed("domain: {count: 2, team: business", "domain: {count: 3, team: help_desk", organization);
  organization = changed("of: [domain, operator]", "of: [domain]", organization);
  for (const std::string what : {"gateway_admin", "directory_admin", "restore_backup"})
    organization = changed(concat(what, ": {at_least: 2"), concat(what, ": {at_least: 3"), organization);
  const auto strong =
      changed("guarded:  {signals: 2,", "guarded:  {signals: 2, include: [smart_card],",
              changed("  totp: ", "  smart_card:    {rests_on: [smart_card]}\n  totp: ", governed_policy("3")));
  const auto of = [&](std::string_view text) {
    const auto policy = policy_of(text);
    const auto proof = proof_of(policy, population_of(policy, organization));
    EXPECT_EQ(broken(proof, "people_needed", "root"), nullptr);  // nobody but the holder has the card
    const auto* found = broken(proof, "people_needed_with_governance", "root");
    return found == nullptr ? std::string() : found->why;
  };
  EXPECT_EQ(of(strong), "");  // one writes the store, a lead and somebody else say yes
  EXPECT_EQ(of(changed("[{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}]", "[{at_least: 1, role: lead}]",
                       strong)),
            "2 people can take it, by its doors or by governing (domain-1, lead-1); 3 are promised");
}

TEST(Governance, by_nobody_knows_whom_is_by_anybody) {
  const auto policy = policy_of(governed_policy("1"));
  const auto without = changed("  directory_admin: {at_least: 2, of: [domain]}\n", "", governed_people);
  const auto proof = proof_of(policy, population_of(policy, without));
  const auto* found = broken(proof, "people_needed_with_governance", "root");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->why,
            "the organization file does not say who they are (`governance`: directory_admin), so it may be anybody");
}

TEST(Governance, is_in_the_model_beside_every_account_and_in_no_way_to_recover_it) {
  const auto policy = policy_of(governed_policy("2"));
  const auto compiled = compile(policy, population_of(policy, governed_people), Reading::technical);
  ASSERT_TRUE(compiled);
  const auto* nodes = compiled->json.find("nodes");
  for (const auto* name : {"appoint", "activate_policy", "gateway_admin", "db_admin", "directory_admin",
                           "restore_backup", "governance", "anyhow@root", "approved@desk"})
    EXPECT_NE(nodes->find(name), nullptr) << name;
  EXPECT_NE(graph_dot(*compiled).find("\"governance\" -> \"anyhow@root\";"), std::string::npos);
  EXPECT_EQ(to_text(*nodes->find("control@root")).find("governance"), std::string::npos);
  EXPECT_EQ(to_text(*nodes->find("activate_policy")), R"({"or":["appoint"]})");
}

TEST(Governance, is_claimed_and_checked) {
  const auto policy = policy_of(governed_policy("2"));
  const auto population = population_of(policy, governed_people);
  const auto made = certificate_of(policy, proof_of(policy, population), "few");
  ASSERT_TRUE(made);
  const auto sound = check_proof(policy, population, "few", *made);
  EXPECT_TRUE(sound) << sound.error().what;
  // A claim of three, with the families that the prover lists for it, says who are enough.
  const auto three = policy_of(governed_policy("3"));
  const auto compiled = compile(three, population, Reading::technical);
  ASSERT_TRUE(compiled);
  auto forged = families_for(claims_of(three, *compiled), compiled->json, compiled->model);
  ASSERT_TRUE(forged);
  const auto refused = check_certificate(compiled->json, *forged);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().what.starts_with("`people_needed_with_governance` of root: {")) << refused.error().what;
  // And without those families it is no certificate.
  EXPECT_FALSE(check_certificate(compiled->json, forged->set("governance", Json::object())));
}

TEST(Governance, is_told_with_the_promises_that_it_goes_below) {
  const auto policy = policy_of(changed("people_needed: {admins: 2}", "people_needed: {admins: 3}",
                                        changed("{at_least: 1, role: lead}, {at_least: 1, outside",
                                                "{at_least: 2, role: lead}, {at_least: 1, outside", small)));
  const auto of = [&](std::string_view text) {
    const auto population = population_of(policy, text);
    std::vector<std::string> out;
    for (const auto& o : observe(policy, population, proof_of(policy, population)))
      if (o.property == "governance" && o.concern) out.push_back(concat(o.about, ": ", o.words));
    return out;
  };
  EXPECT_EQ(of(governed_people),
            std::vector<std::string>{"root: 3 people are promised for admins, and 2 who govern take such an account "
                                     "(gateway_admin, db_admin, directory_admin, restore_backup): domain-1, domain-2"});
  auto three = std::string(governed_people);
  for (const auto* what : {"gateway_admin", "directory_admin", "restore_backup"})
    three = changed(concat(what, ": {at_least: 2"), concat(what, ": {at_least: 3"), three);
  three = changed("operator: {count: 3,", "operator: {count: 1,",
                  changed("domain: {count: 2,", "domain: {count: 3,", three));
  EXPECT_EQ(of(three),
            std::vector<std::string>{"operators: no policy can be put in force: it takes two operators, and there are "
                                     "fewer"});
}

TEST(Governance, a_slip_in_the_file_is_told) {
  const auto policy = policy_of(small);
  const auto told = [&](std::string_view from, std::string_view to) {
    const auto read = read_population(changed(from, to, governed_people), policy);
    return read ? std::string() : read.error().front().what;
  };
  EXPECT_EQ(told("db_admin", "db_admin"), "");
  EXPECT_EQ(told("db_admin", "db_admim"), "`db_admim` is nothing that is done beside the gateway");
  EXPECT_EQ(told("db_admin: {of: [domain]}", "activate_policy: {of: [domain]}"),
            "`activate_policy` is nothing that is done beside the gateway");  // the gateway asks for two operators
  EXPECT_EQ(told("db_admin: {of: [domain]}", "db_admin: {of: [domains]}"), "`domains` is not among the people");
  EXPECT_EQ(told("db_admin: {of: [domain]}", "db_admin: {of: []}"), "`of` must list kinds of people");
  EXPECT_EQ(told("db_admin: {of: [domain]}", "db_admin: {at_least: 3, of: [domain]}"),
            "of these there are 2, so nobody could do it");
  EXPECT_EQ(told("db_admin: {of: [domain]}", "db_admin: {at_least: 0, of: [domain]}").empty(), false);
}

// -- many accounts --------------------------------------------------------------------------------
AccountRecord drawn(std::mt19937& dice, std::size_t number) {
  static const std::array<std::string, 4> groups{"Domain Admins", "Finance", "Choir", "Chess"};
  AccountRecord out;
  out.id = concat("a", number);
  out.facts.set_boolean(Attribute::account_active, true);
  if (dice() % 5 != 0) out.facts.set_boolean(Attribute::account_admin, dice() % 4 == 0);
  if (dice() % 5 != 0) out.facts.set_boolean(Attribute::account_executive, dice() % 4 == 0);
  out.facts.set_text(Attribute::account_employment, dice() % 2 == 0 ? "employee" : concat("kind", dice() % 3));
  out.facts.set_text(Attribute::account_organization, dice() % 2 == 0 ? "home" : "abroad");
  std::vector<std::string> in;
  for (const auto& group : groups)
    if (dice() % 3 == 0) in.push_back(group);
  out.facts.set_groups(std::move(in));
  return out;
}

// -- chains: people who speak for others by an account of their own ---------------------------------

constexpr std::string_view vouched = R"(policy: vouched
language: 1
signals:
  callback:  {rests_on: [number], fresh: 30m, unchanged_for: 30d}
  mail_code: {rests_on: [mailbox], fresh: 24h, kind: issued}
  vouch:     {rests_on: [voucher], fresh: 30m}
tiers:
  two:     {signals: 2}
  vouched: {signals: 2, include: [vouch]}
classes:
  - {name: bosses, when: "account.executive"}
  - {name: staff, floor: vouched}
front_door:
  bosses: [[password, totp]]
  staff:  [[security_key]]
actions:
  password_reset: two
  mfa_reset: two
guarantees:
  - recovery_not_weaker_than_sign_in: all
  - people_needed: {staff: 1}
)";
constexpr std::string_view with_boss = R"(organization: few
people:
  boss: {count: 9, vouches: true, account: bosses}
  peer: {count: 5, vouches: true}
accounts:
  bosses: {count: 9, class: bosses, facts: {account.executive: true}}
  staff:  {count: 90, class: staff, manager: boss, facts: {account.executive: false}}
)";

// A code by mail alone, against a password and a text message: easier, unless the holder hears of it in time.
constexpr std::string_view heard = R"(policy: heard
language: 1
signals:
  mail_code: {rests_on: [mailbox]}
notices:
  letter: {rests_on: [post]}
tiers:
  one: {signals: 1, hold: {for: 1h}, alarm: independent}
classes:
  - {name: staff}
front_door:
  staff: [[password, sms_code]]
actions:
  password_reset: one
  mfa_reset: one
  suspend: nothing
guarantees:
  - recovery_not_weaker_than_sign_in: all
)";

TEST(Alarms, under_a_hold_are_something_to_get_around) {
  const auto standing = [](std::string text) {
    text.replace(text.find("tiers:\n"), 7, "tiers:\n  nothing: {signals: 0}\n");
    const auto policy = policy_of(text);
    const auto population = population_of(policy,
                                          "organization: few\npeople:\n  peer: {count: 5, vouches: true}\naccounts:\n  "
                                          "staff: {count: 90, class: staff}\n");
    const auto proof = proof_of(policy, population);  // each story is replayed
    const auto* found = broken(proof, "recovery_not_weaker_than_sign_in", "staff");
    return found == nullptr ? Standing::holds : found->standing;
  };
  EXPECT_EQ(standing(std::string(heard)), Standing::holds);  // the mailbox and the letter box
  EXPECT_NE(standing(changed(", alarm: independent", "", heard)), Standing::holds);
  EXPECT_NE(standing(changed(", hold: {for: 1h}", "", heard)), Standing::holds);  // no time to object
  EXPECT_NE(standing(changed("rests_on: [post]", "rests_on: [number]", heard)), Standing::holds);  // a flood of calls
  EXPECT_EQ(standing(changed("rests_on: [post]", "rests_on: [mailbox]", heard)), Standing::holds);  // never permitted
  // What is strong spares the hold, and then nobody hears of it in time.
  EXPECT_NE(standing(changed("{for: 1h}", "{for: 1h, unless: strong}",
                             changed("{rests_on: [mailbox]}", "{rests_on: [mailbox], strength: strong}", heard))),
            Standing::holds);
}

TEST(Chains, whoever_takes_the_account_of_a_voucher_vouches) {
  const auto policy = policy_of(vouched);
  const auto alone = population_of(policy, changed(", account: bosses", "", with_boss));
  for (const auto& f : proof_of(policy, alone).findings) EXPECT_EQ(f.standing, Standing::holds) << f.why;

  const auto population = population_of(policy, with_boss);
  const auto proof = proof_of(policy, population);  // and each story is replayed, the boss's own case with it
  const auto* found = broken(proof, "recovery_not_weaker_than_sign_in", "staff");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->standing, Standing::incomparable);  // three easy things against one hard one
  std::string steps;
  for (const auto& line : told(found->stories.front())) steps += line + "\n";
  EXPECT_NE(steps.find("the account of boss-1 (bosses) is taken"), std::string::npos) << steps;
  EXPECT_NE(steps.find("boss-1's unlocked handset"), std::string::npos) << steps;
  EXPECT_GE(found->stories.front().cases.size(), 2U);
  EXPECT_EQ(found->stories.front().cases.front().account, "bosses~boss-1");

  // Nobody has to sign: the promise of one person falls with it.
  EXPECT_NE(broken(proof, "people_needed", "staff"), nullptr);
  EXPECT_EQ(broken(proof_of(policy, alone), "people_needed", "staff"), nullptr);
  const auto observations = observe(policy, population, proof);
  const auto chain = std::ranges::find(observations, "bosses~boss-1", &Observation::about);
  ASSERT_NE(chain, observations.end());
  EXPECT_TRUE(chain->concern);
  EXPECT_NE(chain->words.find("less than their own signature"), std::string::npos) << chain->words;
}

TEST(Chains, only_the_manager_vouches_where_one_is_named) {
  // A peer is easier to have than a boss with an account; for staff none of them counts.
  const auto policy = policy_of(vouched);
  const auto named = compile(policy, population_of(policy, with_boss), Reading::technical);
  const auto anybody =
      compile(policy, population_of(policy, changed(", manager: boss", "", with_boss)), Reading::technical);
  ASSERT_TRUE(named && anybody);
  const auto mentions = [](const Compiled& c, std::string_view who) {
    return to_text(c.json).find(concat("attests:", who)) != std::string::npos &&
           to_text(*c.json.find("nodes")->find("mfa_reset@staff#1")).find(who) != std::string::npos;
  };
  EXPECT_TRUE(mentions(*named, "boss-1"));
  EXPECT_FALSE(mentions(*named, "peer-1"));
  EXPECT_TRUE(mentions(*anybody, "peer-1"));
}

TEST(Chains, managers_who_vouch_for_each_other_prove_nothing) {
  // Bosses too are vouched for, by each other, and by nothing else: a circle has no beginning.
  const auto circle = policy_of(changed("when: \"account.executive\"}", "when: \"account.executive\", floor: vouched}",
                                        changed("bosses: [[password, totp]]", "bosses: [[security_key]]", vouched)));
  const auto proof = proof_of(circle, population_of(circle, with_boss));
  EXPECT_EQ(broken(proof, "people_needed", "staff"), nullptr);
  const auto observations = observe(circle, population_of(circle, with_boss), proof);
  EXPECT_TRUE(std::ranges::any_of(observations, [](const auto& o) {
    return o.property == "chains" && o.words.starts_with("each of these helps to recover the others: bosses~boss-1");
  }));
}

TEST(Chains, an_account_that_is_the_holders_own_is_not_made_twice) {
  const auto policy = policy_of(vouched);
  const auto held = changed("bosses: {count: 9,", "bosses: {count: 9, held_by: boss,", with_boss);
  const auto compiled = compile(policy, population_of(policy, held), Reading::technical);
  ASSERT_TRUE(compiled);
  for (const auto& other : compiled->others) EXPECT_NE(other.name, "bosses~boss-1");
  ASSERT_NE(compiled->json.find("nodes")->find("acts:boss-1"), nullptr);
  EXPECT_NE(to_text(*compiled->json.find("nodes")->find("acts:boss-1")).find("\"control@bosses\""), std::string::npos);
}

TEST(Chains, are_found_in_a_directory_account_by_account) {
  const auto policy = policy_of(vouched);
  const auto population = population_of(policy, with_boss);
  const auto accounts = read_accounts(
      "{\"account\":\"a\",\"facts\":{\"account.executive\":false},\"manager\":\"boss\"}\n"
      "{\"account\":\"b\",\"facts\":{\"account.executive\":false},\"manager\":\"peer\"}\n",
      policy, population);
  ASSERT_TRUE(accounts);
  StandingProof standing(policy, population);
  ASSERT_TRUE(standing.take(*accounts));
  EXPECT_EQ(standing.totals().shapes, 2U);
  EXPECT_EQ(standing.totals().broken, 1U);  // peers sign with what no reset gives
  for (const auto& [finding, number] : standing.broken()) EXPECT_EQ(finding.account, "a");
  EXPECT_FALSE(read_accounts("{\"account\":\"a\",\"facts\":{},\"manager\":\"nobody\"}\n", policy, population));
  auto called_like_a_kind = accounts->front();
  called_like_a_kind.id = "bosses";
  StandingProof other(policy, population);
  EXPECT_FALSE(other.change(called_like_a_kind));
}

TEST(Chains, people_are_not_called_like_things) {
  const auto policy = policy_of(vouched);
  const auto read = read_population(changed("peer: {", "number: {", with_boss), policy);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().front().what, "`number` is a thing that signals rest on, and so no name for people");
}

TEST(Chains, names_are_looked_up) {
  const auto policy = policy_of(vouched);
  for (const auto& [from, to, what] :
       {std::tuple("account: bosses", "account: boses", "`boses` is not among the accounts"),
        std::tuple("manager: boss", "manager: bos", "`bos` is not among the people")}) {
    const auto read = read_population(changed(from, to, with_boss), policy);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().front().what, what);
  }
}

// People of a kind are interchangeable, so one more of each than the compiler takes finds no way of a new kind.
TEST(Chains, more_people_of_a_kind_change_no_answer) {
  const auto answers = [](const Policy& policy, std::string_view organization, std::uint32_t spare) {
    const auto compiled = compile(policy, population_of(policy, organization), Reading::technical, {.spare = spare});
    EXPECT_TRUE(compiled);
    AccountProver prover(compiled->model);
    std::string out;
    for (const auto& account : compiled->model.accounts) {
      const auto answer = prover.dominance(account);
      std::set<prover::Hardness> hardness;  // how hard a way is, not whose things it takes
      for (const auto* sets : {&answer.weaker, &answer.incomparable})
        for (const auto& set : *sets) hardness.insert(prover::hardness_of(set, compiled->model.atoms));
      out += concat(account.name, " ", to_string(answer.verdict));
      for (const auto& levels : hardness) {
        out += " ";
        for (const auto level : levels) out += std::to_string(level);
      }
      for (std::size_t most = 0; most < 4; ++most)
        out += prover.gangs(account, most).empty() ? ", no gang" : ", a gang";
      const auto ways = prover.ways_left(account, {});
      out += concat(", ", ways ? std::to_string(*ways) : "always", "\n");
    }
    EXPECT_FALSE(prover.exhausted());
    return out;
  };
  const auto three = changed("{signals: 2, include: [vouch]}",
                             "{signals: 2, include: [vouch], approvers: "
                             "[{at_least: 1, role: lead}, {at_least: 1, outside: help_desk}]}",
                             vouched);
  const auto leads = changed("peer: {count: 5, vouches: true}",
                             "peer: {count: 5, seats: [lead], vouches: true, account: staff}", with_boss);
  for (const auto& policy : {std::string(vouched), three})
    for (const auto& organization : {std::string(with_boss), leads}) {
      const auto compiled = policy_of(policy);
      EXPECT_EQ(answers(compiled, organization, 0), answers(compiled, organization, 1)) << policy << organization;
    }
}

// -- ways that people accept for a while -------------------------------------------------------------

constexpr std::string_view easy_things = R"(policy: easy
language: 1
signals:
  totp:      {rests_on: [handset], fresh: 5m}
  mail_code: {rests_on: [mailbox], fresh: 24h, kind: issued}
tiers: {two: {signals: 2}}
classes: [{name: staff}]
front_door: {staff: [[security_key]]}
actions: {mfa_reset: two}
guarantees: [{recovery_not_weaker_than_sign_in: all}]
)";
constexpr std::string_view one_way =
    "acceptances:\n- {class: staff, way: [relay, mailbox], until: 2027-06-30, because: pilot}\n";
constexpr std::string_view both_ways =
    "acceptances:\n- {class: staff, way: [relay, mailbox], until: 2027-06-30, because: pilot}\n"
    "- {class: staff, way: [handset, mailbox], until: 2027-07-31, because: pilot}\n";
constexpr std::string_view staff_only =
    "organization: few\npeople: {other: {count: 3}}\naccounts: {desk: {count: 9}}\n";

TEST(Acceptances, hold_what_cannot_be_compared_and_nothing_else) {
  const auto finding = [](const std::string& text) {
    const auto policy = policy_of(text);
    return proof_of(policy, population_of(policy, staff_only)).findings.front();
  };
  const auto none = finding(std::string(easy_things));
  EXPECT_EQ(none.standing, Standing::incomparable);
  EXPECT_NE(none.why.find("way: [handset, mailbox]"), std::string::npos) << none.why;
  const auto one = finding(concat(easy_things, one_way));
  EXPECT_EQ(one.standing, Standing::incomparable);
  ASSERT_EQ(one.stories.size(), 1U);
  EXPECT_EQ(one.stories.front().takes.front().atom, "handset@desk");
  const auto both = finding(concat(easy_things, both_ways));
  EXPECT_EQ(both.standing, Standing::holds);
  EXPECT_NE(both.why.find("accepted until 2027-06-30"), std::string::npos) << both.why;  // the earlier day
  EXPECT_EQ(both.lines, (Lines{12, 13}));
  // Two hard things at the front door: the same ways are easier now, and nobody can accept that.
  const auto weaker =
      finding(changed("[[security_key]]", "[[security_key, smart_card]]", concat(easy_things, both_ways)));
  EXPECT_EQ(weaker.standing, Standing::broken);
}

TEST(Acceptances, are_told_to_whoever_proves) {
  const auto policy = policy_of(concat(easy_things, both_ways));
  const auto population = population_of(policy, staff_only);
  const auto observations = observe(policy, population, proof_of(policy, population));
  const auto told = std::ranges::find(observations, "acceptance", &Observation::property);
  ASSERT_NE(told, observations.end());
  EXPECT_TRUE(told->concern);
  EXPECT_EQ(told->words,
            "accounts of staff may be taken with mailbox, relay until 2027-06-30, accepted because: pilot");
}

TEST(Acceptances, of_ways_that_are_not_there_are_told) {
  const auto policy = policy_of(changed("mfa_reset: two", "unlock: two", concat(easy_things, one_way)));
  const auto proof = proof_of(policy, population_of(policy, staff_only));
  EXPECT_TRUE(std::ranges::any_of(proof.notes, [](const auto& n) { return n.starts_with("line 12 accepts a way"); }));
}

TEST(Acceptances, stand_in_the_certificate) {
  const auto policy = policy_of(concat(easy_things, both_ways));
  const auto population = population_of(policy, staff_only);
  const auto made = certificate_of(policy, proof_of(policy, population), "few");
  ASSERT_TRUE(made);
  EXPECT_TRUE(check_proof(policy, population, "few", *made));
  // The checker by itself: a way less accepted, or ways that are easier, and it says no.
  const auto compiled = compile(policy, population, Reading::technical);
  ASSERT_TRUE(compiled);
  EXPECT_TRUE(check_certificate(compiled->json, *made));
  auto less = *made;
  auto claims = *less.find("claims");
  claims.as_array().front().set("accepted", Json::array({Json::array({"mailbox", "relay"})}));
  less.set("claims", std::move(claims));
  const auto told = check_certificate(compiled->json, less);
  ASSERT_FALSE(told);
  EXPECT_NE(told.error().what.find("not accepted"), std::string::npos) << told.error().what;
  const auto harder =
      policy_of(changed("[[security_key]]", "[[security_key, smart_card]]", concat(easy_things, both_ways)));
  const auto of_harder = compile(harder, population_of(harder, staff_only), Reading::technical);
  ASSERT_TRUE(of_harder);
  auto claimed = families_for(claims_of(harder, *of_harder), of_harder->json, of_harder->model);
  ASSERT_TRUE(claimed);
  claimed->set("policy", "p");
  claimed->set("organization", "few");
  const auto easier = check_certificate(of_harder->json, *claimed);
  ASSERT_FALSE(easier);
  EXPECT_NE(easier.error().what.find("is easier than every front door"), std::string::npos) << easier.error().what;
}

TEST(Acceptances, hold_for_each_account_of_a_directory_by_itself) {
  const auto policy = policy_of(concat(easy_things, both_ways));
  const auto people_of = population_of(policy, staff_only);
  const auto accounts = read_accounts("{\"account\":\"a\",\"facts\":{}}\n", policy, people_of);
  ASSERT_TRUE(accounts);
  StandingProof standing(policy, people_of);
  ASSERT_TRUE(standing.take(*accounts));
  EXPECT_EQ(standing.totals().broken, 0U);
}

// -- people who can be talked over --------------------------------------------------------------------

constexpr std::string_view only_people = R"(policy: people
language: 1
signals:
  totp:      {rests_on: [handset], fresh: 5m}
  mail_code: {rests_on: [mailbox], fresh: 24h, kind: issued}
tiers: {one: {signals: 1, approvers: [{at_least: 2, role: lead}], hold: {for: 1h, unless: strong}}}
classes: [{name: staff}]
front_door: {staff: [[security_key, totp, password]]}
actions: {mfa_reset: one}
guarantees: [{recovery_not_weaker_than_sign_in: all}]
)";
constexpr std::string_view two_leads =
    "organization: few\npeople: {lead: {count: 3, seats: [lead]}}\naccounts: {desk: {count: 9}}\n";
std::string judged(std::string_view compensations) {
  return concat(only_people, "acceptances:\n- {class: staff, reading: pessimistic, compensated_by: [", compensations,
                "], until: 2027-06-30, because: two leads}\n");
}
std::optional<Observation> told_of(const std::string& text, std::string_view property) {
  const auto policy = policy_of(text);
  const auto population = population_of(policy, two_leads);
  const auto observations = observe(policy, population, proof_of(policy, population));
  const auto found = std::ranges::find(observations, property, &Observation::property);
  return found == observations.end() ? std::nullopt : std::optional(*found);
}

TEST(Compensations, are_asked_for_where_people_can_be_talked_over) {
  const auto policy = policy_of(only_people);
  const auto proof = proof_of(policy, population_of(policy, two_leads));
  EXPECT_TRUE(proof.holds());  // the technical reading decides
  EXPECT_EQ(proof.pessimistic.find("desk")->as_string(), "incomparable");
  const auto open = told_of(std::string(only_people), "talked_over");
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->concern);
  EXPECT_EQ(open->about, "staff");
  EXPECT_NE(open->words.find("{class: staff, reading: pessimistic, compensated_by: [approvers], until: DAY"),
            std::string::npos)
      << open->words;
  EXPECT_EQ(to_text(open->data), R"({"accepted":false,"accounts":["desk"],"compensated_by":["approvers"]})");
  const auto accepted = told_of(judged("approvers"), "talked_over");
  ASSERT_TRUE(accepted);
  EXPECT_FALSE(accepted->concern);
  EXPECT_TRUE(told_of(judged("approvers"), "acceptance")->concern);  // and is told for as long as it stands
}

TEST(Compensations, that_are_not_asked_for_are_findings_and_no_certificate_is_taken) {
  const auto good = policy_of(judged("approvers"));
  const auto population = population_of(good, two_leads);
  const auto proof = proof_of(good, population);
  EXPECT_TRUE(proof.holds());
  const auto certificate = certificate_of(good, proof, "few");
  ASSERT_TRUE(certificate);
  EXPECT_TRUE(check_proof(good, population, "few", *certificate));
  // A strong signal spares the hold, no tier asks for an alarm, and a reset lasts.
  for (const std::string_view missing : {"hold", "alarm", "lasts"}) {
    const auto policy = policy_of(judged(concat("approvers, ", missing)));
    const auto found = proof_of(policy, population).findings;
    ASSERT_EQ(found.front().guarantee, "acceptances");
    EXPECT_EQ(found.front().standing, Standing::broken);
    EXPECT_EQ(found.front().about, missing);
    EXPECT_NE(found.front().why.find("line 12"), std::string::npos) << found.front().why;
    auto claimed = *certificate;
    claimed.set("policy", to_hex(policy.digest()));
    const auto checked = check_proof(policy, population, "few", claimed);
    ASSERT_FALSE(checked);
    EXPECT_NE(checked.error().what.find("of which it is not asked"), std::string::npos) << checked.error().what;
  }
  const auto one = changed("at_least: 2", "at_least: 1", judged("approvers"));
  EXPECT_FALSE(proof_of(policy_of(one), population).holds());  // one who is talked over is not enough
}

TEST(Compensations, where_nothing_needs_them_are_told) {
  const auto text = changed("[[security_key, totp, password]]", "[[password]]", judged("approvers"));
  const auto policy = policy_of(text);
  const auto proof = proof_of(policy, population_of(policy, two_leads));
  EXPECT_TRUE(std::ranges::any_of(proof.notes, [](const auto& note) {
    return note.starts_with("line 12 accepts that people may be talked over");
  })) << to_text(proof.pessimistic);
  EXPECT_FALSE(told_of(text, "talked_over"));
}

TEST(Grouping, accounts_of_one_kind_are_asked_the_same) {
  const auto policy = policy_of(repository_file("examples/policies/regulated-enterprise.yaml"));
  const Grouping grouping(policy);
  KindsOfRequest kinds;
  kinds.take(policy);
  bool few_groups = false;
  std::vector<Axis> contexts;
  for (auto& axis : kinds.axes(few_groups))
    if (axis.attribute != Attribute::action && !belongs_to_account(axis.attribute)) contexts.push_back(std::move(axis));
  std::mt19937 dice(3);
  DecisionSpace space(policy);
  std::map<std::string, std::string> asked;  // by key
  std::size_t again = 0;
  for (std::size_t n = 0; n < 400; ++n) {
    const auto account = drawn(dice, n);
    std::string all;
    for (const auto& [action, tier] : policy.actions()) {
      const auto asks = easiest(policy, space, action, account.facts, contexts);
      ASSERT_TRUE(asks);
      for (const auto& ask : *asks)
        all += concat(to_string(action), " ", to_text(record_to_json(policy.requirement_of(ask.needs))), "\n");
    }
    const auto [at, fresh] = asked.emplace(grouping.key_of(account), all);
    again += fresh ? 0 : 1;
    EXPECT_EQ(at->second, all);
  }
  EXPECT_GT(again, 100U);
}

TEST(StandingProof, after_changes_says_what_a_fresh_one_says) {
  const auto policy = policy_of(small);
  const auto population = population_of(policy);
  std::mt19937 dice(5);
  std::vector<AccountRecord> accounts;
  for (std::size_t n = 0; n < 60; ++n) accounts.push_back(drawn(dice, n));
  StandingProof standing(policy, population);
  ASSERT_TRUE(standing.take(accounts));
  for (std::size_t n = 0; n < 30; ++n) {
    accounts[n] = drawn(dice, n);
    ASSERT_TRUE(standing.change(accounts[n]));
  }
  StandingProof fresh(policy, population);
  ASSERT_TRUE(fresh.take(accounts));
  EXPECT_EQ(standing.totals().accounts, 60U);
  EXPECT_EQ(standing.totals().broken, fresh.totals().broken);
  EXPECT_EQ(standing.totals().weaker, fresh.totals().weaker);
  EXPECT_GT(fresh.totals().broken, 0U);
  EXPECT_LT(fresh.totals().broken, 60U);
}

// People come and go; what is said is what a proof says that never knew others.
TEST(StandingProof, after_people_left_says_what_a_fresh_one_says) {
  const auto policy = policy_of(changed("password_reset: light", "password_reset: standard", small));
  auto population = population_of(
      policy, changed("accounts:", "  boss:  {count: 2, vouches: true, account: desk}\naccounts:", people));
  std::mt19937 dice(9);
  std::vector<AccountRecord> accounts;
  for (std::size_t n = 0; n < 60; ++n) {
    accounts.push_back(drawn(dice, n));
    accounts.back().enrolled = static_cast<SignalSet>(1 + dice() % 7);
  }
  StandingProof standing(policy, population);
  ASSERT_TRUE(standing.take(accounts));
  std::set<std::uint64_t> seen;
  std::size_t nothing = 0, something = 0;
  for (int round = 0; round < 40; ++round) {
    auto& kind = population.people[dice() % population.people.size()];
    kind.count = static_cast<std::uint32_t>(dice() % 5);
    const auto again = standing.people_are(kind.name, kind.count);
    ASSERT_TRUE(again);
    ++(*again == 0 ? nothing : something);
    StandingProof fresh(policy, population);
    ASSERT_TRUE(fresh.take(accounts));
    ASSERT_EQ(standing.totals().broken, fresh.totals().broken) << kind.name << ' ' << kind.count;
    EXPECT_EQ(standing.totals().accounts, 60U);
    seen.insert(fresh.totals().broken);
  }
  EXPECT_GT(seen.size(), 1U);  // it makes a difference,
  EXPECT_GT(nothing, 5U);  // mostly none,
  EXPECT_GT(something, 5U);
}

// The same by no shortcut at all: each account proved whole, after each who comes or leaves.
TEST(StandingProof, whoever_comes_or_leaves_changes_what_proving_each_account_says) {
  const auto more_signals = changed("  totp: ",
                                    "  push:          {rests_on: [handset]}\n"
                                    "  post_code:     {rests_on: [post]}\n"
                                    "  vouch:         {rests_on: [voucher]}\n  totp: ");
  std::size_t came = 0, left = 0, only_ways_back = 0, attacked = 0, held = 0;
  for (const auto* asked : {"standard", "guarded"}) {
    const auto policy = policy_of(changed("password_reset: light", concat("password_reset: ", asked), more_signals));
    auto population = population_of(
        policy,
        changed("accounts:", "  boss:  {count: 2, team: business, vouches: true, account: desk}\naccounts:", people));
    ASSERT_EQ(std::ranges::count_if(population.people, [](const auto& kind) { return kind.vouches; }), 1);
    std::mt19937 dice(23);
    const Grouping grouping(policy);
    std::vector<AccountRecord> accounts;
    for (std::size_t n = 0; n < 24; ++n) {
      accounts.push_back(drawn(dice, n));
      if (dice() % 4 != 0) accounts.back().enrolled = static_cast<SignalSet>(dice() % 64);
    }
    StandingProof standing(policy, population);
    ASSERT_TRUE(standing.take(accounts));
    for (int round = 0; round < 16; ++round) {
      auto& kind = population.people[dice() % population.people.size()];
      const auto before = std::exchange(kind.count, static_cast<std::uint32_t>(dice() % 5));
      ASSERT_TRUE(standing.people_are(kind.name, kind.count));
      came += kind.count > before ? 1 : 0;
      left += kind.count < before ? 1 : 0;
      std::uint64_t expected = 0;
      for (const auto& account : accounts) {
        auto one = population;
        std::erase_if(one.accounts, [](const auto& other) { return other.name != "desk"; });
        one.accounts.insert(one.accounts.begin(), grouping.kinds({account}).front());
        const auto name = one.accounts.front().name;
        const auto proof = proof_of(policy, one);
        bool attack = false, lockout = false;
        for (const auto& f : proof.findings)
          if (f.account == name && f.standing != Standing::holds)
            (f.guarantee == "no_lockout" ? lockout : attack) = true;
        expected += attack || lockout ? 1 : 0;
        attacked += attack ? 1 : 0;
        only_ways_back += lockout && !attack ? 1 : 0;
        held += attack || lockout ? 0 : 1;
      }
      ASSERT_EQ(standing.totals().broken, expected) << kind.name << ' ' << before << " -> " << kind.count;
    }
  }
  EXPECT_GT(came, 5U);
  EXPECT_GT(left, 5U);
  EXPECT_GT(attacked, 50U);
  EXPECT_GT(only_ways_back, 50U);
  EXPECT_GT(held, 50U);
}

TEST(StandingProof, weaker_ways_alone_are_the_same_ones) {
  for (const auto* to : {"light", "standard"}) {
    const auto policy = policy_of(changed("password_reset: light", concat("password_reset: ", to)));
    const auto population = population_of(policy);
    std::mt19937 dice(9);
    StandingProof whole(policy, population);
    StandingProof weaker(policy, population, StandingProof::Depth::weaker_only);
    for (std::size_t n = 0; n < 50; ++n) {
      const auto account = drawn(dice, n);
      ASSERT_TRUE(whole.change(account));
      ASSERT_TRUE(weaker.change(account));
    }
    EXPECT_EQ(whole.totals().weaker, weaker.totals().weaker);
    EXPECT_EQ(whole.totals().weaker > 0, std::string_view(to) == "light");
  }
}

// The shortcuts (all enrolled at once, nothing listed) against proving each account whole.
TEST(StandingProof, says_what_proving_each_account_says) {
  const auto people_of = changed("accounts:", "  boss:  {count: 2, vouches: true}\naccounts:", people);
  const auto more_signals = changed("  totp: ",
                                    "  push:          {rests_on: [handset]}\n"
                                    "  sms_code:      {rests_on: [number, handset]}\n"
                                    "  post_code:     {rests_on: [post]}\n"
                                    "  vouch:         {rests_on: [voucher]}\n  totp: ");
  std::size_t broken = 0;
  std::size_t whole = 0;
  std::size_t ways_back = 0;
  for (const auto* floor : {"light", "standard", "guarded"})
    for (const auto* lost : {"handset", "handset, mailbox", "code_sheet"}) {
      const auto policy =
          policy_of(changed("[handset, mailbox]}", concat("[", lost, "]}"),
                            changed("password_reset: light", concat("password_reset: ", floor), more_signals)));
      const auto population = population_of(policy, people_of);
      std::mt19937 dice(31);
      StandingProof standing(policy, population);
      const Grouping grouping(policy);
      std::uint64_t expected = 0;
      for (std::size_t n = 0; n < 40; ++n) {
        auto account = drawn(dice, n);
        if (dice() % 4 != 0) account.enrolled = static_cast<SignalSet>(dice() % 128);
        account.mailbox_of_account = dice() % 5 == 0;
        ASSERT_TRUE(standing.change(account));
        auto one = population;
        one.accounts = grouping.kinds({account});
        const auto proof = proof_of(policy, one);
        expected += proof.holds() ? 0 : 1;
        if (!proof.holds() && std::ranges::all_of(proof.findings, [](const Finding& f) {
              return f.standing == Standing::holds || f.guarantee == "no_lockout";
            }))
          ++ways_back;
      }
      EXPECT_EQ(standing.totals().broken, expected) << floor << ' ' << lost;
      broken += expected;
      whole += 40 - expected;
    }
  EXPECT_GT(broken, 50U);
  EXPECT_GT(whole, 50U);
  EXPECT_GT(ways_back, 20U);  // nothing broken but that
}

// What is settled by an account of which less is asked, against proving each account whole: of each drawn rule it is
// drawn what it asks and of whom, so of some accounts it asks too little and of others enough.
// An administrator is promised more people than anybody is asked for, so what holds for others holds not for them.
TEST(StandingProof, what_holds_where_less_is_asked_holds) {
  static constexpr std::array<std::string_view, 6> who{
      "'Finance' in account.groups", "'Choir' in account.groups",        "'Chess' in account.groups",
      "account.executive",           "account.employment == 'employee'", "account.organization == 'abroad'"};
  static constexpr std::array<std::string_view, 8> asks{
      "raise: standard", "raise: guarded",
      "signals: 2",      "signals: 3",
      "include: [totp]", "allow: [recovery_code, totp]",
      "deny: never",     "approvers: [{at_least: 1, outside: help_desk}]"};
  const auto people_of =
      changed("other: {count: 3, team: business}",
              "other: {count: 3, team: business}\n  boss:  {count: 2, vouches: true, account: root}", people);
  std::mt19937 dice(41);
  std::uint64_t broken = 0, weaker = 0;
  constexpr std::uint64_t accounts = 30, policies = 12;
  for (std::uint64_t round = 0; round < policies; ++round) {
    const auto text = changed("people_needed: {admins: 2}", "people_needed: {admins: 3}",
                              changed("  totp: ", "  vouch:         {rests_on: [voucher]}\n  totp: "));
    std::string rules = "rules:\n";
    for (std::size_t i = dice() % 2; i < who.size(); i += 2)
      rules += concat("  - {id: drawn", i, ", when: \"", who[i], "\", ", asks[dice() % asks.size()], "}\n");
    const auto policy = policy_of(changed("rules:\n", rules, text));
    const auto population = population_of(policy, people_of);
    StandingProof whole(policy, population);
    StandingProof only_weaker(policy, population, StandingProof::Depth::weaker_only);
    const Grouping grouping(policy);
    std::uint64_t broken_by_themselves = 0, weaker_by_themselves = 0;
    for (std::size_t n = 0; n < accounts; ++n) {
      auto account = drawn(dice, n);
      if (dice() % 4 == 0) account.enrolled = static_cast<SignalSet>(dice() % 16);
      if (dice() % 2 == 0) account.manager = "boss";
      ASSERT_TRUE(whole.change(account));
      ASSERT_TRUE(only_weaker.change(account));
      auto one = population;
      one.accounts.push_back(grouping.kinds({account}).front());
      const auto proof = prove_policy(policy, one, {.pessimistic = false});
      ASSERT_TRUE(proof);
      broken_by_themselves += std::ranges::any_of(
          proof->findings, [&](const Finding& f) { return f.account == account.id && f.standing != Standing::holds; });
      const auto is_weaker = weaker_than_sign_in(policy, one);
      ASSERT_TRUE(is_weaker);
      weaker_by_themselves += is_weaker->back();
    }
    EXPECT_EQ(whole.totals().broken, broken_by_themselves) << rules;
    EXPECT_EQ(whole.totals().weaker, weaker_by_themselves) << rules;
    EXPECT_EQ(only_weaker.totals().weaker, weaker_by_themselves) << rules;
    broken += broken_by_themselves;
    weaker += weaker_by_themselves;
  }
  EXPECT_GT(weaker, accounts * policies / 8);
  EXPECT_LT(weaker, broken);
  EXPECT_LT(broken, accounts * policies * 7 / 8);
}

// -- certificates ---------------------------------------------------------------------------------
class Certificates : public ::testing::Test {
 protected:
  Certificates()
      : policy_(policy_of(changed("password_reset: light", "password_reset: standard"))),
        population_(population_of(policy_)) {
    const auto proof = proof_of(policy_, population_);
    auto made = certificate_of(policy_, proof, "few");
    EXPECT_TRUE(made);
    certificate_ = *std::move(made);
  }
  [[nodiscard]] Result<void> check(const Json& certificate) const {
    return check_proof(policy_, population_, "few", certificate);
  }

  Policy policy_;
  Population population_;
  Json certificate_;
};

// One change somewhere, drawn at random; nothing when what was drawn cannot be changed so.
class Mutation {
 public:
  explicit Mutation(unsigned seed) : random_(seed) {}

  std::optional<Json> of(Json certificate) {
    const auto before = certificate;
    static constexpr std::array<std::string_view, 3> readings{"attacker", "front", "gang"};
    const auto reading = std::string(readings[pick(3)]);
    switch (pick(10)) {
      case 0: change_text(certificate); break;
      case 1: change_claims(certificate); break;
      case 2: certificate.set(concat("more", pick(9)), 1); break;
      default: {
        auto nodes = *certificate.find(reading);
        if (reading == "front") {
          change_nodes(nodes);
        } else {
          const auto account = nodes.as_object()[pick(nodes.as_object().size())].first;
          auto families = *nodes.find(account);
          if (pick(20) == 0) nodes.set(concat(account, pick(3)), families);
          change_nodes(families);
          nodes.set(account, std::move(families));
        }
        certificate.set(reading, std::move(nodes));
      }
    }
    if (certificate == before) return std::nullopt;
    return certificate;
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }

  void change_text(Json& certificate) {
    static constexpr std::array<std::string_view, 4> keys{"schema", "model", "policy", "organization"};
    const auto key = keys[pick(4)];
    auto text = certificate.find(key)->as_string();
    text[pick(text.size())] ^= 1;
    certificate.set(key, text);
  }
  void change_claims(Json& certificate) {
    auto claims = *certificate.find("claims");
    auto& list = claims.as_array();
    const auto at = pick(list.size());
    switch (pick(4)) {
      case 0: list.erase(list.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1: list[at].set("account", list[pick(list.size())].find("account")->as_string()); break;
      case 2: list[at].set("at_least", static_cast<int>(pick(5))); break;
      case 3: list.push_back(list[at]); break;
    }
    certificate.set("claims", std::move(claims));
  }
  void change_nodes(Json& nodes) {
    const auto& members = nodes.as_object();
    const auto name = members[pick(members.size())].first;
    const auto other = members[pick(members.size())].first;
    auto sets = *nodes.find(name);
    auto& list = sets.as_array();
    const auto element = [&]() -> Json {
      const auto& some = nodes.find(other)->as_array();
      if (some.empty()) return "nobody";
      const auto& set = some[pick(some.size())].as_array();
      return set.empty() ? Json("nobody") : set[pick(set.size())];
    };
    const auto kind = pick(7);
    if (kind == 0) sets = *nodes.find(other);
    else if (kind == 1) list.push_back(Json::array({element()}));
    else if (kind == 2) list.push_back(Json::array());
    else if (list.empty()) return;
    else {
      const auto at = pick(list.size());
      auto& set = list[at].as_array();
      if (kind == 3) list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
      else if (kind == 4 && !set.empty()) set.erase(set.begin() + static_cast<std::ptrdiff_t>(pick(set.size())));
      else if (kind == 5) set.push_back(element());
      else if (kind == 6 && !set.empty()) set[pick(set.size())] = element();
    }
    nodes.set(name, std::move(sets));
  }

  std::mt19937 random_;
};

TEST_F(Certificates, are_accepted_as_they_were_made) {
  const auto sound = check(certificate_);
  EXPECT_TRUE(sound) << sound.error().what;
  // Written and read again.
  const auto again = parse_json(to_text(certificate_));
  ASSERT_TRUE(again);
  EXPECT_TRUE(check(*again));
}

// What a reader of the report counts is what stands in the certificate, word for word.
TEST_F(Certificates, claim_what_is_promised) {
  std::vector<std::string> claimed, found;
  for (const auto& claim : certificate_.find("claims")->as_array()) {
    const auto* about = claim.find("about");
    claimed.push_back(concat(claim.find("guarantee")->as_string(), " ", claim.find("account")->as_string(), " ",
                             about != nullptr ? about->as_string() : ""));
  }
  for (const auto& f : proof_of(policy_, population_).findings)
    found.push_back(concat(f.guarantee, " ", f.account, " ", f.about));
  std::ranges::sort(claimed);
  std::ranges::sort(found);
  EXPECT_EQ(claimed, found);
  EXPECT_EQ(std::ranges::count(claimed, "class root admins"), 1);
}

TEST_F(Certificates, a_claim_of_another_class_is_refused) {
  const auto compiled = compile(policy_, population_, Reading::technical);
  ASSERT_TRUE(compiled);
  EXPECT_TRUE(check_certificate(compiled->json, certificate_));
  const auto refused = [&](const std::function<void(Json::Array&)>& change) {
    auto other = certificate_;
    auto claims = *other.find("claims");
    change(claims.as_array());
    other.set("claims", std::move(claims));
    EXPECT_FALSE(check(other));
    const auto by_itself = check_certificate(compiled->json, other);
    return by_itself ? std::string() : by_itself.error().what;
  };
  const auto is_class = [](const Json& claim) { return claim.find("guarantee")->as_string() == "class"; };
  EXPECT_EQ(refused([&](auto& claims) { std::ranges::find_if(claims, is_class)->set("about", "staff"); }),
            "`class` of root: the policy finds admins, and not staff");
  EXPECT_EQ(refused([&](auto& claims) { std::ranges::find_if(claims, is_class)->set("account", "desk"); }),
            "`class` of desk: the policy finds staff, and not admins");
  // That one is missing only the policy and the organization file tell.
  EXPECT_EQ(refused([&](auto& claims) { claims.erase(std::ranges::find_if(claims, is_class)); }), "");
}

// As the version before wrote it.
Json of_the_second_edition(const Policy& policy, const Population& population) {
  const auto compiled = compile(policy, population, Reading::technical, {.edition = Edition::second});
  EXPECT_TRUE(compiled);
  auto made =
      families_for(claims_of(policy, *compiled, Edition::second), compiled->json, compiled->model, Edition::second);
  EXPECT_TRUE(made);
  return made->set("policy", to_hex(policy.digest())).set("organization", "few");
}

TEST_F(Certificates, of_the_schema_before_are_held_against_the_model_of_their_time) {
  const auto before = of_the_second_edition(policy_, population_);
  const auto sound = check(before);
  EXPECT_TRUE(sound) << sound.error().what;
  EXPECT_NE(*before.find("model"), *certificate_.find("model"));
  // Neither is the other.
  auto renamed = before;
  EXPECT_FALSE(check(renamed.set("schema", certificate_schema)));
  renamed = certificate_;
  EXPECT_FALSE(check(renamed.set("schema", certificate_schema_before)));
  auto more = before;
  EXPECT_FALSE(check(more.set("governance", Json::object())));
  EXPECT_FALSE(check(more.set("schema", "sallyport-certificate/1")));
  // It claims no class, and an account in another one than it is meant for is refused all the same.
  const auto moved = population_of(policy_, changed("class: staff", "class: admins", people));
  const auto told = check_proof(policy_, moved, "few", of_the_second_edition(policy_, moved));
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().what, "desk is meant for the class admins, and the policy finds staff");
  // And of those who govern it can say nothing.
  const auto governed = policy_of(
      changed("  - never_alone", "  - people_needed_with_governance: {admins: 1}\n  - never_alone", policy_.text()));
  const auto unsaid = check_proof(governed, population_, "few", of_the_second_edition(governed, population_));
  ASSERT_FALSE(unsaid);
  EXPECT_EQ(unsaid.error().what, "a certificate of this kind cannot say anything of those who govern");
}

// Written by the program of that time, and not by this one in its manner.
TEST(CertificatesOfBefore, stay_good) {
  const auto file = [](std::string_view name) { return repository_file(concat("tests/vectors/certificate-2/", name)); };
  const auto policy = policy_of(file("policy.yaml"));
  const auto sound = [&](const Population& population, std::string_view organization, const std::string& text) {
    const auto certificate = parse_json(text);
    EXPECT_TRUE(certificate);
    EXPECT_EQ(certificate->find("schema")->as_string(), certificate_schema_before);
    const auto checked = check_proof(policy, population, organization, *certificate);
    return checked ? std::string() : checked.error().what;
  };
  const auto people_then = file("organization.yaml");
  const auto digest = to_hex(sha256(view_of(people_then)));
  const auto population = population_of(policy, people_then);
  EXPECT_EQ(sound(population, digest, file("certificate.json")), "");
  bool few_groups = false;
  const auto nobody_in_particular = assumed(policy, few_groups);
  ASSERT_TRUE(nobody_in_particular);
  EXPECT_EQ(sound(*nobody_in_particular, "assumed", file("assumed.json")), "");
  // What the checks of today are for, they are for then as well.
  EXPECT_NE(sound(population, digest, changed("\"at_least\":2", "\"at_least\":1", file("certificate.json"))), "");
}

TEST_F(Certificates, of_a_holder_who_would_be_an_approver) {
  const auto held = population_of(policy_, changed("root: {count: 1,", "root: {count: 1, held_by: lead,", people));
  const auto made = certificate_of(policy_, proof_of(policy_, held), "few");
  ASSERT_TRUE(made);
  const auto sound = check_proof(policy_, held, "few", *made);
  EXPECT_TRUE(sound) << sound.error().what;
}

TEST_F(Certificates, of_people_who_speak_for_others_by_an_account) {
  // Bosses who recover with what is as hard as their own signature: the chain is there, and nothing is lost by it.
  const auto policy = policy_of(changed("when: \"account.executive\"}", "when: \"account.executive\", floor: vouched}",
                                        changed("bosses: [[password, totp]]", "bosses: [[security_key]]", vouched)));
  const auto population = population_of(policy, with_boss);
  const auto proof = proof_of(policy, population);
  ASSERT_TRUE(proof.holds());
  auto made = certificate_of(policy, proof, "few");
  ASSERT_TRUE(made);
  const auto sound = check_proof(policy, population, "few", *made);
  EXPECT_TRUE(sound) << sound.error().what;
  Mutation mutation(7);
  for (int tried = 0; tried < 200;) {
    const auto changed_one = mutation.of(*made);
    if (!changed_one) continue;
    ++tried;
    ASSERT_FALSE(check_proof(policy, population, "few", *changed_one)) << to_text(*changed_one);
  }
}

TEST_F(Certificates, are_of_one_policy_and_one_organization) {
  EXPECT_FALSE(check_proof(policy_, population_, "many", certificate_));
  const auto other = policy_of(changed("hold: {for: 30m}", "hold: {for: 31m}", policy_.text()));
  EXPECT_FALSE(check_proof(other, population_, "few", certificate_));
}

TEST_F(Certificates, a_thousand_changed_ones_are_all_refused) {
  Mutation mutation(11);
  std::map<std::string, int> why;
  int tried = 0;
  while (tried < 1000) {
    const auto changed_one = mutation.of(certificate_);
    if (!changed_one) continue;
    ++tried;
    const auto sound = check(*changed_one);
    ASSERT_FALSE(sound) << to_text(*changed_one);
    ++why[sound.error().what.substr(0, sound.error().what.find('`'))];
  }
  EXPECT_GE(why.size(), 5U);  // they are refused for reasons of their own, and not all at the door
}

// Seven seats of one kind, five kinds who fit them, and one person who would have to sit elsewhere: a search through
// all seatings runs out of steps, and a claim must not hold because nobody computed it to its end.
TEST(CertificateCheck, believes_nothing_that_was_too_much_to_compute) {
  const auto policy = policy_of(R"(policy: big
language: 1
signals: {mail_code: {rests_on: [mailbox]}}
tiers: {big: {signals: 1, approvers: [{at_least: 7, role: a}, {at_least: 1, role: b}]}}
classes: [{name: staff}]
front_door: {staff: [[passkey]]}
actions: {mfa_reset: big}
guarantees: [{recovery_not_weaker_than_sign_in: all}, {never_alone: [third_party]}]
)");
  std::string organization = "organization: o\npeople:\n  vb: {count: 1, third_party: true, seats: [a, b]}\n";
  for (int i = 0; i < 5; ++i) organization += concat("  v", i, ": {count: 7, third_party: true, seats: [a]}\n");
  organization += "accounts: {desk: {count: 1}}\n";
  const auto population = population_of(policy, organization);
  const auto compiled = compile(policy, population, Reading::technical);
  ASSERT_TRUE(compiled);
  auto forged = families_for(claims_of(policy, *compiled), compiled->json, compiled->model);
  ASSERT_TRUE(forged);
  forged->set("policy", to_hex(policy.digest()));
  forged->set("organization", "o");
  const auto told = check_proof(policy, population, "o", *forged);
  ASSERT_FALSE(told);
  EXPECT_NE(told.error().what.find("the people of third_party are enough"), std::string::npos) << told.error().what;
}

TEST(CertificateCheck, takes_any_json_without_falling_over) {
  const auto policy = policy_of(small);
  const auto compiled = compile(policy, population_of(policy), Reading::technical);
  ASSERT_TRUE(compiled);
  for (const Json& bad : std::initializer_list<Json>{
           Json(), Json(1), Json("x"), Json::array(), Json::object(),
           Json::object({{"schema", certificate_schema}, {"model", 3}}),
           Json::object({{"schema", certificate_schema}, {"model", model_digest(compiled->json)}, {"attacker", 1}}),
           Json::object({{"schema", certificate_schema},
                         {"model", model_digest(compiled->json)},
                         {"attacker", Json::object({{"control@desk", "x"}})}})})
    EXPECT_FALSE(check_certificate(compiled->json, bad));
}

}  // namespace
}  // namespace sallyport::proof
