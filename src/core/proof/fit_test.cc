// A policy that names what the organization does not have is told so, and one that fits is left alone.
#include "core/proof/fit.h"

#include <gtest/gtest.h>

#include "../tests/support/files_for_tests.h"
#include "base/text.h"
#include "core/proof/read_accounts.h"

namespace sallyport::proof {
namespace {

constexpr std::string_view fitting = R"(policy: fitting
language: 1
signals:
  totp: {rests_on: [handset]}
  mail_code: {rests_on: [mailbox]}
tiers:
  light: {signals: 1}
  guarded:
    signals: 2
    approvers: [{at_least: 2, role: lead}, {at_least: 1, outside: help_desk}, {at_least: 1, from: account.organization}]
classes:
  - {name: admins, when: "account.admin", floor: guarded}
  - {name: staff}
front_door:
  admins: [[security_key]]
  staff: [[password]]
actions: {password_reset: light, mfa_reset: guarded}
rules:
  - {id: again, when: "request.cases_24h >= 1 && agent.team != 'help_desk'", raise: light,
     approvers: [{at_least: 1, role: guardian}]}
guarantees:
  - people_needed: {admins: 3}
  - never_alone: [help_desk, third_party]
acceptances:
  - {class: staff, way: [lead, mailbox, handset@guardian], until: 2027-06-30, because: "judged"}
)";

constexpr std::string_view people = R"(organization: alder
people:
  lead:     {count: 3, team: help_desk, seats: [lead]}
  guardian: {count: 2, team: security, organization: finch, seats: [guardian]}
accounts:
  root: {count: 1, facts: {account.admin: true, account.organization: alder}}
  desk: {count: 9, facts: {account.admin: false, account.organization: alder}}
)";

std::string changed(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return from.empty() ? out : out.replace(at, from.size(), to);
}

// "10:44: what", a line each; a warning begins with "warning ".
std::string told(std::string_view policy_text, std::string_view people_text = people, std::string_view accounts = {}) {
  const auto policy = Policy::compile(policy_text, "p.yaml");
  EXPECT_TRUE(policy) << policy.error().what;
  const auto population = read_population(people_text, *policy);
  EXPECT_TRUE(population) << population.error().front().what;
  const auto records = read_accounts(accounts, *policy, *population);
  EXPECT_TRUE(records) << records.error().what;
  std::string out;
  const auto problems = misfits(*policy, *population, *records);
  for (const auto& p : problems) {
    EXPECT_FALSE(p.next_step.empty()) << p.what;
    out += concat(p.warning ? "warning " : "", p.line, ":", p.column, ": ", p.what, "\n");
  }
  EXPECT_EQ(has_errors(problems), std::ranges::any_of(problems, [](const auto& p) { return !p.warning; }));
  return out;
}

std::string next_step_of(std::string_view policy_text) {
  const auto policy = *Policy::compile(policy_text, "p.yaml");
  const auto problems = misfits(policy, *read_population(people, policy));
  return problems.empty() ? std::string() : problems.front().next_step;
}

TEST(Fit, a_policy_of_names_that_are_there_is_left_alone) { EXPECT_EQ(told(fitting), ""); }

TEST(Fit, the_shipped_policies_fit_the_people_beside_them) {
  for (const auto* name : {"small-company", "regulated-enterprise", "managed-service-provider"})
    EXPECT_EQ(told(repository_file(concat("examples/policies/", name, ".yaml")),
                   repository_file(concat("examples/policies/", name, ".organization.yaml"))),
              "")
        << name;
}

struct Row {
  std::string_view from, to, gives;
};

TEST(Fit, each_name_that_is_not_there_is_told_at_its_place) {
  for (const auto& [from, to, gives] : std::initializer_list<Row>{
           {"role: lead}", "role: leed}", "10:37: no seat `leed` in `alder`\n"},
           {"outside: help_desk", "outside: help_dsk", "10:67: no team `help_dsk` in `alder`\n"},
           {"from: account.organization", "from: account.organization, role: lead", ""},
           {"from: account.organization", "from: finch", ""},
           {"from: account.organization", "from: fench", "10:99: no organization `fench` in `alder`\n"},
           {"role: guardian", "role: guardien", "20:38: no seat `guardien` in `alder`\n"},
           {"[help_desk, third_party]", "[help_desk, thrid_party]", "23:30: no team `thrid_party` in `alder`\n"},
           {"[help_desk, third_party]", "[security]", ""},
           {"[lead, mailbox,", "[laed, mailbox,", "25:26: no thing and no people `laed` in `alder`\n"},
           {"handset@guardian", "handest@guardian", "25:41: no thing `handest` in `alder`\n"},
           {"handset@guardian", "handset@gardian", "25:41: no people `gardian` in `alder`\n"},
           {"agent.team != 'help_desk'", "agent.team != 'help_dsk'",
            "warning 19:23: the condition compares with the team `help_dsk`, which is not in `alder`\n"},
           {"agent.team != 'help_desk'", "agent.organization != 'finch'", ""},
           {"agent.team != 'help_desk'", "account.organization != 'fich'",
            "warning 19:23: the condition compares with the organization `fich`, which is not in `alder`\n"},
       })
    EXPECT_EQ(told(changed(fitting, from, to)), gives) << to;
}

