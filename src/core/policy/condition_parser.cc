// From text to tests in negation normal form. One pass: `!` turns the polarity of what follows, so no
// tree of negations is ever built.
#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "base/text.h"
#include "core/policy/condition.h"

namespace sallyport {

class ConditionParser {
 public:
  ConditionParser(std::string_view text, const ConditionScope& scope) : text_(text), scope_(scope) {}

  Result<Condition> whole() {
    out_.text_ = std::string(text_);
    if (text_.size() > condition_bytes_max) {
      wrong(concat("a condition has at most ", condition_bytes_max, " characters"), "split the rule");
      return failure();
    }
    const auto root = either(0, Polarity::positive);
    if (!root) return failure();
    skip_space();
    if (at_ != text_.size()) {
      wrong("an operator or the end is expected", "use == != < <= > >= in && || ! and parentheses");
      return failure();
    }
    out_.root_ = *root;
    return std::move(out_);
  }

 private:
  using Test = Condition::Test;
  using Node = Condition::Node;
  using Comparison = Condition::Comparison;
  using Type = AttributeType;
  using NodeIndex = std::optional<std::uint32_t>;
  enum class Polarity : bool { positive, negative };

  // One side of a comparison: an attribute or a literal.
  struct Operand {
    Type type = Type::boolean;
    std::optional<Attribute> attribute;
    std::string text;
    std::int64_t number = 0;  // a boolean's too
    std::size_t at = 0;
  };

  std::unexpected<Fault> failure() const { return std::unexpected(fault_); }
  std::nullopt_t wrong(std::string what, std::string next_step) {
    fault_ = {FaultKind::invalid, concat("column ", at_ + 1, ": ", what), std::move(next_step)};
    return std::nullopt;
  }
  std::nullopt_t wrong_at(std::size_t at, std::string what, std::string next_step) {
    at_ = at;
    return wrong(std::move(what), std::move(next_step));
  }
  void skip_space() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  static bool is_name_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }
  bool take_word(std::string_view word) {
    skip_space();
    const auto end = at_ + word.size();
    if (!text_.substr(at_).starts_with(word) || (end < text_.size() && is_name_part(text_[end]))) return false;
    at_ = end;
    return true;
  }

  // -- the tree ---------------------------------------------------------------------------------
  std::uint32_t add(Node node) {
    out_.nodes_.push_back(node);
    return static_cast<std::uint32_t>(out_.nodes_.size() - 1);
  }
  std::uint32_t add(Test test) {
    out_.tests_.push_back(test);
    return add(Node{Node::Kind::test, static_cast<std::uint32_t>(out_.tests_.size() - 1), 1});
  }
  std::uint32_t join(Node::Kind kind, const std::vector<std::uint32_t>& parts) {
    if (parts.size() == 1) return parts.front();
    const auto first = static_cast<std::uint32_t>(out_.children_.size());
    out_.children_.insert(out_.children_.end(), parts.begin(), parts.end());
    return add(Node{kind, first, static_cast<std::uint32_t>(parts.size())});
  }

  NodeIndex either(std::size_t depth, Polarity polarity) {
    if (depth > condition_depth_max) return wrong("nested too deeply", "split the rule");
    std::vector<std::uint32_t> parts;
    do {
      const auto part = both(depth, polarity);
      if (!part) return std::nullopt;
      parts.push_back(*part);
    } while (take("||"));
    return join(polarity == Polarity::positive ? Node::Kind::any : Node::Kind::all, parts);
  }

  NodeIndex both(std::size_t depth, Polarity polarity) {
    std::vector<std::uint32_t> parts;
    do {
      const auto part = unary(depth, polarity, false);
      if (!part) return std::nullopt;
      parts.push_back(*part);
    } while (take("&&"));
    return join(polarity == Polarity::positive ? Node::Kind::all : Node::Kind::any, parts);
  }

  bool at_relation() {
    skip_space();
    const auto rest = text_.substr(at_);
    return rest.starts_with("==") || rest.starts_with("!=") || rest.starts_with('<') || rest.starts_with('>') ||
           (rest.starts_with("in") && (rest.size() == 2 || !is_name_part(rest[2])));
  }

