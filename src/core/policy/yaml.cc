#include "core/policy/yaml.h"

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

namespace sallyport {
namespace {

constexpr std::size_t depth_max = 16;        // a policy nests six deep
constexpr std::size_t text_bytes_max = 1024 * 1024;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_space(char c) { return c == ' ' || c == '\t'; }

// Where a text stops being UTF-8; its size when it never does.
std::size_t utf8_ends_at(std::string_view text) {
  if (is_valid_utf8(text)) return text.size();
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    while (length <= 4 && !is_valid_utf8(text.substr(at, length))) ++length;
    if (length > 4) return at;
    at += length;
  }
  return text.size();
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::expected<YamlNode, YamlProblem> document() {
    if (text_.size() > text_bytes_max) return fail("the text is larger than 1 MiB", "split it");
    if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
    at_ = utf8_ends_at(text_);
    if (!done())
      return fail(concat("the text is not UTF-8: the byte 0x", to_hex(view_of(rest().substr(0, 1))), " stands here"),
                  "save the file as UTF-8");
    at_ = 0;
    if (!only_plain_characters() || !skip_to_content()) return give_up();
    if (done()) return fail("the text is empty", "write a mapping such as `policy: example`");
    YamlNode node;
    if (!block(node, column() - 1, 0)) return give_up();
    if (!done()) {
      wrong("this line is indented unlike the lines above it", "indent it like its neighbours, with spaces");
      return give_up();
    }
    return node;
  }

 private:
  // -- where we are ---------------------------------------------------------------------------
  [[nodiscard]] bool done() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  // Lines are counted onward from the last place asked about, so that a large text is read in linear time.
  void count_lines() const {
    for (; counted_ < at_; ++counted_) {
      if (text_[counted_] != '\n') continue;
      ++line_;
      line_start_ = counted_ + 1;
    }
  }
  [[nodiscard]] std::size_t line_start() const {
    count_lines();
    return line_start_;
  }
  [[nodiscard]] std::size_t line() const {
    count_lines();
    return line_;
  }
  [[nodiscard]] std::size_t column() const { return at_ - line_start() + 1; }
  void mark(YamlNode& node) const {
    node.line = line();
    node.column = column();
  }

  bool wrong(std::string what, std::string next_step) {
    YamlNode here;
    mark(here);
    return wrong_at(here, std::move(what), std::move(next_step));
  }
  bool wrong_at(const YamlNode& node, std::string what, std::string next_step) {
    problem_ = {node.line, node.column, std::move(what), std::move(next_step)};
    return false;
  }
  std::unexpected<YamlProblem> give_up() { return std::unexpected(problem_); }
  std::unexpected<YamlProblem> fail(std::string what, std::string next_step) {
    wrong(std::move(what), std::move(next_step));
    return give_up();
  }

  // -- characters -----------------------------------------------------------------------------
  // Parsers differ on what ends a line: YAML 1.1 also breaks at U+0085, U+2028 and U+2029, YAML 1.2 at a
  // lone carriage return. A line that an auditor's parser sees and ours takes for part of a comment
  // is how a policy would mean two things, so none of these may stand in a text at all.
  bool only_plain_characters() {
    for (; at_ < text_.size(); ++at_) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      const bool breaks =
          rest().starts_with("\xC2\x85") || rest().starts_with("\xE2\x80\xA8") || rest().starts_with("\xE2\x80\xA9");
      const bool control = (c < 0x20 && c != '\n' && c != '\t' && !(c == '\r' && peek(1) == '\n')) || c == 0x7F;
      const bool control_above = c == 0xC2 && static_cast<unsigned char>(peek(1)) < 0xA0;
      if (breaks || control || control_above || rest().starts_with(byte_order_mark))
        return wrong("a character stands here that cannot be seen", "remove it; lines end with LF or CR LF");
    }
    at_ = 0;
    counted_ = 0;
    line_ = 1;
    line_start_ = 0;
    return true;
  }

