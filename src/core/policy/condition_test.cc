#include "core/policy/condition.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/text.h"

namespace sallyport {
namespace {

AccountFacts employee() {
  AccountFacts a;
  a.active = true;
  a.employment = "employee";
  a.organization = *OrganizationId::parse("north");
  a.groups = {"Finance", "Staff"};
  return a;
}

std::string says(std::string_view text, const AccountFacts& account = employee(),
                 ConditionPlace place = ConditionPlace::rule) {
  Symbols symbols;
  const std::map<std::string, std::int64_t, std::less<>> levels{{"high", 60}};
  const auto condition = Condition::parse(text, {symbols, place, &levels});
  if (!condition) return condition.error().what;
  RequestFacts request;
  request.proofed_at = Instant{};
  const auto facts = facts_of({account, Action::unlock, request, "phone", 1, Instant{} + days(10)});
  ResolvedFacts in{facts, {}, {}};
  std::vector<Symbol> groups;
  for (const auto& group : account.groups) groups.push_back(symbols.find(group));
  in.groups = groups;
  for (const auto& info : all_attributes)
    if (info.type == AttributeType::text && facts.knows(info.attribute))
      in.symbols[static_cast<std::size_t>(info.attribute)] = symbols.find(facts.text(info.attribute));
  in.risk_points = 70;
  switch (condition->evaluate(in)) {
    case Truth::no: return "no";
    case Truth::yes: return "yes";
    case Truth::error: return "error";
  }
  return "";
}

struct Row {
  std::string_view text;
  std::string_view gives;
};

TEST(Condition, means_what_cel_means) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"true", "yes"},
           {"false", "no"},
           {"'Finance' in account.groups", "yes"},
           {"\"Sales\" in account.groups", "no"},
           {"!('Sales' in account.groups)", "yes"},
           {"account.active", "yes"},
           {"!account.active", "no"},
           {"!!account.active", "yes"},
           {"account.admin || account.active", "yes"},
           {"account.admin && account.active", "no"},
           {"account.employment == 'employee'", "yes"},
           {"account.employment != 'employee'", "no"},
           {"account.organization == 'north'", "yes"},
           {"action == 'unlock'", "yes"},
           {"1 == 1", "yes"},
           {"-1 == 1", "no"},
           {"'' == ''", "yes"},
           {"'a' == \"a\"", "yes"},
           {"'a' != 'A'", "yes"},
           {"account.admin == false", "yes"},
           {"!has(account.employment)", "no"},
           {"!has (account.groups)", "no"},
           {"1 < 2", "yes"},
           {"2 <= 1", "no"},
           {"duration('1h30m') == duration('90m')", "yes"},
           {"duration('1500ms') > duration('1s')", "yes"},
           {"account.proofed_age >= duration('240h')", "yes"},
           {"account.proofed_age > duration('240h')", "no"},
           {"duration('240h') <= account.proofed_age", "yes"},
           {"!(account.proofed_age < duration('240h'))", "yes"},
           {"request.cases_24h == 1", "yes"},
           {"0 < request.cases_24h", "yes"},
           {"request.channel != 'chat'", "yes"},
           {"account.organization in account.groups", "no"},
           {"account.admin == account.executive", "yes"},
           {"risk.points >= risk.high", "yes"},
           {"!(risk.points < 71)", "no"},
           {"false && false || true", "yes"},   // && binds tighter than ||
           {"false && (false || true)", "no"},
           {"true||false&&false", "yes"},
           {"account.active&&'Staff'in account.groups", "yes"},
       })
    EXPECT_EQ(says(text), gives) << text;
}

