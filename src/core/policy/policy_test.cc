// A policy with a slip of the pen does not load, and the fault says where it slipped.
#include "core/policy/policy.h"

#include <gtest/gtest.h>

#include "../tests/support/files_for_tests.h"
#include "../tests/support/small_world.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/policy/explain.h"
#include "core/policy/signals.h"
#include "core/policy/without_effect.h"

namespace sallyport {
namespace {

// small_policy with the first occurrence of `from` replaced.
std::string changed(std::string_view from, std::string_view to) {
  std::string text(small_policy);
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string refusal(std::string_view text) {
  const auto policy = Policy::compile(text, "p.yaml");
  if (policy) return "loaded";
  EXPECT_FALSE(policy.error().next_step.empty()) << policy.error().what;
  const auto& what = policy.error().what;
  return what.substr(0, what.find(" (and "));  // what follows from the first is not of interest here
}

TEST(PolicyLoading, takes_the_small_world_and_the_examples) {
  EXPECT_EQ(refusal(small_policy), "loaded");
  for (const auto* name : {"examples/policies/demo.yaml", "examples/policies/small-company.yaml"})
    EXPECT_EQ(refusal(repository_file(name)), "loaded") << name;
}

struct Row {
  std::string_view from;
  std::string_view to;
  std::string_view gives;
};

TEST(PolicyLoading, refuses_each_slip_at_its_place) {
  for (const auto& [from, to, gives] : std::initializer_list<Row>{
           {"policy: small-world", "policy:", "p.yaml:1:8: `policy` must be a value"},
           {"language: 1", "language: 2",
            "p.yaml:2:11: `language` is 2, out of range: it must be a whole number from 1 to 1"},
           {"language: 1", "language: '1'",
            "p.yaml:2:11: `language` is in quotes, and so a text: it must be a whole number from 1 to 1"},
           {"language: 1", "language: one", "p.yaml:2:11: `language` must be a whole number from 1 to 1"},
           {"language: 1\n", "", "p.yaml:1:1: the policy lacks `language`"},
           {"language: 1", "language: 1\nlanguage: 1",
            "p.yaml:3:1: the key `language` stands here twice (first at line 2)"},
           {"language: 1", "language: 1\nguarantee: []", "p.yaml:3:1: `guarantee` is not known in the policy"},
           // signals
           {"  totp: ", "  otp: ", "p.yaml:5:3: `otp` is not a signal"},
           {"  totp: ", "  security_question: ",
            "p.yaml:5:3: `security_question` is static knowledge, and that is no signal"},
           {"  totp: ", "  birthday: ", "p.yaml:5:3: `birthday` is static knowledge, and that is no signal"},
           {"{rests_on: [handset]", "{rests_on: [kba]",
            "p.yaml:5:30: a signal that rests on static knowledge is no signal"},
           {"{rests_on: [handset]", "{rests_on: [handset, handset]", "p.yaml:5:29: `rests_on` names a thing twice"},
           {"{rests_on: [handset]", "{rests_on: [Handset]", "p.yaml:5:30: `Handset` is not a name"},
           {"{rests_on: [handset]", "{rests_on: []", "p.yaml:5:29: `rests_on` must list what the signal rests on"},
           {"{rests_on: [handset]", "{rests_on: handset", "p.yaml:5:29: `rests_on` must list what the signal rests on"},
           {"{rests_on: [handset], fresh: 10m}", "{fresh: 10m}", "p.yaml:5:18: a signal lacks `rests_on`"},
           {"fresh: 10m", "fresh: 10", "p.yaml:5:47: `fresh` `10` is not a duration"},
           {"fresh: 10m", "fresh: 10min", "p.yaml:5:47: `fresh` `10min` is not a duration"},
           {"fresh: 10m", "fresh: -10m", "p.yaml:5:47: `fresh` `-10m` is not a duration"},
           {"fresh: 10m", "fresh: 36500d", "loaded"},
           {"fresh: 10m", "fresh: 36501d",
            "p.yaml:5:47: `fresh` is 36501d, out of range: a duration is from 0ms to 36500d"},
           {"fresh: 10m", "fresh: 99999999999999999999999999ms",
            "p.yaml:5:47: `fresh` is 999999999999999999999999..., out of range: a duration is from 0ms to 36500d"},
           {"fresh: 10m", "fersh: 10m", "p.yaml:5:40: `fersh` is not known in a signal"},
           {"strength: strong", "strength: weak", "p.yaml:4:79: `strength` `weak` is not known"},
           {"kind: issued", "kind: sent", "p.yaml:6:58: `kind` `sent` is not known"},
           {"standard: {signals: 2, approvers: [{at_least: 1, role: desk_lead}]}",
            "standard: {signals: 2, approvers: [{at_least: 1, from: account.orgnization}]}",
            "p.yaml:11:58: `account.orgnization` is no organization"},
           // tiers
           {"light:    {signals: 1,", "light:    {signals: 0,",
            "p.yaml:21:11: `light` asks for no signal, so anybody's word would do for unlock"},
           {"light:    {signals: 1,", "light:    {signals: 1, alarm: yes,", "p.yaml:10:33: `alarm` `yes` is not known"},
           {"light:    {signals: 1,", "light:    {signals: 1, alarm: independent,",
            "p.yaml:10:33: an alarm is asked for, and the policy has no way to raise one"},
           {"light:    {signals: 1,", "light:    {signals: 1, lists: 0,",
            "p.yaml:10:33: `lists` is 0, out of range: it must be a whole number from 1 to 200"},
           {"light:    {signals: 1,", "light:    {signals: 9,",
            "p.yaml:10:23: `signals` is 9, out of range: it must be a whole number from 0 to 8"},
           {"light:    {signals: 1,", "light:    {signals: 99999999999,",
            "p.yaml:10:23: `signals` is 99999999999, out of range: it must be a whole number from 0 to 8"},
           {"light:    {signals: 1,", "light:    {signals: -1,",
            "p.yaml:10:23: `signals` is -1, out of range: it must be a whole number from 0 to 8"},
           {"light:    {signals: 1,", "light:    {signals: 1.5,",
            "p.yaml:10:23: `signals` must be a whole number from 0 to 8"},
           {"light:    {signals: 1,", "light:    {", "p.yaml:10:13: a tier lacks `signals`"},
           {"light:    {signals: 1,", "light:    {signals: 1, strong: 2,",
            "p.yaml:10:13: `strong` is larger than `signals`"},
           {"light:    {signals: 1,", "light:    {signals: 1, include: [vouch],",
            "p.yaml:10:36: `vouch` is not among this policy's signals"},
           {"light:    {signals: 1,", "light:    {signals: 1, allow: totp,",
            "p.yaml:10:33: `allow` must be a list of signals"},
           {"light:    {signals: 1,", "light:    {signals: 1, include: [totp, totp],",
            "p.yaml:10:42: `include` names `totp` twice"},
           {"light:    {signals: 1,", "light:    {signals: 1, allow: [totp, mail_code, totp],",
            "p.yaml:10:51: `allow` names `totp` twice"},
           {"light:    {signals: 1,", "light:    {signals: 1, allow: [totp, mail_code],", "loaded"},
           {"light:    {signals: 1,", "light:    {signals: 1, lasts: 0s,",
            "p.yaml:10:33: `lasts` is 0s, no time at all"},
           {"light:    {signals: 1,", "light:    {signals: 1, lasts: 1ms,", "loaded"},
           {"{within: 7d, batch: true}", "0h", "p.yaml:10:34: `review` is 0h, no time at all"},
           {"{within: 7d, batch: true}", "{within: 0d}", "p.yaml:10:43: `within` is 0d, no time at all"},
           {"{within: 7d, batch: true}", "{within: 1ms}", "loaded"},
           {"  light: ", "  Light: ", "p.yaml:10:3: a tier's name `Light` is not a name"},
           {"{within: 7d, batch: true}", "{within: 7d, batch: yes}", "p.yaml:10:54: `batch` must be true or false"},
           {"{within: 7d, batch: true}", "{batch: true}", "p.yaml:10:34: `review` lacks `within`"},
           {"[{at_least: 1, role: desk_lead}]", "[{at_least: 1}]",
            "p.yaml:11:38: an approver constraint says nothing of who may approve"},
           {"[{at_least: 1, role: desk_lead}]", "[{role: desk_lead}]",
            "p.yaml:11:38: an approver constraint lacks `at_least`"},
           {"[{at_least: 1, role: desk_lead}]", "[{at_least: 0, role: desk_lead}]",
            "p.yaml:11:49: `at_least` is 0, out of range: it must be a whole number from 1 to 8"},
           {"[{at_least: 1, role: desk_lead}]", "[{at_least: 1, role: Desk Lead}]",
            "p.yaml:11:58: `role` `Desk Lead` is not a name"},
           {"[{at_least: 1, role: desk_lead}]",
            "[{at_least: 8, role: desk_lead}, {at_least: 8, role: chief}, "
            "{at_least: 1, outside: help_desk}]",
            "p.yaml:11:13: 17 approvers are asked for, and a case takes 16 approvals"},
           {"[{at_least: 1, role: desk_lead}]", "[{at_least: 8, role: desk_lead}, {at_least: 8, role: chief}]",
            "loaded"},
           {"[{at_least: 1, role: desk_lead}]", "desk_lead", "p.yaml:11:37: `approvers` must be a list"},
           {"{for: 30m, unless: strong}", "{for: 30m, unless: weak}", "p.yaml:12:96: `unless` `weak` is not known"},
           {"{for: 30m, unless: strong}", "{unless: strong}", "p.yaml:12:77: `hold` lacks `for`"},
           {"{for: 30m, unless: strong}", "30m", "p.yaml:12:77: `hold` must be a mapping"},
           {"{for: 1h}", "{for: 4h}", "p.yaml:13:3: the hold of `vault` is 4h, and a case lives 4h"},
           // classes
           {"floor: vault", "floor: vautl", "p.yaml:16:69: `vautl` is not a tier of this policy"},
           {"name: privileged", "name: tier0", "p.yaml:17:5: the class `tier0` stands here twice"},
           {"  - {name: workforce}\n", "",
            "p.yaml:18:5: the last class has a condition, so some accounts have no class"},
           {"  - {name: tier0, when: \"'Domain Admins' in account.groups\", floor: vault}", "  - {name: everybody}",
            "p.yaml:17:5: no account reaches this class: the one above takes every account"},
           {"account.admin || account.executive", "account.boss",
            "p.yaml:17:30: in the condition, column 1: `account.boss` is not an attribute"},
           {"account.admin || account.executive", "account.admin ||",
            "p.yaml:17:30: in the condition, column 17: a value is expected"},
           {"account.admin || account.executive", "account.groups",
            "p.yaml:17:30: in the condition, column 1: a list of strings is neither true nor false"},
           // rules
           {"actions:", "rules: [{id: a, when: \"action == 'unlock'\", raise: vault}]\nactions:", "loaded"},
           {"actions:", "rules: [{id: a, when: \"action == 'unlok'\", raise: vault}]\nactions:",
            "p.yaml:20:23: in the condition, `unlok` is not an action"},
           // actions and limits
           {"  unlock: light", "  unlok: light", "p.yaml:21:3: `unlok` is not an action"},
           {"  unlock: light", "  unlock: feather", "p.yaml:21:11: `feather` is not a tier of this policy"},
           {"  unlock: light", "  unlock: [light]", "p.yaml:21:11: a tier must be a value"},
           {"cases_per_account_24h: 3", "cases_per_account_24h: 0",
            "p.yaml:24:33: `cases_per_account_24h` is 0, out of range: it must be a whole number from 1 to 1000"},
           {"tries_per_signal: 3", "tries_per_signal: 11",
            "p.yaml:24:54: `tries_per_signal` is 11, out of range: it must be a whole number from 1 to 10"},
           {"case_lifetime: 4h", "case_lifetime: 31d",
            "p.yaml:24:72: `case_lifetime` is 31d, out of range: it must be from 1m to 30d"},
           {"verified_for: 1h", "verified_for: 59s",
            "p.yaml:24:90: `verified_for` is 59s, out of range: it must be from 1m to 30d"},
           {"verified_for: 1h", "verified: 1h", "p.yaml:24:76: `verified` is not known in `limits`"},
       })
    EXPECT_EQ(refusal(changed(from, to)), gives) << from << " -> " << to;
}

TEST(PolicyLoading, refuses_names_that_stand_twice_in_a_list) {
  for (const auto& [from, to, gives] : std::initializer_list<Row>{
           {"sign_in: all", "sign_in: [tier0, workforce]", "loaded"},
           {"sign_in: all", "sign_in: [tier0, workforce, tier0]",
            "p.yaml:31:58: `recovery_not_weaker_than_sign_in` names `tier0` twice"},
           {"sign_in: all", "sign_in: all\n  - never_alone: [help_desk, third_party]", "loaded"},
           {"sign_in: all", "sign_in: all\n  - never_alone: [help_desk, help_desk]",
            "p.yaml:32:30: `never_alone` names `help_desk` twice"},
           {"sign_in: all", "sign_in: all\n  - no_lockout: {after_losing: [handset, handset]}",
            "p.yaml:32:42: `after_losing` names `handset` twice"},
           {"tier0: [[password]]", "tier0: [[password], [password, totp]]", "loaded"},
           {"tier0: [[password]]", "tier0: [[password, totp], [totp, password]]",
            "p.yaml:26:29: a front door names a way to sign in twice"},
       })
    EXPECT_EQ(refusal(changed(from, to)), gives) << to;
}

// Versions before let them go live. A site must not stop, nor an auditor stumble, over what it has accepted.
TEST(PolicyLoading, reads_past_such_slips_in_what_is_in_force_and_past_no_others) {
  const auto with = [](std::string_view to) { return changed("light:    {signals: 1,", to); };
  const auto in_force = [](const std::string& text) { return Policy::compile(text, "p", PolicyReading::in_force); };
  for (const auto* slip : {"light: {signals: 1, include: [totp, totp],", "light: {signals: 1, lasts: 0s,"}) {
    EXPECT_FALSE(Policy::compile(with(slip), "p")) << slip;
    EXPECT_TRUE(in_force(with(slip))) << slip;
  }
  const auto twice = *in_force(with("light: {signals: 1, include: [totp, totp],"));
  EXPECT_EQ(twice.tiers().at(*TierName::parse("light")).requirement.include,
            std::vector{*SignalName::parse("totp")});  // as it always was
  const auto none = *in_force(with("light: {signals: 1, lasts: 0s,"));
  EXPECT_EQ(none.tiers().at(*TierName::parse("light")).requirement.lasts, Duration{});
  for (const auto* wrong :
       {"light: {signals: 9,", "light: {signals: 1, include: [topt],", "light: {signals: 1, lasts: 0,"})
    EXPECT_FALSE(in_force(with(wrong))) << wrong;
}

// Line, column and the first words of each warning.
std::string warnings(std::string_view text) {
  const auto checked = Policy::check(text);
  EXPECT_TRUE(checked.policy.has_value());
  std::string out;
  for (const auto& p : checked.problems) {
    EXPECT_TRUE(p.warning && !p.next_step.empty()) << p.what;
    out += concat(p.line, ":", p.column, ": ", p.what.substr(0, p.what.find(':')), "\n");
  }
  return out;
}

TEST(PolicyLoading, warns_of_a_hold_that_never_runs) {
  constexpr auto never = "this hold never runs";
  for (const auto& [from, to, gives] : std::initializer_list<Row>{
           {"light:", "light:", ""},
           {"guarded:  {signals: 2,", "guarded:  {signals: 2, strong: 1,", "12:88"},
           {"guarded:  {signals: 2,", "guarded:  {signals: 2, include: [passkey],", "12:97"},
           {"guarded:  {signals: 2,", "guarded:  {signals: 2, include: [totp],", ""},
           {"guarded:  {signals: 2,", "guarded:  {signals: 1, allow: [passkey],", "12:95"},
           {"guarded:  {signals: 2,", "guarded:  {signals: 1, allow: [passkey, totp],", ""},
           {"hold: {for: 1h}", "hold: {for: 1h, unless: strong}", "14:20"},  // the vault, which asks for a strong one
           {"actions:",
            "rules: [{id: a, when: \"account.admin\", strong: 1, hold: {for: 1h, unless: strong}}]\nactions:", "20:57"},
           {"actions:", "rules: [{id: a, when: \"account.admin\", hold: {for: 1h, unless: strong}}]\nactions:", ""},
       })
    EXPECT_EQ(warnings(changed(from, to)), gives.empty() ? "" : concat(gives, ": ", never, "\n")) << to;
  EXPECT_EQ(warnings(changed("hold: {for: 1h}", "hold: {for: 0s}")),
            "14:20: this hold is no time at all, so nobody waits\n");
}

TEST(PolicyLoading, hears_a_mistake_behind_any_number_of_warnings) {
  std::string rules = "rules:\n";
  for (int i = 0; i < 300; ++i) rules += concat("  - {id: r", i, ", when: \"account.admin\", hold: {for: 0s}}\n");
  EXPECT_EQ(refusal(changed("actions:", concat(rules, "actions:"))), "loaded");
  EXPECT_NE(refusal(changed("actions:", concat(rules, "  - {id: last, when: \"account.boss\", signals: 1}\nactions:")))
                .find("`account.boss` is not an attribute"),
            std::string::npos);
}

TEST(PolicyLoading, warns_of_a_notice_that_is_an_alarm_beside_nothing) {
  const auto with = [](std::string_view things) {
    return changed("tiers:", concat("notices:\n  letter: {rests_on: ", things, "}\ntiers:"));
  };
  EXPECT_EQ(warnings(with("[post]")), "");
  EXPECT_EQ(warnings(with("[handset, mailbox, code_sheet]")), "");  // beside a passkey
  EXPECT_EQ(warnings(with("[handset, mailbox, code_sheet, device]")),
            "10:3: the notice `letter` is an alarm beside no signal\n");
}

TEST(PolicyLoading, refuses_what_is_no_policy_at_all) {
  EXPECT_EQ(refusal(""), "p.yaml:1:1: the text is empty");
  EXPECT_EQ(refusal("- a"), "p.yaml:1:1: the policy must be a mapping");
  EXPECT_EQ(refusal("{}"), "p.yaml:1:1: the policy lacks `policy`");
  EXPECT_NE(refusal(concat(small_policy, "#", std::string(policy_text_bytes_max, 'x'))).find("larger than 1024 KiB"),
            std::string::npos);
}

TEST(PolicyLoading, does_not_mind_the_order_of_sections) {
  std::string text(small_policy);
  const auto limits = text.find("limits:");
  const auto tail = text.substr(limits);
  text.erase(limits);
  EXPECT_EQ(refusal(tail + text), "loaded");
}

TEST(PolicyLoading, digests_the_text_as_it_stands) {
  const auto a = *Policy::compile(small_policy, "p");
  const auto b = *Policy::compile(concat(small_policy, "\n"), "p");
  EXPECT_EQ(a.digest(), sha256(view_of(small_policy)));
  EXPECT_NE(a.digest(), b.digest());
  EXPECT_EQ(a.text(), small_policy);
}

// -- what it then asks for --------------------------------------------------------------------

std::string class_of(const AccountFacts& account, std::string_view text = small_policy) {
  return required_of(*Policy::compile(text, "p"), account, Action::password_reset)->account_class.text();
}

TEST(PolicyClasses, the_first_that_matches) {
  const SmallWorld world;
  auto account = world.account();
  EXPECT_EQ(class_of(account), "workforce");
  account.employment = "contractor";
  EXPECT_EQ(class_of(account), "contractor");
  account.admin = true;
  EXPECT_EQ(class_of(account), "privileged");
  account.groups = {"Domain Admins"};
  EXPECT_EQ(class_of(account), "tier0");
}

TEST(PolicyClasses, one_that_cannot_be_evaluated_matches) {
  const SmallWorld world;
  auto account = world.account();
  account.employment.clear();
  EXPECT_EQ(class_of(account), "contractor");
}

TEST(PolicyRequirement, is_the_join_of_the_actions_floor_and_the_classs) {
  const SmallWorld world;
  const auto policy = *Policy::compile(small_policy, "p");
  auto account = world.account();
  const auto light = required_of(policy, account, Action::unlock);
  EXPECT_EQ(light->requirement.signals, 1U);
  EXPECT_EQ(light->reasons, (std::vector<std::string>{"unlock has the floor light"}));
  account.executive = true;
  const auto guarded = required_of(policy, account, Action::unlock);
  EXPECT_EQ(guarded->requirement.signals, 2U);
  EXPECT_EQ(guarded->requirement.hold_without_strong, minutes(30));
  EXPECT_EQ(guarded->requirement.hold_with_strong, Duration{});
  EXPECT_EQ(guarded->requirement.review, (Review{hours(72), false}));
  EXPECT_EQ(guarded->reasons.back(), "class privileged has the floor guarded");
}

TEST(PolicyRequirement, unlocking_an_administrator_takes_the_right_of_that_name) {
  const SmallWorld world;
  const auto policy = *Policy::compile(small_policy, "p");
  auto account = world.account();
  EXPECT_TRUE(required_of(policy, account, Action::unlock).has_value());
  account.admin = true;
  EXPECT_EQ(required_of(policy, account, Action::unlock).error().code, DenialCode::action_not_in_policy);
  EXPECT_TRUE(required_of(policy, account, Action::password_reset).has_value());
}

TEST(PolicyRequirement, an_action_without_a_floor_and_an_inactive_account_are_denied) {
  const SmallWorld world;
  const auto policy = *Policy::compile(small_policy, "p");
  auto account = world.account();
  EXPECT_EQ(required_of(policy, account, Action::emergency_access).error().code, DenialCode::action_not_in_policy);
  account.active = false;
  EXPECT_EQ(required_of(policy, account, Action::unlock).error().code, DenialCode::account_inactive);
}

TEST(PolicyWithoutEffect, tells_what_loads_and_does_nothing) {
  const auto told = [](std::string_view from, std::string_view to) {
    const auto policy = Policy::compile(changed(from, to), "p.yaml");
    EXPECT_TRUE(policy) << policy.error().what;
    std::string out;
    for (const auto& p : without_effect(*policy)) out += concat(p.line, ": ", p.what, "\n");
    return out;
  };
  EXPECT_EQ(told("policy: small-world", "policy: small-world"), "");
  EXPECT_EQ(told("actions:", "rules: [{id: a, when: \"account.admin && !account.admin\", raise: vault}]\nactions:"),
            "20: the rule `a` never fires: its condition holds for no request\n");
  EXPECT_EQ(told("actions:", "rules: [{id: a, when: \"account.admin\", raise: vault}]\nactions:"), "");
  EXPECT_EQ(told("actions:", "risk: {points: [{add: 1, when: \"request.cases_24h < 0\", because: x}]}\nactions:"),
            "20: this reason never gives points: its condition holds for no request\n");
  EXPECT_EQ(told("account.admin || account.executive", "'Domain Admins' in account.groups"),
            "17: no account is of the class `privileged`\n");
  // Two attributes may be alike in what one of them is held against, texts and numbers and groups.
  for (const auto* when :
       {"agent.organization == account.organization && account.organization == 'clinic'",
        "agent.organization == account.organization && account.organization != 'clinic' && account.organization != "
        "'another'",
        "agent.team in account.groups && agent.team == 'desk'", "agent.team in account.groups",
        "request.cases_1h == agent.cases_1h && agent.cases_1h == 9",
        "request.cases_1h > agent.cases_1h && agent.cases_1h > 9",
        "request.cases_1h > agent.cases_1h && agent.cases_1h > 5 && request.cases_1h < 8"})
    EXPECT_EQ(told("actions:", concat("rules: [{id: a, when: \"", when, "\", raise: vault}]\nactions:")), "") << when;
  EXPECT_EQ(told("actions:",
                 "rules: [{id: a, when: \"agent.organization == account.organization && "
                 "account.organization == 'clinic' && agent.organization == 'bank'\", raise: "
                 "vault}]\nactions:"),
            "20: the rule `a` never fires: its condition holds for no request\n");
  // However much the others tell apart.
  std::string rules = "rules:\n  - {id: dead, when: \"action == 'suspend' && action == 'unlock'\", raise: vault}\n";
  for (const auto* attribute : {"agent.team", "request.network_country", "request.channel", "account.organization"})
    for (const auto* name : {"a", "b", "c", "d", "e", "f"})
      rules += concat("  - {id: ", name, std::to_string(rules.size()), ", when: \"", attribute, " == '", name, "' && '",
                      name, "' in account.groups\", raise: vault}\n");
  EXPECT_EQ(told("actions:", concat(rules, "actions:")),
            "21: the rule `dead` never fires: its condition holds for no request\n");
}

TEST(PolicyWithoutEffect, warns_of_signals_that_no_case_can_be_given) {
  std::string signals = "signals:\n";
  for (const auto name : signal_names) signals += concat("  ", name, ": {rests_on: [", name, "]}\n");
  const auto policy =
      Policy::compile(concat("policy: all\nlanguage: 1\n", signals,
                             "tiers: {light: {signals: 1}}\nclasses: [{name: all}]\nactions: {unlock: light}\n"),
                      "p.yaml");
  ASSERT_TRUE(policy) << policy.error().what;
  EXPECT_TRUE(without_effect(*policy).empty());  // no slip
  std::vector<std::size_t> lines;
  for (const auto& p : signals_not_taken(*policy)) {
    EXPECT_TRUE(p.warning);
    EXPECT_FALSE(p.next_step.empty());
    lines.push_back(p.line);
  }
  std::vector<std::size_t> expected;
  for (std::size_t i = 0; i < signal_kinds.size(); ++i)
    if (!signal_kinds[i].taken) expected.push_back(4 + i);
  EXPECT_EQ(lines, expected);
  EXPECT_EQ(expected.size(), 17U);  // all but totp, mail_code and recovery_code
  for (const auto& p : signals_not_taken(*policy))
    if (p.line == 4 + 6) {
      EXPECT_EQ(p.what,
                "in this version no case can be given `sms_code`: the gateway cannot verify it, and takes nobody's "
                "word for it");
    }
  const auto demo = Policy::compile(repository_file("examples/policies/demo.yaml"), "demo.yaml");
  EXPECT_TRUE(signals_not_taken(*demo).empty());
}

constexpr std::string_view with_acceptance = R"(policy: accepted
language: 1
signals: {totp: {rests_on: [handset]}}
tiers: {one: {signals: 1}}
classes:
  - {name: admins, when: "account.admin"}
  - {name: staff}
actions: {mfa_reset: one}
acceptances:
  - {class: staff, way: [handset, lead], until: 2027-06-30, because: "until the new keys are here"}
)";

TEST(Acceptances, refuse_once_their_day_is_over) {
  const auto policy = Policy::compile(with_acceptance, "p");
  ASSERT_TRUE(policy) << policy.error().what;
  ASSERT_EQ(policy->acceptances().size(), 1U);
  EXPECT_EQ(policy->acceptances().front().way, (std::vector<std::string>{"handset", "lead"}));
  AccountFacts account;
  account.active = true;
  RequestFacts request;
  const auto told = [&](std::string_view at) {
    const auto required =
        policy->required({account, Action::mfa_reset, request, "phone", 0, *instant_from_rfc3339(at)});
    return required ? std::string("fine") : std::string(to_string(required.error().code));
  };
  EXPECT_EQ(told("2027-06-30T23:59:59.999Z"), "fine");
  EXPECT_EQ(told("2027-07-01T00:00:00.000Z"), "acceptance_ended");
  account.admin = true;
  EXPECT_EQ(told("2027-07-01T00:00:00.000Z"), "fine");  // of another class
}

TEST(Acceptances, name_what_is_wrong_with_them) {
  const auto told = [](std::string_view from, std::string_view to) {
    std::string text(with_acceptance);
    text.replace(text.find(from), from.size(), to);
    const auto checked = Policy::check(text);
    return checked.policy ? std::string("fine") : checked.problems.front().what;
  };
  EXPECT_EQ(told("policy: accepted", "policy: other"), "fine");
  EXPECT_EQ(told("2027-06-30", "2027-02-29"), "`until` is not a day");
  EXPECT_EQ(told("2027-06-30", "2027-6-3"), "`until` is not a day");
  EXPECT_EQ(told("2027-06-30", "\"2027-06-30T00:00:00Z\""), "`until` is not a day");
  EXPECT_EQ(told("[handset, lead]", "[]"), "`way` must list what an attacker takes");
  EXPECT_EQ(told("[handset, lead]", "[hand set]"), "`hand set` is neither a thing nor a kind of people");
  EXPECT_EQ(told("class: staff", "class: stuff"), "`stuff` is not a class of this policy");
  EXPECT_EQ(told("\"until the new keys are here\"", "''"), "`because` must be a value");
  EXPECT_EQ(told(", because: \"until the new keys are here\"", ""), "an acceptance lacks `because`");
}

// The same day ends what makes up for people who can be talked over.
TEST(Acceptances, of_the_pessimistic_reading_name_what_makes_up_for_it) {
  constexpr std::string_view way = "way: [handset, lead]";
  constexpr std::string_view made_up = "reading: pessimistic, compensated_by: [hold, approvers]";
  const auto with = [&](std::string_view instead) {
    std::string text(with_acceptance);
    text.replace(text.find(way), way.size(), instead);
    return text;
  };
  const auto policy = Policy::compile(with(made_up), "p");
  ASSERT_TRUE(policy) << policy.error().what;
  const auto& accepted = policy->acceptances().front();
  EXPECT_FALSE(accepted.is_of_a_way());
  EXPECT_EQ(accepted.compensated_by, (std::vector{Compensation::approvers, Compensation::hold}));
  EXPECT_EQ(in_words(accepted),
            "once people can be talked over, recovering an account of staff is not as hard as signing in; two "
            "approvers or more, a hold make up for it until 2027-06-30, accepted because: until the new keys are here");
  AccountFacts account;
  account.active = true;
  const auto late = policy->required(
      {account, Action::mfa_reset, RequestFacts{}, "phone", 0, *instant_from_rfc3339("2027-07-01T00:00:00.000Z")});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, DenialCode::acceptance_ended);
  const auto told = [&](std::string_view instead) {
    const auto checked = Policy::check(with(instead));
    return checked.policy ? std::string("fine") : checked.problems.front().what;
  };
  EXPECT_EQ(told("reading: pessimistic"), "an acceptance lacks `compensated_by`");
  EXPECT_EQ(told("compensated_by: [hold]"), "an acceptance lacks `reading`");
  EXPECT_EQ(told("reading: technical, compensated_by: [hold]"), "`reading` `technical` is not known");
  EXPECT_EQ(told("reading: pessimistic, compensated_by: []"),
            "`compensated_by` must list what makes up for people who are talked over");
  EXPECT_EQ(told("reading: pessimistic, compensated_by: [luck]"),
            "`luck` makes up for nothing that this version knows");
  EXPECT_EQ(told("reading: pessimistic, compensated_by: [hold, hold]"), "`hold` stands twice");
  EXPECT_EQ(told("reading: pessimistic, compensated_by: [hold], way: [lead]"), "`way` is not known in an acceptance");
}

}  // namespace
}  // namespace sallyport
