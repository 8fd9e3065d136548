#include "core/policy/condition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/text.h"

namespace sallyport {
namespace {

enum class Type : std::uint8_t { boolean, number, text, list_of_text };

std::string_view name_of(Type type) {
  switch (type) {
    case Type::boolean: return "bool";
    case Type::number: return "int";
    case Type::text: return "string";
    case Type::list_of_text: return "list of strings";
  }
  return "";
}

using Value =
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<std::string>>;  // monostate: error

struct Attribute {
  std::string_view name;
  Type type;
  Value (*read)(const ConditionInput&);
};

// An empty text means that the directory did not say: the attribute is missing.
Value text_or_missing(const std::string& text) { return text.empty() ? Value{} : Value{text}; }

constexpr std::array<Attribute, 8> attributes{{
    {"account.groups", Type::list_of_text, [](const ConditionInput& in) { return Value{in.account.groups}; }},
    {"account.admin", Type::boolean, [](const ConditionInput& in) { return Value{in.account.admin}; }},
    {"account.executive", Type::boolean, [](const ConditionInput& in) { return Value{in.account.executive}; }},
    {"account.active", Type::boolean, [](const ConditionInput& in) { return Value{in.account.active}; }},
    {"account.locked", Type::boolean, [](const ConditionInput& in) { return Value{in.account.locked}; }},
    {"account.employment", Type::text, [](const ConditionInput& in) { return text_or_missing(in.account.employment); }},
    {"account.organization", Type::text,
     [](const ConditionInput& in) { return text_or_missing(in.account.organization.text()); }},
    {"action", Type::text, [](const ConditionInput& in) { return Value{std::string(to_string(in.action))}; }},
}};

}  // namespace

struct Condition::Node {
  enum class Kind : std::uint8_t { literal, attribute, has, negation, equal, unequal, member, both, either };
  Kind kind = Kind::literal;
  Type type = Type::boolean;
  Value literal;
  const Attribute* attribute = nullptr;
  std::shared_ptr<const Node> left, right;
};

namespace {

using Node = Condition::Node;
using NodePtr = std::shared_ptr<const Node>;
using Kind = Node::Kind;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<NodePtr> whole() {
    if (text_.size() > condition_bytes_max) {
      wrong(concat("a condition has at most ", condition_bytes_max, " characters"), "split the rule");
      return failure();
    }
    auto node = either(0);
    if (!node) return failure();
    skip_space();
    if (at_ != text_.size()) {
      wrong("an operator or the end is expected", "use == != in && || ! and parentheses");
      return failure();
    }
    if (node->type != Type::boolean) {
      at_ = 0;
      wrong(concat("the condition is a ", name_of(node->type), ", not true or false"), "compare it with something");
      return failure();
    }
    return node;
  }

 private:
  std::unexpected<Fault> failure() const { return std::unexpected(fault_); }
  NodePtr wrong(std::string what, std::string next_step) {
    fault_ = {FaultKind::invalid, concat("column ", at_ + 1, ": ", what), std::move(next_step)};
    return nullptr;
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

  static NodePtr make(Kind kind, NodePtr left, NodePtr right) {
    auto node = std::make_shared<Node>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
  }

  NodePtr either(std::size_t depth) {
    if (depth > condition_depth_max) return wrong("nested too deeply", "split the rule");
    auto left = both(depth);
    while (left && take("||")) {
      auto right = both(depth);
      if (!right) return nullptr;
      left = logical(Kind::either, left, right);
    }
    return left;
  }
  NodePtr both(std::size_t depth) {
    auto left = relation(depth);
    while (left && take("&&")) {
      auto right = relation(depth);
      if (!right) return nullptr;
      left = logical(Kind::both, left, right);
    }
    return left;
  }
  NodePtr logical(Kind kind, const NodePtr& left, const NodePtr& right) {
    if (left->type != Type::boolean || right->type != Type::boolean)
      return wrong("both sides must be true or false", "compare a value with == or != first");
    return make(kind, left, right);
  }

  NodePtr relation(std::size_t depth) {
    auto left = unary(depth);
    if (!left) return nullptr;
    skip_space();
    const auto operator_at = at_;
    if (take("==") || take("!=")) {
      const auto kind = text_[operator_at] == '=' ? Kind::equal : Kind::unequal;
      auto right = unary(depth);
      if (!right) return nullptr;
      if (left->type != right->type || left->type == Type::list_of_text)
        return wrong(concat("a ", name_of(left->type), " is compared with a ", name_of(right->type)),
                     "compare values of one type");
      return make(kind, left, right);
    }
    if (take_word("in")) {
      auto right = unary(depth);
      if (!right) return nullptr;
      if (left->type != Type::text || right->type != Type::list_of_text)
        return wrong("`in` asks whether a string is in a list of strings", "write 'Finance' in account.groups");
      return make(Kind::member, left, right);
    }
    if (at_ < text_.size() && (text_[at_] == '<' || text_[at_] == '>'))
      return wrong("ordering is not part of this language version", "compare with == or !=");
    return left;
  }

  NodePtr unary(std::size_t depth) {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '!' && !text_.substr(at_).starts_with("!=")) {
      ++at_;
      if (depth > condition_depth_max) return wrong("nested too deeply", "split the rule");
      auto inner = unary(depth + 1);
      if (!inner) return nullptr;
      if (inner->type != Type::boolean) return wrong("`!` needs true or false", "compare the value first");
      return make(Kind::negation, inner, nullptr);
    }
    return primary(depth);
  }

