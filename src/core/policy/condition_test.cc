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

std::string says(std::string_view text, const AccountFacts& account = employee()) {
  const auto condition = Condition::parse(text);
  if (!condition) return condition.error().what;
  switch (condition->evaluate({account, Action::unlock})) {
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
           {"has(account.employment)", "yes"},
           {"has (account.groups)", "yes"},
           {"false && false || true", "yes"},   // && binds tighter than ||
           {"false && (false || true)", "no"},
           {"!account.admin == true", "yes"},   // ! binds tighter than ==
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
           {"has(account.employment)", "no"},
           {"has(account.employment) && account.employment == 'x'", "no"},
           {"!has(account.employment) || account.employment == 'x'", "yes"},
           {"account.employment in account.groups", "error"},
           {"(account.employment == 'x') == true", "error"},
       })
    EXPECT_EQ(says(text, unknown), gives) << text;
}

TEST(Condition, types_are_checked_before_anything_is_evaluated) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"account.groups", "column 1: the condition is a list of strings, not true or false"},
           {"'x'", "column 1: the condition is a string, not true or false"},
           {"1", "column 1: the condition is a int, not true or false"},
           {"account.active == 'x'", "column 22: a bool is compared with a string"},
           {"account.groups == account.groups", "column 33: a list of strings is compared with a list of strings"},
           {"1 == '1'", "column 9: a int is compared with a string"},
           {"account.admin in account.groups", "column 32: `in` asks whether a string is in a list of strings"},
           {"'x' in 'xy'", "column 12: `in` asks whether a string is in a list of strings"},
           {"!account.groups", "column 16: `!` needs true or false"},
           {"!'x' in account.groups", "column 5: `!` needs true or false"},
           {"'x' && true", "column 12: both sides must be true or false"},
           {"true || 1", "column 10: both sides must be true or false"},
       })
    EXPECT_EQ(says(text), gives) << text;
}

TEST(Condition, names_the_column_of_what_it_refuses) {
  for (const auto& [text, gives] : std::initializer_list<Row>{
           {"", "column 1: a value is expected"},
           {"account.manager", "column 1: `account.manager` is not an attribute"},
           {"true && account.age == 1", "column 9: `account.age` is not an attribute"},
           {"account.groups.x", "column 1: `account.groups.x` is not an attribute"},
           {"true true", "column 6: an operator or the end is expected"},
           {"true == true == true", "column 14: an operator or the end is expected"},
           {"(true", "column 6: `)` is expected"},
           {"true)", "column 5: an operator or the end is expected"},
           {"true &&", "column 8: a value is expected"},
           {"true & true", "column 6: an operator or the end is expected"},
           {"true and true", "column 6: an operator or the end is expected"},
           {"1 < 2", "column 3: ordering is not part of this language version"},
           {"account.employment >= 'x'", "column 20: ordering is not part of this language version"},
           {"'x", "column 3: a string is not closed"},
           {"'a\\'b' == 'x'", "column 3: escapes are not used in conditions"},
           {"'a\nb' == 'x'", "column 3: a string ends on its line"},
           {"1.5 == 1.5", "column 2: a whole number is expected"},
           {"1u == 1u", "column 2: a whole number is expected"},
           {"0x1 == 1", "column 2: a whole number is expected"},
           {"99999999999999999999 == 1", "column 1: a whole number is expected"},
           {"- 1 == 1", "column 1: a whole number is expected"},
           {"has(action)", "column 5: has() asks for a field, and `action` is always there"},
           {"has('x')", "column 5: `'` is not an attribute"},
           {"has account.admin", "column 5: `(` is expected after has"},
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
  for (const auto* text : {"", "x", "(true", "true true", "1 < 2", "'x", "account.groups", "has(action)", "!1"}) {
    const auto condition = Condition::parse(text);
    ASSERT_FALSE(condition) << text;
    EXPECT_FALSE(condition.error().next_step.empty()) << text;
  }
}

}  // namespace
}  // namespace sallyport