  NodeIndex unary(std::size_t depth, Polarity polarity, bool after_not) {
    skip_space();
    const auto begin = at_;
    if (at_ < text_.size() && text_[at_] == '!' && !text_.substr(at_).starts_with("!=")) {
      ++at_;
      if (depth > condition_depth_max) return wrong("nested too deeply", "split the rule");
      return unary(depth + 1, polarity == Polarity::positive ? Polarity::negative : Polarity::positive, true);
    }
    NodeIndex node;
    if (take("(")) {
      node = either(depth + 1, polarity);
      if (!node) return std::nullopt;
      if (!take(")")) return wrong("`)` is expected", "close the parenthesis");
    } else if (take_word("has")) {
      node = has_call(begin, polarity);
    } else {
      const auto left = operand();
      if (!left) return std::nullopt;
      if (!after_not && at_relation()) return relation(*left, polarity);
      if (left->type != Type::boolean)
        return wrong_at(begin, concat("a ", to_string(left->type), " is neither true nor false"),
                        "compare it with something");
      Test test;
      test.negated = polarity == Polarity::negative;
      test.kind = left->attribute ? Test::Kind::boolean : Test::Kind::constant;
      if (left->attribute) test.left = *left->attribute;
      test.number = left->number;
      node = add(test);
    }
    if (node && at_relation())
      return wrong(after_not ? "`!` binds tighter than a comparison" : "only attributes and literals are compared",
                   after_not ? "put the comparison in parentheses: !(a == b)" : "combine conditions with && || and !");
    return node;
  }

  // -- operands ---------------------------------------------------------------------------------
  std::optional<Operand> operand() {
    skip_space();
    if (at_ >= text_.size()) return wrong("a value is expected", "write an attribute or a literal");
    Operand out;
    out.at = at_;
    const char c = text_[at_];
    if (c == '\'' || c == '"') {
      auto text = quoted();
      if (!text) return std::nullopt;
      out.type = Type::text;
      out.text = *std::move(text);
      return out;
    }
    if (c == '-' || (c >= '0' && c <= '9')) return number_literal(std::move(out));
    if (take_word("true")) {
      out.number = 1;
      return out;
    }
    if (take_word("false")) return out;
    if (take_word("duration")) return duration_literal(std::move(out));
    return named(std::move(out));
  }