  // -- space and comments ---------------------------------------------------------------------
  // To the next character that means something, over blank lines and comments. Tabs may stand
  // between tokens, but never where indentation is counted.
  bool skip_to_content() {
    for (;;) {
      const bool at_line_start = line_start() == at_;
      const auto begin = at_;
      while (is_space(peek())) ++at_;
      if (peek() == '#' && (at_ == 0 || is_space(text_[at_ - 1]) || text_[at_ - 1] == '\n')) skip_comment();
      if (peek() == '\r' && peek(1) == '\n') ++at_;
      if (peek() == '\n' && !done()) {
        ++at_;
        continue;
      }
      if (at_line_start && !done() && text_.substr(begin, at_ - begin).find('\t') != std::string_view::npos)
        return wrong("a tab stands in the indentation", "indent with spaces");
      return true;
    }
  }
  void skip_comment() {
    while (!done() && peek() != '\n') ++at_;
  }
  // The rest of a line after a value: nothing but a comment.
  bool end_of_line() {
    const auto begin = at_;
    while (is_space(peek())) ++at_;
    if (peek() == '#' && at_ > begin) skip_comment();
    if (peek() == '\r' && peek(1) == '\n') ++at_;
    if (done() || peek() == '\n') return true;
    return wrong("something follows the value on its line", "put it on a line of its own, or quote the value");
  }

  // -- block style ----------------------------------------------------------------------------
  // A collection or scalar whose first character stands at the current place; `indent` is its column
  // counted from 0.
  bool block(YamlNode& node, std::size_t indent, std::size_t depth) {
    if (depth > depth_max) return wrong("nested too deeply", "a policy nests at most 16 levels");
    mark(node);
    if (peek() == '-' && (is_space(peek(1)) || peek(1) == '\n' || peek(1) == '\r' || at_ + 1 == text_.size()))
      return block_sequence(node, indent, depth);
    if (looks_like_key()) return block_mapping(node, indent, depth);
    return value_on_line(node, depth) && end_of_line() && skip_to_content();
  }

  bool block_sequence(YamlNode& node, std::size_t indent, std::size_t depth) {
    node.kind = YamlNode::Kind::sequence;
    while (!done() && column() - 1 == indent && peek() == '-' && (is_space(peek(1)) || peek(1) == '\n')) {
      ++at_;
      auto& item = node.items.emplace_back();
      for (std::size_t i = 0; is_space(peek(i)); ++i)
        if (peek(i) == '\t') return wrong("a tab stands in the indentation", "indent with spaces");
      if (!skip_to_content()) return false;
      if (done() || column() - 1 <= indent) return wrong("a list item is empty", "write a value after `- `");
      if (!block(item, column() - 1, depth + 1)) return false;
    }
    return left_block(indent);
  }

  bool block_mapping(YamlNode& node, std::size_t indent, std::size_t depth) {
    node.kind = YamlNode::Kind::mapping;
    while (!done() && column() - 1 == indent) {
      if (!looks_like_key()) return wrong("a key is expected here", "write `key: value`");
      YamlNode key;
      if (!key_at(key) || !fresh(node, key)) return false;
      auto& value = node.members.emplace_back(std::move(key), YamlNode{}).value;
      while (is_space(peek())) ++at_;
      mark(value);
      const auto key_line = line();
      if (!skip_to_content()) return false;
      if (done()) break;
      const auto here = column() - 1;
      const bool sequence_below = line() != key_line && peek() == '-' && is_space(peek(1)) && here >= indent;
      if (line() == key_line) {
        if (!is_of_this_part()) return false;
        if (looks_like_key()) return wrong("a mapping begins in the middle of a line", "put it on the next line");
        if (!value_on_line(value, depth + 1) || !end_of_line() || !skip_to_content()) return false;
      } else if (here > indent || sequence_below) {
        if (!block(value, here, depth + 1)) return false;
      }
    }
    return left_block(indent);
  }

  bool left_block(std::size_t indent) {
    if (done() || column() - 1 <= indent) return true;
    return wrong("this line is indented unlike the lines above it", "indent it like its neighbours, with spaces");
  }

  bool fresh(const YamlNode& mapping, const YamlNode& key) {
    const auto* twin = mapping.find(key.text);
    if (twin == nullptr) return true;
    return wrong_at(key, concat("the key `", key.text, "` stands here twice (first at line ", twin->line, ")"),
                    "keep one of the two");
  }