  NodePtr primary(std::size_t depth) {
    skip_space();
    if (at_ >= text_.size()) return wrong("a value is expected", "write an attribute or a literal");
    if (take("(")) {
      auto inner = either(depth + 1);
      if (!inner) return nullptr;
      if (!take(")")) return wrong("`)` is expected", "close the parenthesis");
      return inner;
    }
    const char c = text_[at_];
    if (c == '\'' || c == '"') return text_literal();
    if (c == '-' || (c >= '0' && c <= '9')) return number_literal();
    if (take_word("true")) return literal(Type::boolean, true);
    if (take_word("false")) return literal(Type::boolean, false);
    if (take_word("has")) return has_call();
    return attribute();
  }

  static NodePtr literal(Type type, Value value) {
    auto node = std::make_shared<Node>();
    node->type = type;
    node->literal = std::move(value);
    return node;
  }

  NodePtr text_literal() {
    const char quote = text_[at_];
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return literal(Type::text, value);
      }
      if (text_[at_] == '\n' || text_[at_] == '\r')
        return wrong("a string ends on its line", "close it with its quote");
      if (text_[at_] == '\\') return wrong("escapes are not used in conditions", "use the other kind of quote");
      value.push_back(text_[at_]);
    }
    return wrong("a string is not closed", "close it with its quote");
  }

  NodePtr number_literal() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) return wrong("a whole number is expected", "write digits, with - in front if negative");
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && (is_name_part(text_[at_]) || text_[at_] == '.'))
      return wrong("a whole number is expected", "write digits only");
    return literal(Type::number, value);
  }

  std::string_view path() {
    skip_space();
    const auto begin = at_;
    while (at_ < text_.size() && (is_name_part(text_[at_]) || text_[at_] == '.')) ++at_;
    return text_.substr(begin, at_ - begin);
  }

  NodePtr attribute() {
    const auto begin = at_;
    const auto name = path();
    for (const auto& known : attributes)
      if (known.name == name) {
        auto node = std::make_shared<Node>();
        node->kind = Kind::attribute;
        node->type = known.type;
        node->attribute = &known;
        return node;
      }
    at_ = begin;
    std::string names;
    for (const auto& known : attributes) names += concat(names.empty() ? "" : ", ", known.name);
    return wrong(concat("`", name.empty() ? text_.substr(begin, 1) : name, "` is not an attribute"),
                 concat("the attributes are ", names));
  }

  NodePtr has_call() {
    if (!take("(")) return wrong("`(` is expected after has", "write has(account.employment)");
    skip_space();
    const auto begin = at_;
    auto inner = attribute();
    if (!inner) return nullptr;
    if (inner->attribute->name.find('.') == std::string_view::npos) {  // CEL: the argument of has() selects a field
      at_ = begin;
      return wrong(concat("has() asks for a field, and `", inner->attribute->name, "` is always there"),
                   "leave has() out");
    }
    if (!take(")")) return wrong("`)` is expected", "write has(account.employment)");
    auto node = std::make_shared<Node>(*inner);
    node->kind = Kind::has;
    node->type = Type::boolean;
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Fault fault_;
};

Value value_of(const Node& node, const ConditionInput& input);

Truth truth_of(const Node& node, const ConditionInput& input) {
  const auto value = value_of(node, input);
  if (const auto* yes = std::get_if<bool>(&value)) return *yes ? Truth::yes : Truth::no;
  return Truth::error;
}

Value as_value(Truth truth) { return truth == Truth::error ? Value{} : Value{truth == Truth::yes}; }

// `settling` is the operand that decides alone: true for ||, false for && (CEL specification,
// "Logical operators": errors are absorbed when the other side settles the result).
Value logical(const Node& node, const ConditionInput& input, Truth settling) {
  const auto left = truth_of(*node.left, input);
  if (left == settling) return as_value(left);
  const auto right = truth_of(*node.right, input);
  if (right == settling) return as_value(right);
  if (left == Truth::error || right == Truth::error) return {};
  return as_value(left);
}

Value value_of(const Node& node, const ConditionInput& input) {
  switch (node.kind) {
    case Kind::literal: return node.literal;
    case Kind::attribute: return node.attribute->read(input);
    case Kind::has: return Value{!std::holds_alternative<std::monostate>(node.attribute->read(input))};
    case Kind::negation: {
      const auto inner = truth_of(*node.left, input);
      return inner == Truth::error ? Value{} : Value{inner == Truth::no};
    }
    case Kind::both: return logical(node, input, Truth::no);
    case Kind::either: return logical(node, input, Truth::yes);
    case Kind::equal:
    case Kind::unequal: {
      const auto left = value_of(*node.left, input);
      const auto right = value_of(*node.right, input);
      if (std::holds_alternative<std::monostate>(left) || std::holds_alternative<std::monostate>(right)) return {};
      return Value{(left == right) == (node.kind == Kind::equal)};
    }
    case Kind::member: {
      const auto left = value_of(*node.left, input);
      const auto right = value_of(*node.right, input);
      const auto* text = std::get_if<std::string>(&left);
      const auto* list = std::get_if<std::vector<std::string>>(&right);
      if (text == nullptr || list == nullptr) return {};
      return Value{std::ranges::find(*list, *text) != list->end()};
    }
  }
  return {};
}

}  // namespace

Result<Condition> Condition::parse(std::string_view text) {
  SP_TRY(auto root, Parser(text).whole());
  return Condition(std::string(text), std::move(root));
}

Truth Condition::evaluate(const ConditionInput& input) const { return truth_of(*root_, input); }

}  // namespace sallyport