  std::optional<std::string> quoted() {
    const char quote = text_[at_];
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return value;
      }
      if (text_[at_] == '\n' || text_[at_] == '\r')
        return wrong("a string ends on its line", "close it with its quote");
      if (text_[at_] == '\\') return wrong("escapes are not used in conditions", "use the other kind of quote");
      value.push_back(text_[at_]);
    }
    return wrong("a string is not closed", "close it with its quote");
  }

  std::optional<Operand> number_literal(Operand out) {
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), out.number);
    if (error == std::errc::result_out_of_range)
      return wrong("this number is out of range: a whole number is from -9223372036854775808 to 9223372036854775807",
                   "write a smaller one");
    if (error != std::errc{}) return wrong("a whole number is expected", "write digits, with - in front if negative");
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && (is_name_part(text_[at_]) || text_[at_] == '.'))
      return wrong("a whole number is expected", "write digits only; a span of time is duration('1h')");
    out.type = Type::integer;
    return out;
  }

  std::optional<Operand> duration_literal(Operand out) {
    if (!take("(")) return wrong("`(` is expected after duration", "write duration('168h')");
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"'))
      return wrong("duration() takes a string", "write duration('168h')");
    const auto begin = at_;
    const auto text = quoted();
    if (!text) return std::nullopt;
    bool too_long = false;
    const auto span = cel_duration(*text, too_long);
    if (too_long)
      return wrong_at(begin, concat("`", *text, "` is out of range: a duration is at most 876000h, a hundred years"),
                      "write a shorter one");
    if (!span)
      return wrong_at(begin, concat("`", *text, "` is not a duration in CEL"),
                      text->ends_with('d') ? "CEL has no days: write hours, duration('168h')"
                                           : "write whole numbers with h, m, s or ms: duration('1h30m')");
    if (!take(")")) return wrong("`)` is expected", "write duration('168h')");
    out.type = Type::duration;
    out.number = span->milliseconds;
    return out;
  }

  // "1h30m": whole numbers, each with its unit, the larger first; at most 36,500 days. `too_long`: it is a duration,
  // and longer than that.
  static std::optional<Duration> cel_duration(std::string_view text, bool& too_long) {
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 4> units{
        {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
    constexpr std::int64_t most = 36'500LL * 24 * 3'600'000;
    std::int64_t total = 0;
    std::size_t next_unit = 0;
    bool over = false;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
      std::uint32_t count = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
      if (error == std::errc::invalid_argument) return std::nullopt;
      over = over || error == std::errc::result_out_of_range;
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      std::size_t letters = 0;
      while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
      const auto unit = std::find_if(units.begin() + static_cast<std::ptrdiff_t>(next_unit), units.end(),
                                     [&](const auto& u) { return u.first == text.substr(0, letters); });
      if (unit == units.end()) return std::nullopt;
      next_unit = static_cast<std::size_t>(unit - units.begin()) + 1;
      total += static_cast<std::int64_t>(count) * unit->second;
      over = over || total > most;
      text.remove_prefix(letters);
    }
    too_long = over;
    if (over) return std::nullopt;
    return Duration{total};
  }

  std::string_view path() {
    skip_space();
    const auto begin = at_;
    while (at_ < text_.size() && (is_name_part(text_[at_]) || text_[at_] == '.')) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  bool readable_here(Attribute attribute) const {
    const auto name = info_of(attribute).name;
    if (scope_.place == ConditionPlace::account_class) return name.starts_with("account.");
    return scope_.place == ConditionPlace::rule || attribute != Attribute::risk_points;
  }

  std::string readable_names() const {
    std::string names;
    for (const auto& info : all_attributes)
      if (readable_here(info.attribute)) names += concat(names.empty() ? "" : ", ", info.name);
    return names;
  }

  std::optional<Operand> named(Operand out) {
    const auto begin = at_;
    const auto name = path();
    if (name.starts_with("risk.") && name != "risk.points" && scope_.place == ConditionPlace::rule) {
      const auto level = name.substr(5);
      const bool any = scope_.levels != nullptr && !scope_.levels->empty();
      const auto found = any ? scope_.levels->find(level) : decltype(scope_.levels->find(level)){};
      if (!any || found == scope_.levels->end()) {
        std::string levels;
        if (any)
          for (const auto& [known, unused] : *scope_.levels)
            levels += concat(levels.empty() ? "" : ", ", "risk.", known);
        return wrong_at(begin, concat("`", name, "` is no level of this policy's risk"),
                        any ? concat("the levels are ", levels) : std::string("name levels under `risk: levels:`"));
      }
      out.type = Type::integer;
      out.number = found->second;
      return out;
    }
    const auto attribute = attribute_named(name);
    if (!attribute)
      return wrong_at(begin, concat("`", name.empty() ? text_.substr(begin, 1) : name, "` is not an attribute"),
                      concat("the attributes are ", readable_names()));
    if (!readable_here(*attribute))
      return wrong_at(begin, concat("`", name, "` cannot be read here"),
                      scope_.place == ConditionPlace::account_class
                          ? concat("a class is a property of the account: use ", readable_names())
                          : std::string("points are not counted yet where points are given"));
    out.type = info_of(*attribute).type;
    out.attribute = attribute;
    return out;
  }

  NodeIndex has_call(std::size_t begin, Polarity polarity) {
    if (!take("(")) return wrong("`(` is expected after has", "write !has(account.employment)");
    skip_space();
    const auto name_at = at_;
    Operand inner;
    inner.at = at_;
    auto named_field = named(std::move(inner));
    if (!named_field) return std::nullopt;
    if (!named_field->attribute || info_of(*named_field->attribute).name.find('.') == std::string_view::npos)
      return wrong_at(name_at, "has() asks for a field, and this is always there", "leave has() out");
    if (!take(")")) return wrong("`)` is expected", "write !has(account.employment)");
    if (scope_.place == ConditionPlace::account_class)
      return wrong_at(begin, "has() cannot stand in a class",
                      "leave it out: a class whose condition cannot be evaluated matches already");
    if (polarity == Polarity::positive)
      return wrong_at(begin, "has() would keep a condition from holding when something is not known",
                      "leave it out: a condition that cannot be evaluated holds already; only !has(...) is of use");
    Test test;
    test.kind = Test::Kind::known;
    test.negated = true;
    test.left = *named_field->attribute;
    return add(test);
  }

  // -- comparisons ------------------------------------------------------------------------------
  std::optional<Comparison> comparison() {
    skip_space();
    constexpr std::array<std::pair<std::string_view, Comparison>, 6> signs{{{"==", Comparison::equal},
                                                                            {"!=", Comparison::unequal},
                                                                            {"<=", Comparison::less_equal},
                                                                            {">=", Comparison::greater_equal},
                                                                            {"<", Comparison::less},
                                                                            {">", Comparison::greater}}};
    for (const auto& [sign, means] : signs)
      if (take(sign)) return means;
    return std::nullopt;
  }

  static Comparison turned_round(Comparison c) {
    switch (c) {
      case Comparison::less: return Comparison::greater;
      case Comparison::less_equal: return Comparison::greater_equal;
      case Comparison::greater: return Comparison::less;
      case Comparison::greater_equal: return Comparison::less_equal;
      case Comparison::equal:
      case Comparison::unequal: break;
    }
    return c;
  }
  NodeIndex relation(const Operand& left, Polarity polarity) {
    const auto sign_at = at_;
    const auto sign = comparison();
    if (!sign && !take_word("in")) return wrong("a comparison is expected", "use == != < <= > >= or in");
    auto right = operand();
    if (!right) return std::nullopt;
    Test test;
    test.negated = polarity == Polarity::negative;
    const bool built = sign ? compared(left, *sign, *right, sign_at, test) : member(left, *right, sign_at, test);
    if (!built) return std::nullopt;
    if (at_relation()) return wrong("a comparison of a comparison", "combine two comparisons with && or ||");
    return add(test);
  }

  bool member(const Operand& left, const Operand& right, std::size_t sign_at, Test& test) {
    if (left.type != Type::text || right.type != Type::list_of_text) {
      wrong_at(sign_at, "`in` asks whether a string is in a list of strings", "write 'Finance' in account.groups");
      return false;
    }
    test.kind = left.attribute ? Test::Kind::text_is_group : Test::Kind::group;
    if (left.attribute) test.left = *left.attribute;
    else test.symbol = scope_.symbols.intern(left.text);
    return true;
  }

  bool compared(const Operand& left, Comparison sign, const Operand& right, std::size_t sign_at, Test& test) {
    if (left.type != right.type || left.type == Type::list_of_text) {
      wrong_at(sign_at, concat("a ", to_string(left.type), " is compared with a ", to_string(right.type)),
               "compare values of one type; ask for a group with 'Finance' in account.groups");
      return false;
    }
    const bool order = sign != Comparison::equal && sign != Comparison::unequal;
    const bool numbers = left.type == Type::integer || left.type == Type::duration;
    if (order && !numbers) {
      wrong_at(sign_at, concat("a ", to_string(left.type), " has no order here"), "compare it with == or !=");
      return false;
    }
    if (!left.attribute && !right.attribute) {
      const bool truth = left.type == Type::text ? (left.text == right.text) == (sign == Comparison::equal)
                                                 : compares(left.number, sign, right.number);
      test.kind = Test::Kind::constant;
      test.number = truth ? 1 : 0;
      return true;
    }
    if (!left.attribute) return compared(right, turned_round(sign), left, sign_at, test);
    test.left = *left.attribute;
    if (right.attribute) test.right = *right.attribute;
    if (numbers) {
      test.kind = right.attribute ? Test::Kind::numbers : Test::Kind::number;
      test.comparison = sign;
      test.number = right.number;
      return more_points_hold(test, sign_at);
    }
    if (sign == Comparison::unequal) test.negated = !test.negated;
    if (right.attribute) test.kind = Test::Kind::same;
    else if (left.type == Type::text) {
      test.kind = Test::Kind::text_is;
      test.symbol = scope_.symbols.intern(right.text);
    } else {
      test.kind = Test::Kind::boolean;
      if (right.number == 0) test.negated = !test.negated;
    }
    return true;
  }

  // An unknown fact adds points, so more points must never keep a condition from holding.
  bool more_points_hold(const Test& test, std::size_t sign_at) {
    if (test.left != Attribute::risk_points && test.right != Attribute::risk_points) return true;
    const bool upward = test.comparison == Comparison::greater || test.comparison == Comparison::greater_equal;
    const bool downward = test.comparison == Comparison::less || test.comparison == Comparison::less_equal;
    if (test.kind == Test::Kind::number && (test.negated ? downward : upward)) return true;
    wrong_at(sign_at, "more risk points would keep this condition from holding",
             "ask for at least so many points: risk.points >= risk.high");
    return false;
  }

  std::string_view text_;
  ConditionScope scope_;
  std::size_t at_ = 0;
  Fault fault_;
  Condition out_;
};

Result<Condition> Condition::parse(std::string_view text, const ConditionScope& scope) {
  return ConditionParser(text, scope).whole();
}

}  // namespace sallyport