TEST(Fit, all_are_told_at_once_in_the_order_of_the_text_and_with_the_nearest_name) {
  auto text = changed(fitting, "outside: help_desk", "outside: help_dsk");
  text = changed(text, "never_alone: [help_desk", "never_alone: [helpdesk");
  text = changed(text, "role: guardian", "role: gaurdian");
  EXPECT_EQ(told(text),
            "10:67: no team `help_dsk` in `alder`\n"
            "20:38: no seat `gaurdian` in `alder`\n"
            "23:19: no team `helpdesk` in `alder`\n");
  EXPECT_EQ(
      next_step_of(text),
      "did you mean `help_desk`? the teams are help_desk, security; a team that has nobody now is a kind of people "
      "with `count: 0`");
}

TEST(Fit, more_approvers_than_there_are_are_told_and_as_many_are_not) {
  const auto asks = [](std::string_view constraints) {
    return changed(fitting, "[{at_least: 1, role: guardian}]", constraints);
  };
  EXPECT_EQ(told(asks("[{at_least: 2, role: guardian}]")), "");
  EXPECT_EQ(
      told(asks("[{at_least: 3, role: guardian}]")),
      "20:29: nobody can gather 3 approvals by someone with the role guardian in `alder`: there are 2 such people "
      "beside an account's holder\n");
  EXPECT_EQ(told(asks("[{at_least: 1, role: guardian, outside: security}]")),
            "20:29: nobody can gather 1 approval by someone with the role guardian from outside security in `alder`: "
            "there are 0 such people beside an account's holder\n");
  // Each can be gathered: three leads, two guardians. Five people are not six.
  EXPECT_EQ(told(asks("[{at_least: 2, role: guardian}, {at_least: 3, role: lead}]")), "");
  EXPECT_EQ(told(asks("[{at_least: 2, role: guardian}, {at_least: 3, role: lead}, {at_least: 1, outside: help_desk}]"))
                .substr(0, 92),
            "20:17: each of these can be gathered in `alder`, and not all at once, each by another person");
}

TEST(Fit, a_seat_is_one_that_some_account_can_fill) {
  const auto two = changed(fitting, "[{at_least: 1, role: guardian}]", "[{at_least: 2, role: guardian}]");
  const auto held_by_guardian = [](std::string_view account) {
    return changed(people, concat(account, ": {"), concat(account, ": {held_by: guardian, "));
  };
  EXPECT_EQ(told(two, held_by_guardian("root")), "");  // for the desk's accounts both are there
  EXPECT_NE(told(two, changed(held_by_guardian("root"), "desk: {", "desk: {held_by: guardian, ")), "");
  // With a directory its accounts count as well.
  EXPECT_EQ(told(two, changed(held_by_guardian("root"), "desk: {", "desk: {held_by: guardian, "),
                 R"({"account": "a", "facts": {"account.organization": "alder"}})"),
            "");
}

TEST(Fit, what_is_there_and_has_nobody_now_is_no_error) {
  const auto vacant = changed(people, "guardian: {count: 2", "guardian: {count: 0");
  EXPECT_EQ(told(fitting, vacant),
            "warning 10:55: nobody in `alder` can give 1 approval by someone from outside help_desk at present: those "
            "people have `count: 0`\n"
            "warning 20:29: nobody in `alder` can give 1 approval by someone with the role guardian at present: those "
            "people have `count: 0`\n");
  EXPECT_EQ(told(changed(fitting, "[help_desk, third_party]", "[security]"), vacant), told(fitting, vacant));
  const auto gone =
      changed(people, "  guardian: {count: 2, team: security, organization: finch, seats: [guardian]}\n", "");
  EXPECT_NE(told(fitting, gone).find("20:38: no seat `guardian` in `alder`\n"), std::string::npos);
}

TEST(Fit, people_needed_are_no_more_than_there_are) {
  EXPECT_EQ(told(changed(fitting, "{admins: 3}", "{admins: 5}")), "");
  EXPECT_EQ(told(changed(fitting, "{admins: 3}", "{staff: 1, admins: 6}")),
            "22:39: to take an account of the class `admins` is to need 6 people, and `alder` has 5\n");
}

TEST(Fit, the_assumed_organization_fits_everything) {
  const auto policy = *Policy::compile(changed(fitting, "outside: help_desk", "outside: help_dsk"), "p.yaml");
  bool few_groups = false;
  EXPECT_TRUE(misfits(policy, *assumed(policy, few_groups)).empty());
}

TEST(Fit, a_group_of_a_condition_is_one_that_some_account_is_in) {
  const auto by_group = changed(fitting, "\"account.admin\"", "\"'Admins' in account.groups\"");
  const auto in = [](std::string_view groups) {
    return concat(R"({"account": "a", "facts": {"account.organization": "alder", "account.groups": )", groups, "}}\n");
  };
  EXPECT_EQ(told(by_group), "");  // who is in it the organization file does not say
  EXPECT_EQ(told(by_group, people, in(R"(["Staff", "Admins"])")), "");
  EXPECT_EQ(told(by_group, people, in(R"(["Staff", "Admin"])")),
            "warning 12:26: no account is in the group `Admins`\n");
  EXPECT_EQ(told(by_group, people, concat(in("[]"), in("null"))), "");  // of one it is not known
}

TEST(Fit, nobody_holds_an_account_who_is_not_there) {
  const auto policy = *Policy::compile(fitting, "p.yaml");
  const auto vacant = changed(people, "guardian: {count: 2", "guardian: {count: 0");
  EXPECT_TRUE(read_population(vacant, policy));
  const auto read = read_population(changed(vacant, "root: {", "root: {held_by: guardian, "), policy);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().front().what, "nobody is of the kind `guardian`, so none of them holds an account");
  EXPECT_FALSE(read_accounts(R"({"account": "a", "facts": {}, "held_by": "guardian"})", policy,
                             *read_population(vacant, policy)));
}

}  // namespace
}  // namespace sallyport::proof