// CEL specification, "Logical operators": an error is absorbed when the other side settles the result.
TEST(Condition, an_error_is_absorbed_only_by_what_settles) {
  auto unknown = employee();
  unknown.employment.clear();
  unknown.organization = {};
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"account.employment == 'employee'", "error"},
           {"account.employment != 'employee'", "error"},
           {"account.employment == account.organization", "error"},
           {"!(account.employment == 'x')", "error"},
           {"account.employment == 'x' || true", "yes"},
           {"true || account.employment == 'x'", "yes"},
           {"account.employment == 'x' || false", "error"},
           {"false || account.employment == 'x'", "error"},
           {"account.employment == 'x' && false", "no"},
           {"false && account.employment == 'x'", "no"},
           {"account.employment == 'x' && true", "error"},
           {"account.employment == 'x' && account.organization == 'y'", "error"},
           {"!has(account.employment)", "yes"},
           {"account.recovery_factor_age < duration('1h')", "error"},
           {"!(account.recovery_factor_age < duration('1h'))", "error"},
           {"agent.organization != account.organization", "error"},
           {"!has(account.employment) || account.employment == 'x'", "yes"},
           {"account.employment in account.groups", "error"},
       })
    EXPECT_EQ(says(text, unknown), gives) << text;
}

TEST(Condition, types_are_checked_before_anything_is_evaluated) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"account.groups", "column 1: a list of strings is neither true nor false"},
           {"'x'", "column 1: a string is neither true nor false"},
           {"1", "column 1: a int is neither true nor false"},
           {"account.active == 'x'", "column 16: a bool is compared with a string"},
           {"account.groups == account.groups", "column 16: a list of strings is compared with a list of strings"},
           {"1 == '1'", "column 3: a int is compared with a string"},
           {"account.proofed_age > 3", "column 21: a duration is compared with a int"},
           {"account.admin in account.groups", "column 15: `in` asks whether a string is in a list of strings"},
           {"'x' in 'xy'", "column 5: `in` asks whether a string is in a list of strings"},
           {"account.employment >= 'x'", "column 20: a string has no order here"},
           {"account.admin > false", "column 15: a bool has no order here"},
           {"!account.groups", "column 2: a list of strings is neither true nor false"},
           {"!'x' in account.groups", "column 2: a string is neither true nor false"},
           {"!account.admin == true", "column 16: `!` binds tighter than a comparison"},
           {"(account.admin) == true", "column 17: only attributes and literals are compared"},
           {"'x' && true", "column 1: a string is neither true nor false"},
           {"true || 1", "column 9: a int is neither true nor false"},
       })
    EXPECT_EQ(says(text), gives) << text;
}

// A condition must never stop holding because less is known.
TEST(Condition, refuses_what_would_make_ignorance_pay) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"has(account.employment)",
            "column 1: has() would keep a condition from holding when something is not known"},
           {"!!has(account.employment)",
            "column 3: has() would keep a condition from holding when something is not known"},
           {"account.admin || !(!has(account.employment))",
            "column 21: has() would keep a condition from holding when something is not known"},
           {"!(account.admin && has(account.employment))", "yes"},
           {"risk.points < 30", "column 13: more risk points would keep this condition from holding"},
           {"risk.points == 30", "column 13: more risk points would keep this condition from holding"},
           {"30 > risk.points", "column 4: more risk points would keep this condition from holding"},
           {"!(risk.points >= 30)", "column 15: more risk points would keep this condition from holding"},
           {"risk.points > request.cases_24h", "column 13: more risk points would keep this condition from holding"},
           {"30 <= risk.points", "yes"},
       })
    EXPECT_EQ(says(text), gives) << text;
}

TEST(Condition, reads_what_may_be_read_where_it_stands) {
  EXPECT_EQ(says("account.admin", employee(), ConditionPlace::account_class), "no");
  EXPECT_EQ(says("action == 'unlock'", employee(), ConditionPlace::account_class),
            "column 1: `action` cannot be read here");
  EXPECT_EQ(says("!has(account.employment)", employee(), ConditionPlace::account_class),
            "column 2: has() cannot stand in a class");
  EXPECT_EQ(says("action == 'unlock'", employee(), ConditionPlace::risk), "yes");
  EXPECT_EQ(says("risk.points > 1", employee(), ConditionPlace::risk), "column 1: `risk.points` cannot be read here");
  EXPECT_EQ(says("risk.points > risk.low"), "column 15: `risk.low` is no level of this policy's risk");
}

