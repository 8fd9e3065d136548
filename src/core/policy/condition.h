// Conditions: a subset of the Common Expression Language (CEL). Literals, attributes, `==` `!=` `<`
// `<=` `>` `>=`, `in`, `&&`, `||`, `!`, parentheses, duration() and has(). What parses here means the
// same in any CEL implementation. Types are checked when the policy loads.
//
// A condition that cannot be evaluated (a missing attribute) gives Truth::error, and its user takes
// error for "holds": conditions only ever raise or deny, so an error can only tighten. As in CEL,
// `true || error` is true and `false && error` is false; with no < error < yes this is Kleene's logic,
// where && is the smaller, || the larger and ! the mirror image.
//
// That knowing less never loosens is a property of the grammar: has() stands only where its being true
// keeps the condition from holding, and so does risk.points where more of them would (`Polarity`).
//
//   Symbols symbols;
//   SP_TRY(auto condition, Condition::parse("'Finance' in account.groups", {symbols}));
//   if (condition.evaluate(resolved) != Truth::no) ...
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "core/policy/attribute.h"
#include "core/policy/symbols.h"

namespace sallyport {

enum class Truth : std::uint8_t { no, error, yes };

// What a condition may read, by where it stands: a class reads the account alone, and risk points are
// not there before they are counted.
enum class ConditionPlace : std::uint8_t { account_class, risk, rule };

struct ConditionScope {
  Symbols& symbols;
  ConditionPlace place = ConditionPlace::rule;
  const std::map<std::string, std::int64_t, std::less<>>* levels = nullptr;  // risk.<name>; null: none
};

// Facts whose texts were looked up once among a policy's symbols. A view: the facts outlive it.
struct ResolvedFacts {
  const Facts& facts;
  std::array<Symbol, attribute_count> symbols{};  // of text attributes; no_symbol: not named in the policy
  std::span<const Symbol> groups;                 // those of the account's that the policy names
  std::optional<std::int64_t> risk_points = {};   // once they are counted; else as the facts say

  [[nodiscard]] bool knows(Attribute a) const noexcept {
    return (a == Attribute::risk_points && risk_points) || facts.knows(a);
  }
  [[nodiscard]] std::int64_t number(Attribute a) const noexcept {
    return a == Attribute::risk_points && risk_points ? *risk_points : facts.number(a);
  }
};

// What must be so for a condition to hold with everything known: `attribute` is `symbol` (a group: is
// among the groups). Of a condition's guards at least one is true, or its attribute is missing.
struct Guard {
  Attribute attribute = Attribute::action;
  Symbol symbol = no_symbol;
  friend auto operator<=>(const Guard&, const Guard&) = default;
};

class Condition {
 public:
  // The fault's text names the column (in bytes, from 1) inside the condition.
  [[nodiscard]] static Result<Condition> parse(std::string_view text, const ConditionScope& scope);

  [[nodiscard]] Truth evaluate(const ResolvedFacts& facts) const noexcept { return evaluate(root_, facts); }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  enum class Comparison : std::uint8_t { equal, unequal, less, less_equal, greater, greater_equal };
  // One test of attributes, in negation normal form: `negated` mirrors its truth.
  struct Test {
    enum class Kind : std::uint8_t {
      constant,        // `number` is 0 or 1
      boolean,         // `left` is true
      text_is,         // `left` == symbol
      same,            // `left` == `right`: two booleans or two texts
      group,           // `symbol` is among the groups
      text_is_group,   // `left` is among the groups
      number,          // `left` comparison number
      numbers,         // `left` comparison `right`
      known,           // has(left)
    };
    Kind kind = Kind::constant;
    bool negated : 1 = false;
    Comparison comparison : 7 = Comparison::equal;
    Attribute left = Attribute::action;
    Attribute right = Attribute::action;
    Symbol symbol = no_symbol;
    std::int64_t number = 0;
  };
  static_assert(sizeof(Test) == 16);  // of thousands, those of one decision share a line of the cache
  [[nodiscard]] std::span<const Test> tests() const noexcept { return tests_; }

  // The tests of a condition that is one test, or `&&` alone, or `||` alone; absent: it is nested deeper.
  struct Flat {
    bool all = true;  // else any
    std::vector<Test> tests;
  };
  [[nodiscard]] std::optional<Flat> flat() const;

  // Empty when nothing of the kind can be said. `weight` tells how common a guard is among all rules:
  // of several choices the rarest is given.
  [[nodiscard]] std::vector<Guard> guards(const std::map<Guard, std::size_t>& weight) const;

 private:
  friend class ConditionParser;
  struct Node {
    enum class Kind : std::uint8_t { test, all, any };
    Kind kind = Kind::test;
    std::uint32_t first = 0;  // of tests_, or of children_
    std::uint32_t count = 0;
  };
  [[nodiscard]] Truth evaluate(std::uint32_t node, const ResolvedFacts& facts) const noexcept;
  struct Choice;
  [[nodiscard]] Choice choose(std::uint32_t node, const std::map<Guard, std::size_t>& weight) const;

  std::string text_;
  std::vector<Test> tests_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> children_;
  std::uint32_t root_ = 0;
};

[[nodiscard]] bool compares(std::int64_t a, Condition::Comparison c, std::int64_t b) noexcept;
[[nodiscard]] Truth evaluate(bool all, std::span<const Condition::Test> tests, const ResolvedFacts& facts) noexcept;

}  // namespace sallyport
