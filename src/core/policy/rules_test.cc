// Rules, risk and classes: what fires, what is joined, and the nearest thing that is not.
#include <gtest/gtest.h>

#include <set>

#include "../tests/support/seeded.h"
#include "base/text.h"
#include "core/policy/decision.h"
#include "core/policy/explain.h"
#include "core/policy/trial.h"

namespace sallyport {
namespace {

constexpr std::string_view base = R"(policy: rules
language: 1
signals:
  passkey: {rests_on: [device], strength: strong}
  totp: {rests_on: [handset]}
  mail_code: {rests_on: [mailbox]}
tiers:
  light: {signals: 1}
  standard: {signals: 2}
  guarded: {signals: 2, approvers: [{at_least: 1, role: lead}]}
  vault: {signals: 2, strong: 1, hold: {for: 1h}}
classes:
  - {name: tier0, when: "'Domain Admins' in account.groups", floor: vault}
  - {name: privileged, when: "account.admin", floor: guarded}
  - {name: workforce}
actions: {unlock: light, password_reset: standard}
)";

Policy policy_with(std::string_view more) {
  auto policy = Policy::compile(concat(base, more), "p.yaml");
  EXPECT_TRUE(policy.has_value()) << policy.error().what;
  return *std::move(policy);
}

TrialFacts known() {
  TrialFacts facts;
  facts.set_groups({});
  for (const auto* name :
       {"account.admin=false", "account.executive=false", "account.active=true", "account.locked=false",
        "account.employment=employee", "account.organization=north", "agent.organization=north", "agent.team=desk",
        "request.channel=phone", "request.cases_24h=0", "account.proofed_age=10d", "account.recovery_factor_age=30d"}) {
    const std::string_view fact(name);
    const auto equals = fact.find('=');
    EXPECT_TRUE(facts.set_from_text(*attribute_named(fact.substr(0, equals)), fact.substr(equals + 1))) << name;
  }
  return facts;
}

struct Answer {
  PolicyRefusal refusal = PolicyRefusal::none;
  std::string account_class;
  std::uint32_t risk = 0;
  std::vector<std::string> rules;
  Requirement requirement;
  std::string detail;
};

Answer ask(const Policy& policy, const TrialFacts& given, Action action = Action::password_reset) {
  DecisionSpace space(policy);
  auto facts = given.view();
  facts.set_text(Attribute::action, to_string(action));
  const auto d = policy.demand(facts, action, space);
  Answer out{
      d.refusal, policy.classes()[d.account_class].name.text(), d.risk_points, {}, policy.requirement_of(d.needs), ""};
  for (const auto& f : d.rules) out.rules.push_back(concat(policy.rules()[f.index].id.text(), f.known ? "" : "?"));
  if (d.refusal != PolicyRefusal::none) out.detail = denial_of(policy, d, facts, action).detail;
  return out;
}

using Names = std::vector<std::string>;

TEST(Rules, fire_when_their_condition_holds_or_cannot_be_evaluated) {
  const auto policy =
      policy_with("rules: [{id: new, when: \"account.proofed_age < duration('240h')\", raise: guarded}]\n");
  auto facts = known();
  EXPECT_EQ(ask(policy, facts).rules, Names{});  // exactly ten days old
  EXPECT_TRUE(ask(policy, facts).requirement.approvers.empty());
  facts.set_number(Attribute::account_proofed_age, (days(10) + Duration{-1}).milliseconds);
  EXPECT_EQ(ask(policy, facts).rules, Names{"new"});
  EXPECT_EQ(ask(policy, facts).requirement.approvers.size(), 1U);
  facts.forget(Attribute::account_proofed_age);
  EXPECT_EQ(ask(policy, facts).rules, Names{"new?"});
  EXPECT_EQ(ask(policy, facts).requirement.approvers.size(), 1U);
}

TEST(Rules, ask_for_the_join_of_the_tier_and_what_they_say_themselves) {
  const auto policy = policy_with(
      "rules: [{id: r, when: \"true\", raise: guarded, signals: 3, include: [passkey], hold: {for: 10m}, "
      "approvers: [{at_least: 2, role: lead}, {at_least: 1, outside: desk}]}]\n");
  const auto r = ask(policy, known()).requirement;
  EXPECT_EQ(r.signals, 3U);
  EXPECT_EQ(r.include, std::vector{*SignalName::parse("passkey")});
  EXPECT_EQ(r.hold_with_strong, minutes(10));
  ASSERT_EQ(r.approvers.size(), 2U);
  EXPECT_EQ(r.approvers[1].at_least, 2U);  // those of one kind are one, with the larger number
}

TEST(Rules, deny_wins_and_names_the_first_in_the_text) {
  const auto policy = policy_with(
      "rules:\n  - {id: more, when: \"true\", raise: vault}\n"
      "  - {id: leaver, when: \"account.employment == 'leaver'\", deny: \"the holder has left "
      "({account.employment})\"}\n"
      "  - {id: late, when: \"account.employment == 'leaver'\", deny: \"too late\"}\n");
  auto facts = known();
  EXPECT_EQ(ask(policy, facts).refusal, PolicyRefusal::none);
  facts.set_text(Attribute::account_employment, "leaver");
  EXPECT_EQ(ask(policy, facts).refusal, PolicyRefusal::rule);
  EXPECT_EQ(ask(policy, facts).detail, "rule `leaver` refuses: the holder has left (leaver)");
  EXPECT_EQ(ask(policy, facts).rules, (Names{"more", "leaver", "late"}));
  facts.forget(Attribute::account_employment);
  EXPECT_EQ(ask(policy, facts).detail,
            "rule `leaver` refuses: the holder has left (unknown) (it could not be evaluated, so it holds)");
}

TEST(Rules, refuse_in_a_fixed_order) {
  const auto policy =
      policy_with("rules: [{id: no, when: \"true\", deny: \"closed\"}]\nlimits: {cases_per_account_24h: 2}\n");
  auto facts = known();
  EXPECT_EQ(ask(policy, facts).refusal, PolicyRefusal::rule);
  EXPECT_EQ(ask(policy, facts, Action::mfa_reset).refusal, PolicyRefusal::action_not_in_policy);
  facts.forget(Attribute::account_active);
  EXPECT_EQ(ask(policy, facts).refusal, PolicyRefusal::account_inactive);
  const auto open = policy_with("limits: {cases_per_account_24h: 2}\n");
  facts = known();
  facts.set_number(Attribute::request_cases_24h, 1);
  EXPECT_EQ(ask(open, facts).refusal, PolicyRefusal::none);
  facts.set_number(Attribute::request_cases_24h, 2);
  EXPECT_EQ(ask(open, facts).refusal, PolicyRefusal::too_many_cases);
  facts.forget(Attribute::request_cases_24h);
  EXPECT_EQ(ask(open, facts).refusal, PolicyRefusal::too_many_cases);
  facts = known();
  EXPECT_EQ(ask(open, facts, Action::unlock).refusal, PolicyRefusal::none);
  facts.forget(Attribute::account_admin);
  EXPECT_EQ(ask(open, facts, Action::unlock).refusal, PolicyRefusal::unlock_of_administrator);
}

TEST(Risk, sums_its_points_and_rules_ask_for_them) {
  const auto policy = policy_with(
      "risk:\n  points:\n"
      "    - {add: 40, when: \"account.recovery_factor_age < duration('168h')\", because: \"changed "
      "{account.recovery_factor_age} ago\"}\n"
      "    - {add: 30, when: \"request.channel == 'chat'\", because: \"by chat\"}\n"
      "  levels: {elevated: 30, high: 70}\n"
      "rules: [{id: risky, when: \"risk.points >= risk.high\", raise: vault}]\n");
  auto facts = known();
  EXPECT_EQ(ask(policy, facts).risk, 0U);
  facts.set_text(Attribute::request_channel, "chat");
  EXPECT_EQ(ask(policy, facts).risk, 30U);
  EXPECT_EQ(ask(policy, facts).rules, Names{});
  facts.forget(Attribute::account_recovery_factor_age);
  EXPECT_EQ(ask(policy, facts).risk, 70U);
  EXPECT_EQ(ask(policy, facts).rules, Names{"risky"});
  DecisionSpace space(policy);
  auto view = facts.view();
  view.set_number(Attribute::account_recovery_factor_age, days(2).milliseconds);
  const auto reasons =
      reasons_of(policy, policy.demand(view, Action::password_reset, space), view, Action::password_reset);
  EXPECT_EQ(reasons.at(1), "risk is 70, high: changed 2d ago (40); by chat (30)");
}

// One that may be the account's joins its floor, and the search goes on: what is not known never finds the
// way around the floor of the class that the account really has.
TEST(Classes, those_that_cannot_be_evaluated_join_their_floors) {
  const auto policy = policy_with("");
  auto facts = known();
  facts.set_boolean(Attribute::account_admin, true);
  EXPECT_EQ(ask(policy, facts).account_class, "privileged");
  EXPECT_EQ(ask(policy, facts).requirement.strong, 0U);
  facts.forget(Attribute::account_groups);
  const auto unknown = ask(policy, facts);
  EXPECT_EQ(unknown.account_class, "tier0");
  EXPECT_EQ(unknown.requirement.strong, 1U);             // of tier0's floor
  EXPECT_EQ(unknown.requirement.approvers.size(), 1U);  // and of privileged's
}

TEST(Requirements, that_nobody_could_meet_do_not_load) {
  const auto says = [](std::string_view tier) {
    std::string text(base);
    const auto at = text.find("{signals: 1}");
    const auto policy = Policy::compile(text.replace(at, 12, tier), "p");
    return policy ? std::string("loads") : policy.error().what;
  };
  EXPECT_EQ(says("{signals: 3}"), "loads");
  EXPECT_EQ(says("{signals: 4}"), "p:8:10: 4 independent signals are asked for, and only 3 can be given");
  EXPECT_EQ(says("{signals: 2, allow: [totp, mail_code]}"), "loads");
  EXPECT_EQ(says("{signals: 2, allow: [totp]}"),
            "p:8:10: 2 independent signals are asked for, and only 1 can be given");
  EXPECT_EQ(says("{signals: 2, strong: 2}"), "p:8:10: 2 strong signals are asked for, and only 1 can be given");
  EXPECT_EQ(says("{signals: 1, include: [passkey], allow: [totp]}"),
            "p:8:10: `include` names a signal that `allow` does not");
}

TEST(Guarantees, about_sign_in_need_a_front_door) {
  const auto says = [](std::string_view more) {
    const auto policy = Policy::compile(concat(base, more), "p");
    return policy ? std::string("loads") : policy.error().what;
  };
  EXPECT_EQ(says("guarantees: [{recovery_not_weaker_than_sign_in: [workforce]}]\nfront_door: {workforce: [[password, "
                 "totp]]}\n"),
            "loads");
  EXPECT_NE(says("guarantees: [{recovery_not_weaker_than_sign_in: all}]\nfront_door: {workforce: [[password, totp]]}\n")
                .find("how the class `tier0` signs in is not said"),
            std::string::npos);
  EXPECT_NE(says("guarantees: [{no_lockout: {after_losing: [hanset]}}]\n").find("no signal rests on `hanset`"),
            std::string::npos);
  EXPECT_NE(says("guarantees: [{people_needed: {tier1: 2}}]\n").find("`tier1` is not a class"), std::string::npos);
}

TEST(Problems, are_told_all_at_once_in_the_order_of_the_text) {
  const auto checked = Policy::check(
      "policy: x\nlanguage: 2\nsignals: {otp: {rests_on: [a]}}\ntiers: {t: {signals: 9}}\n"
      "classes: [{name: all, floor: u}]\nactions: {unlok: t}\n");
  EXPECT_FALSE(checked.policy);
  std::vector<std::size_t> lines;
  for (const auto& p : checked.problems) lines.push_back(p.line);
  EXPECT_EQ(lines, (std::vector<std::size_t>{2, 3, 4, 5, 6}));
  EXPECT_EQ(checked.problems.at(1).next_step.substr(0, 22), "did you mean `totp`? t");
}

// The index leaves out only rules that do not hold: against asking every rule.
TEST(RuleIndex, loses_no_rule) {
  Seeded random(7);
  for (int round = 0; round < 60; ++round) {
    std::string rules = "rules:\n";
    const auto count = 1 + random.below(30);
    const auto leaf = [&]() -> std::string {
      switch (random.below(6)) {
        case 0: return concat("action == '", random.one_in(2) ? "unlock" : "password_reset", "'");
        case 1: return concat("'g", random.below(4), "' in account.groups");
        case 2: return concat("account.organization == 'o", random.below(3), "'");
        case 3: return concat("agent.team != 't", random.below(2), "'");
        case 4: return "account.admin";
        default: return concat("!('g", random.below(4), "' in account.groups)");
      }
    };
    for (std::uint64_t i = 0; i < count; ++i)
      rules += concat("  - {id: r", i, ", when: \"", leaf(), random.one_in(2) ? " && " : " || ", "(", leaf(),
                      random.one_in(2) ? " && " : " || ", leaf(), ")\", raise: standard}\n");
    const auto policy = policy_with(rules);
    for (int request = 0; request < 40; ++request) {
      auto facts = known();
      std::vector<std::string> groups;
      for (int g = 0; g < 5; ++g)
        if (random.one_in(3)) groups.push_back(concat("g", g));
      facts.set_groups(groups);
      facts.set_text(Attribute::account_organization, concat("o", random.below(4)));
      facts.set_text(Attribute::agent_team, concat("t", random.below(3)));
      facts.set_boolean(Attribute::account_admin, random.one_in(2));
      for (const auto& info : all_attributes)
        if (random.one_in(12)) facts.forget(info.attribute);
      Names expected;
      auto view = facts.view();
      view.set_text(Attribute::action, "unlock");
      ResolvedFacts in{view, {}, {}};
      std::vector<Symbol> symbols;
      for (const auto& group : groups) symbols.push_back(policy.symbols().find(group));
      in.groups = symbols;
      for (const auto& info : all_attributes)
        if (info.type == AttributeType::text && view.knows(info.attribute))
          in.symbols[static_cast<std::size_t>(info.attribute)] = policy.symbols().find(view.text(info.attribute));
      for (const auto& rule : policy.rules())
        if (const auto truth = rule.when.evaluate(in); truth != Truth::no)
          expected.push_back(concat(rule.id.text(), truth == Truth::yes ? "" : "?"));
      EXPECT_EQ(ask(policy, facts, Action::unlock).rules, expected);
    }
  }
}

// A desk and its space are used again; each answer is as that of a new one.
TEST(Decision, is_not_touched_by_the_one_before) {
  Seeded random(11);
  const auto policy = policy_with(
      "limits: {approvals_per_approver_1h: 2}\n"
      "risk:\n  points:\n    - {add: 30, when: \"account.locked\", because: \"locked\"}\n"
      "    - {add: 40, when: \"account.executive\", because: \"executive\"}\n  levels: {high: 60}\n"
      "rules:\n  - {id: north, when: \"account.organization == 'north' || agent.team == 'desk'\", raise: guarded}\n"
      "  - {id: risky, when: \"risk.points >= risk.high\", deny: \"too risky\"}\n"
      "  - {id: slow, when: \"account.employment == 'contractor'\", hold: {for: 20m}, allow: [totp, passkey]}\n");
  const std::array<Action, 3> actions{Action::unlock, Action::password_reset, Action::mfa_reset};
  const std::array<std::string_view, 3> signals{"passkey", "totp", "mail_code"};
  const auto now = Instant{} + days(100);
  DecisionDesk used(policy);
  std::set<Verdict> verdicts;
  for (int n = 0; n < 2'000; ++n) {
    auto facts = known();
    facts.set_groups(random.one_in(4) ? std::vector<std::string>{"Domain Admins"} : std::vector<std::string>{});
    facts.set_text(Attribute::account_employment, random.one_in(3) ? "contractor" : "employee");
    facts.set_text(Attribute::account_organization, random.one_in(2) ? "north" : "south");
    facts.set_text(Attribute::agent_team, random.one_in(3) ? "desk" : "night");
    for (const auto a : {Attribute::account_admin, Attribute::account_executive, Attribute::account_locked})
      facts.set_boolean(a, random.one_in(3));
    facts.set_boolean(Attribute::account_active, !random.one_in(6));
    facts.set_number(Attribute::request_cases_24h, random.one_in(6) ? 9 : 0);
    for (const auto& info : all_attributes)
      if (random.one_in(20)) facts.forget(info.attribute);
    const auto action = actions[random.below(actions.size())];
    auto view = facts.view();
    view.set_text(Attribute::action, to_string(action));
    std::vector<Evidence> evidence(random.below(5));
    for (std::size_t i = 0; i < evidence.size(); ++i) {
      evidence[i].number = static_cast<std::uint32_t>(i + 1);
      evidence[i].signal = *SignalName::parse(signals[random.below(signals.size())]);
      evidence[i].result = random.one_in(5) ? EvidenceResult::failed : EvidenceResult::passed;
      evidence[i].at = now;
    }
    std::vector<ApproverFacts> approvers(random.below(3));
    for (std::size_t i = 0; i < approvers.size(); ++i) {
      approvers[i].person = *PersonId::parse(concat("p", random.below(3)));
      if (!random.one_in(3)) approvers[i].seats = {*RoleName::parse("lead")};
      approvers[i].approvals_1h = random.one_in(4) ? 7 : 0;
    }
    std::optional<Instant> verified;
    const auto waited = minutes(static_cast<int>(random.below(90)));
    if (random.one_in(2)) verified = Instant{now.milliseconds - waited.milliseconds};
    const DecisionInput input{view, action, evidence, approvers, now, verified};
    DecisionDesk fresh(policy);
    const auto expected = to_text(explain_json(policy, fresh.decide(input), input));
    const auto& again = used.decide(input);
    verdicts.insert(again.verdict);
    EXPECT_EQ(to_text(explain_json(policy, again, input)), expected);
  }
  EXPECT_EQ(verdicts.size(), 3U);
}

TEST(Decision, is_pending_until_all_is_there_and_says_what_is_missing) {
  const auto policy = policy_with(
      "limits: {approvals_per_approver_1h: 2, cooldown_after_own_recovery: 3d}\n"
      "rules: [{id: yes, when: \"account.admin\", hold: {for: 30m}}]\n");
  const auto read = read_trials(R"(policy: p.yaml
facts: {account.active: true, account.admin: true, account.groups: [], request.cases_24h: 0}
cases:
  - name: one signal
    action: password_reset
    evidence: [{signal: totp}]
    expect: pending
    missing: 2 independent signals, 1 given
  - name: the hold runs
    action: password_reset
    evidence: [{signal: totp}, {signal: mail_code}]
    approvals: [{person: lea, seats: [lead]}]
    waited: 29m
    expect: pending
    missing: the hold runs for 1m
  - name: all there
    action: password_reset
    evidence: [{signal: totp}, {signal: mail_code}]
    approvals: [{person: lea, seats: [lead]}]
    waited: 30m
    expect: permit
    class: privileged
    rule: "yes"
  - name: over budget
    action: password_reset
    evidence: [{signal: totp}, {signal: mail_code}]
    approvals: [{person: lea, seats: [lead], approvals_1h: 2}]
    waited: 30m
    expect: pending
    missing: with the role lead
  - name: in cooldown
    action: password_reset
    evidence: [{signal: totp}, {signal: mail_code}]
    approvals: [{person: lea, seats: [lead], since_recovery: 71h}]
    waited: 30m
    expect: pending
  - name: after the cooldown
    action: password_reset
    evidence: [{signal: totp}, {signal: mail_code}]
    approvals: [{person: lea, seats: [lead], since_recovery: 72h}]
    waited: 30m
    expect: permit
)");
  ASSERT_TRUE(read.has_value()) << read.error().front().what;
  DecisionDesk desk(policy);
  for (const auto& trial : read->trials) {
    const TrialInput given(trial);
    const auto& d = desk.decide(given.input());
    EXPECT_EQ(difference(policy, trial, d), "") << trial.name << '\n' << explain(policy, d, given.input());
  }
}

TEST(Decision, names_what_led_to_it_and_the_facts_on_which_that_was_judged) {
  const auto policy = policy_with(
      "risk:\n"
      "  points: [{add: 30, when: \"account.recovery_factor_age < duration('168h')\", because: \"bound lately\"}]\n"
      "rules:\n"
      "  - {id: risky, when: \"risk.points >= 30 && 'Finance' in account.groups\", raise: guarded}\n"
      "  - {id: abroad, when: \"request.network_country != account.usual_country\", signals: 2}\n"
      "  - {id: quiet, when: \"account.locked\", raise: vault}\n");
  Trial trial;
  trial.facts = known();
  trial.action = Action::password_reset;
  trial.facts.set_groups({"Finance", "Staff"});
  trial.facts.set_text(Attribute::account_usual_country, "CH");
  trial.facts.set_number(Attribute::account_recovery_factor_age, days(2).milliseconds);
  const TrialInput given(trial);
  DecisionDesk desk(policy);
  const auto& d = desk.decide(given.input());
  const auto text = explain(policy, d, given.input());
  for (const auto& words :
       {concat("\n  policy rules, ", to_hex(policy.digest()), "\n"),
        std::string("\n  class workforce, tier standard, needs 2 "),
        std::string(
            "\n  rule risky, line 20, fires on risk.points >= 30 && 'Finance' in account.groups: risk.points is 30, "
            "account.groups is Finance, Staff\n"),
        std::string("\n  rule abroad, line 21, fires on request.network_country != account.usual_country: "
                    "request.network_country is unknown, account.usual_country is CH\n")})
    EXPECT_NE(text.find(words), std::string::npos) << words << text;
  EXPECT_EQ(text.find("quiet"), std::string::npos) << text;  // it did not fire
  const auto json = explain_json(policy, d, given.input());
  EXPECT_EQ(json.find("policy")->as_string(), to_hex(policy.digest()));
  EXPECT_EQ(json.find("tier")->as_string(), "standard");
  EXPECT_EQ(to_text(*json.find("rules")),
            R"([{"effect":"raises to guarded: 2 signals, 1 approval by someone with the role lead",)"
            R"("facts":{"account.groups":["Finance","Staff"],"risk.points":30},"id":"risky","known":true,"line":20,)"
            R"("when":"risk.points >= 30 && 'Finance' in account.groups"},)"
            R"({"effect":"raises: 2 signals","facts":{"account.usual_country":"CH","request.network_country":null},)"
            R"("id":"abroad","known":false,"line":21,"when":"request.network_country != account.usual_country"}])");
  EXPECT_EQ(to_text(*json.find("points")),
            R"([{"add":30,"because":"bound lately","facts":{"account.recovery_factor_age":"2d"},"known":true,)"
            R"*("line":18,"when":"account.recovery_factor_age < duration('168h')"}])*");
  EXPECT_EQ(to_text(*json.find("classes")),
            R"([{"facts":{},"floor":null,"known":true,"line":15,"name":"workforce","when":null}])");
}

// One scalar where a list belongs must not be read as "none": the case would test something else than it says.
TEST(Trials, want_a_list_of_seats) {
  const auto read = read_trials(
      "policy: p.yaml\ncases:\n  - {name: x, action: unlock, approvals: [{person: lea, seats: lead}], expect: deny}\n");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().front().what, "`seats` must be a list of roles");
}

}  // namespace
}  // namespace sallyport