  // Does a key and a colon stand at this place? Quoted keys may hold anything.
  [[nodiscard]] bool looks_like_key() const {
    std::size_t i = 0;
    if (peek() == '"' || peek() == '\'') {
      const char quote = peek();
      for (i = 1; at_ + i < text_.size() && peek(i) != '\n'; ++i) {
        const bool doubled = quote == '\'' && peek(i) == quote && peek(i + 1) == quote;
        if (peek(i) == quote && !doubled) break;
        if (doubled || (quote == '"' && peek(i) == '\\')) ++i;
      }
      ++i;
      while (is_space(peek(i))) ++i;
      return peek(i) == ':' && ends_key(i);
    }
    if (peek() == '{' || peek() == '[') return false;
    for (; at_ + i < text_.size() && peek(i) != '\n'; ++i) {
      if (peek(i) == ':' && ends_key(i)) return i > 0;
      if (peek(i) == '#' && i > 0 && is_space(peek(i - 1))) return false;
    }
    return false;
  }
  [[nodiscard]] bool ends_key(std::size_t colon) const {
    const char after = peek(colon + 1);
    return is_space(after) || after == '\n' || after == '\r' || at_ + colon + 1 >= text_.size();
  }

  bool key_at(YamlNode& key) {
    mark(key);
    if (!scalar(key, false, true)) return false;
    while (is_space(peek())) ++at_;
    if (peek() != ':') return wrong("`:` is expected after the key", "write `key: value`");
    ++at_;
    if (key.text.empty()) return wrong_at(key, "a key is empty", "give it a name");
    return true;
  }

  // What YAML has and this part of it has not, told by the character with which it begins.
  bool is_of_this_part() {
    switch (peek()) {
      case '&': return wrong("anchors are not used here", "write the value out where it is needed");
      case '*': return wrong("aliases are not used here", "write the value out");
      case '!': return wrong("tags are not used here", "leave the tag out, or put the value in quotes");
      case '|':
      case '>': return wrong("block scalars are not used here", "write the value on one line, in quotes");
      default: return true;
    }
  }

  // -- values on one line, and flow style -----------------------------------------------------
  bool value_on_line(YamlNode& node, std::size_t depth) {
    mark(node);
    if (peek() == '{') return flow_mapping(node, depth);
    if (peek() == '[') return flow_sequence(node, depth);
    return scalar(node, false, false);
  }

  bool flow_value(YamlNode& node, std::size_t depth) {
    if (depth > depth_max) return wrong("nested too deeply", "a policy nests at most 16 levels");
    mark(node);
    if (peek() == '{') return flow_mapping(node, depth);
    if (peek() == '[') return flow_sequence(node, depth);
    return scalar(node, true, false);
  }

  bool flow_mapping(YamlNode& node, std::size_t depth) {
    node.kind = YamlNode::Kind::mapping;
    ++at_;
    for (;;) {
      if (!skip_to_content()) return false;
      if (peek() == '}' && !done()) return take_one();
      YamlNode key;
      mark(key);
      if (!scalar(key, true, true)) return false;
      while (is_space(peek())) ++at_;
      if (peek() != ':') return wrong("`:` is expected after the key", "write `{key: value}`");
      ++at_;
      if (!key.quoted && !is_space(peek()) && peek() != '\n')
        return wrong("a space is expected after `:`", "write `{key: value}`");
      if (key.text.empty()) return wrong_at(key, "a key is empty", "give it a name");
      if (!fresh(node, key)) return false;
      auto& value = node.members.emplace_back(std::move(key), YamlNode{}).value;
      if (!skip_to_content() || !flow_value(value, depth + 1) || !skip_to_content()) return false;
      if (peek() == ',') {
        ++at_;
        continue;
      }
      if (peek() == '}') return take_one();
      return wrong("`,` or `}` is expected", "close the mapping with `}`");
    }
  }

  bool flow_sequence(YamlNode& node, std::size_t depth) {
    node.kind = YamlNode::Kind::sequence;
    ++at_;
    for (;;) {
      if (!skip_to_content()) return false;
      if (peek() == ']' && !done()) return take_one();
      if (!flow_value(node.items.emplace_back(), depth + 1) || !skip_to_content()) return false;
      if (peek() == ',') {
        ++at_;
        continue;
      }
      if (peek() == ']') return take_one();
      return wrong("`,` or `]` is expected", "close the list with `]`");
    }
  }

  bool take_one() {
    ++at_;
    return true;
  }