TEST(Condition, durations_are_cels) {
  for (const auto* text : {"", "7d", "h", "1", "1.5h", "-1h", "30m1h", "1h1h", "1h 1m", "99999999999d"})
    EXPECT_EQ(says(concat("duration('", text, "') == duration('1h')")),
              concat("column 10: `", text, "` is not a duration in CEL"));
  EXPECT_EQ(says("duration('876000h') > duration('1h')"), "yes");
  for (const auto* text : {"876001h", "876000h1m", "99999999999999999999h"})
    EXPECT_EQ(says(concat("duration('", text, "') == duration('1h')")),
              concat("column 10: `", text, "` is out of range: a duration is at most 876000h, a hundred years"));
}

TEST(Condition, tells_a_number_that_is_too_large_from_one_that_is_none) {
  EXPECT_EQ(says("request.cases_24h < 9223372036854775807"), "yes");
  for (const auto* number : {"9223372036854775808", "-9223372036854775809", "99999999999999999999999"})
    EXPECT_EQ(says(concat("request.cases_24h < ", number)),
              "column 21: this number is out of range: a whole number is from -9223372036854775808 to "
              "9223372036854775807");
  EXPECT_EQ(says("request.cases_24h < 1.5"), "column 22: a whole number is expected");
}

TEST(Condition, names_the_column_of_what_it_refuses) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"", "column 1: a value is expected"},
           {"account.manager", "column 1: `account.manager` is not an attribute"},
           {"true && account.age == 1", "column 9: `account.age` is not an attribute"},
           {"account.groups.x", "column 1: `account.groups.x` is not an attribute"},
           {"true true", "column 6: an operator or the end is expected"},
           {"true == true == true", "column 14: a comparison of a comparison"},
           {"(true", "column 6: `)` is expected"},
           {"true)", "column 5: an operator or the end is expected"},
           {"true &&", "column 8: a value is expected"},
           {"true & true", "column 6: an operator or the end is expected"},
           {"true and true", "column 6: an operator or the end is expected"},
           {"'x", "column 3: a string is not closed"},
           {"'a\\'b' == 'x'", "column 3: escapes are not used in conditions"},
           {"'a\nb' == 'x'", "column 3: a string ends on its line"},
           {"1.5 == 1.5", "column 2: a whole number is expected"},
           {"1u == 1u", "column 2: a whole number is expected"},
           {"0x1 == 1", "column 2: a whole number is expected"},
           {"99999999999999999999 == 1",
            "column 1: this number is out of range: a whole number is from -9223372036854775808 to "
            "9223372036854775807"},
           {"- 1 == 1", "column 1: a whole number is expected"},
           {"!has(action)", "column 6: has() asks for a field, and this is always there"},
           {"!has('x')", "column 6: `'` is not an attribute"},
           {"!has account.admin", "column 6: `(` is expected after has"},
           {"size(account.groups) == 1", "column 1: `size` is not an attribute"},
           {"true ? true : false", "column 6: an operator or the end is expected"},
           {"[1] == [1]", "column 1: `[` is not an attribute"},
           {"true\t", "column 5: an operator or the end is expected"},
       })
    EXPECT_EQ(says(text), gives) << text;
}

TEST(Condition, bounds_nesting_and_length) {
  const auto nested = [](std::size_t n) { return std::string(n, '(') + "true" + std::string(n, ')'); };
  EXPECT_EQ(says(nested(condition_depth_max)), "yes");
  EXPECT_NE(says(nested(condition_depth_max + 1)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(says(std::string(condition_depth_max + 2, '!') + "true").find("nested too deeply"), std::string::npos);
  std::string chain = "true";
  while (chain.size() + 6 <= condition_bytes_max) chain += "||true";
  EXPECT_EQ(says(chain), "yes");
  EXPECT_NE(says(chain + "||true||true").find("at most 1024 characters"), std::string::npos);
}

TEST(Condition, each_refusal_says_what_would_be_right) {
  for (const auto* text : {"", "x", "(true", "true true", "1 < '2'", "'x", "account.groups", "has(action)", "!1"}) {
    Symbols symbols;
    const auto condition = Condition::parse(text, {symbols});
    ASSERT_FALSE(condition) << text;
    EXPECT_FALSE(condition.error().next_step.empty()) << text;
  }
}

}  // namespace
}  // namespace sallyport