  bool scalar(YamlNode& node, bool in_flow, bool is_key) {
    if (column() == 1 && (rest().starts_with("---") || rest().starts_with("...")))
      return wrong("document marks are not used here", "remove this line");
    if (!is_of_this_part()) return false;
    switch (peek()) {
      case '#': return wrong("a comment needs a space before it", "put a space before `#`, or quote the value");
      case '\'': return single_quoted(node);
      case '"': return double_quoted(node);
      case '%':
        if (column() == 1) return wrong("directives are not used here", "remove this line");
        [[fallthrough]];
      case '@':
      case '`':
      case ',':
      case ']':
      case '}': return wrong(concat("a value may not begin with `", peek(), "`"), "put the value in quotes");
      case '?':
      case ':':
        if (in_flow)
          return wrong(concat("a value in {} or [] may not begin with `", peek(), "`"), "put the value in quotes");
        if (peek() == '?' && (is_space(peek(1)) || peek(1) == '\n' || peek(1) == '\r'))
          return wrong("explicit keys are not used here", "write `key: value`");
        [[fallthrough]];
      case '-':
        if (is_space(peek(1)) || peek(1) == '\n' || peek(1) == '\r' || at_ + 1 >= text_.size() ||
            (in_flow && is_flow_mark(peek(1))))
          return wrong("a value is expected here", "put the value in quotes");
        break;
      default: break;
    }
    return plain(node, in_flow, is_key);
  }

  bool plain(YamlNode& node, bool in_flow, bool is_key) {
    const auto begin = at_;
    while (!done() && peek() != '\n' && peek() != '\r') {
      if (peek() == ':' && (ends_key(0) || (in_flow && is_flow_mark(peek(1))))) break;
      if (peek() == '#' && at_ > begin && is_space(text_[at_ - 1])) break;
      if (in_flow && is_flow_mark(peek())) break;
      if (in_flow && peek() == '?')
        return wrong("a value in {} or [] may not hold `?`", "put the value in quotes");  // YAML 1.1
      ++at_;
    }
    auto end = at_;
    while (end > begin && is_space(text_[end - 1])) --end;
    at_ = end;
    node.text = std::string(text_.substr(begin, end - begin));
    if (node.text.empty() && !is_key) return wrong("a value is expected here", "write a value, or remove the key");
    return true;
  }
  static bool is_flow_mark(char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }

  bool single_quoted(YamlNode& node) {
    node.quoted = true;
    for (++at_; !done() && peek() != '\n'; ++at_) {
      if (peek() != '\'') {
        node.text.push_back(peek());
      } else if (peek(1) == '\'') {
        node.text.push_back('\'');
        ++at_;
      } else {
        return take_one();
      }
    }
    return wrong("the quote is not closed on its line", "close it with `'`");
  }

  bool double_quoted(YamlNode& node) {
    node.quoted = true;
    for (++at_; !done() && peek() != '\n'; ++at_) {
      if (peek() == '"') return take_one();
      if (peek() != '\\') {
        node.text.push_back(peek());
        continue;
      }
      ++at_;
      switch (peek()) {
        case '"': node.text.push_back('"'); break;
        case '\\': node.text.push_back('\\'); break;
        case '/': node.text.push_back('/'); break;
        case 'n': node.text.push_back('\n'); break;
        case 't': node.text.push_back('\t'); break;
        default: return wrong("this escape is not used here", "use \\\" \\\\ \\/ \\n or \\t, or single quotes");
      }
    }
    return wrong("the quote is not closed on its line", "close it with `\"`");
  }

  std::string_view text_;
  std::size_t at_ = 0;  // only ever moves forward
  mutable std::size_t counted_ = 0;
  mutable std::size_t line_ = 1;
  mutable std::size_t line_start_ = 0;
  YamlProblem problem_;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.text == key) return &value;
  return nullptr;
}

std::expected<YamlNode, YamlProblem> read_yaml(std::string_view text) { return Parser(text).document(); }

Result<YamlNode> parse_yaml(std::string_view text, std::string_view source) {
  auto node = read_yaml(text);
  if (node) return *std::move(node);
  const auto& p = node.error();
  return fault(FaultKind::invalid, concat(source, ":", p.line, ":", p.column, ": ", p.what), p.next_step);
}

std::unexpected<Fault> yaml_fault(std::string_view source, const YamlNode& at, std::string what,
                                  std::string next_step) {
  return fault(FaultKind::invalid, concat(source, ":", at.line, ":", at.column, ": ", what), std::move(next_step));
}

}  // namespace sallyport
