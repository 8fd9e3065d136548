#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/assert.h"
#include "base/text.h"

namespace sallyport {
namespace {

auto lower_bound(auto& members, std::string_view key) {
  return std::ranges::lower_bound(members, key, {}, [](const Json::Member& m) -> std::string_view { return m.first; });
}

// Length of the well-formed UTF-8 sequence at the front of `text`, or 0 (RFC 3629: no surrogates,
// no overlong forms, nothing above U+10FFFF).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<std::uint8_t>(text[i])); };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0) != 0x80) return 0;
  if (lead == 0xE0 && at(1) < 0xA0) return 0;
  if (lead == 0xED && at(1) > 0x9F) return 0;
  if (lead == 0xF0 && at(1) < 0x90) return 0;
  if (lead == 0xF4 && at(1) > 0x8F) return 0;
  return length;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

void write_escaped(std::string& out, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\b': out += "\\b"; break;
    case '\f': out += "\\f"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default:
      out += "\\u00";
      out.push_back(hex[static_cast<std::uint8_t>(c) >> 4]);
      out.push_back(hex[static_cast<std::uint8_t>(c) & 15]);
  }
}

void write_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t begin = 0;  // of the run that needs no escape
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, begin, i - begin);
    write_escaped(out, text[i]);
    begin = i + 1;
  }
  out.append(text, begin);
  out.push_back('"');
}

// `indent` < 0 writes the canonical form; otherwise members stand on lines of their own, `spaces` to the right of
// what holds them.
void write(std::string& out, const Json& value, int indent, std::size_t spaces) {
  const auto new_line = [&](int depth) {
    if (depth < 0) return;
    out.push_back('\n');
    out.append(static_cast<std::size_t>(depth) * spaces, ' ');
  };
  const int inner = indent < 0 ? -1 : indent + 1;
  if (value.is_null()) {
    out += "null";
  } else if (value.is_bool()) {
    out += value.as_bool() ? "true" : "false";
  } else if (value.is_int()) {
    out += std::to_string(value.as_int());
  } else if (value.is_string()) {
    write_string(out, value.as_string());
  } else if (value.is_array()) {
    out.push_back('[');
    bool first = true;
    for (const auto& item : value.as_array()) {
      if (!first) out.push_back(',');
      first = false;
      new_line(inner);
      write(out, item, inner, spaces);
    }
    if (!first) new_line(indent);
    out.push_back(']');
  } else {
    out.push_back('{');
    bool first = true;
    for (const auto& [key, item] : value.as_object()) {
      if (!first) out.push_back(',');
      first = false;
      new_line(inner);
      write_string(out, key);
      out += indent < 0 ? ":" : ": ";
      write(out, item, inner, spaces);
    }
    if (!first) new_line(indent);
    out.push_back('}');
  }
}

}  // namespace

class JsonParser {
 public:
  JsonParser(std::string_view text, JsonLimits limits) : text_(text), limits_(limits) {}

  Result<Json> whole() {
    Json value;
    if (!parse(value, 0)) return wrong();
    skip_space();
    if (at_ != text_.size()) {
      problem_ = "expected the end of the text";
      return wrong();
    }
    return value;
  }

 private:
  std::unexpected<Fault> wrong() const {
    std::size_t line = 1;
    std::size_t column = 1;
    for (const char c : text_.substr(0, std::min(at_, text_.size()))) {
      column = c == '\n' ? 1 : column + 1;
      line += c == '\n' ? 1 : 0;
    }
    return fault(FaultKind::invalid, concat("line ", line, ", column ", column, ": ", problem_),
                 "send JSON (RFC 8259) with whole numbers and no duplicate keys");
  }
  bool expected_(std::string_view what) { return problem(concat("expected ", what)); }
  bool problem(std::string text) {
    problem_ = std::move(text);
    return false;
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view text) {
    if (!text_.substr(at_).starts_with(text)) return expected_("a value");
    at_ += text.size();
    return true;
  }

  bool parse(Json& out, int depth) {
    if (depth > limits_.depth_max) return problem("nested too deeply");
    skip_space();
    if (at_ >= text_.size()) return expected_("a value");
    switch (text_[at_]) {
      case '{': return parse_object(out, depth);
      case '[': return parse_array(out, depth);
      case '"': return parse_string(out.value_.emplace<std::string>());
      case 't': out = Json(true); return word("true");
      case 'f': out = Json(false); return word("false");
      case 'n': out = Json(); return word("null");
      default: return parse_number(out);
    }
  }

  bool parse_object(Json& out, int depth) {
    auto& members = out.value_.emplace<Json::Object>();
    ++at_;
    skip_space();
    if (take('}')) return true;
    members.reserve(members_at_first);
    std::vector<std::size_t> late_at;  // where the keys stand from the first on that is out of order
    for (;;) {
      skip_space();
      if (at_ >= text_.size() || text_[at_] != '"') return expected_("a key in quotes");
      const auto key_at = at_;
      std::string key;
      if (!parse_string(key)) return false;
      if (!limits_.any_key && !key_in_range(key)) return problem("a key holds a character above U+D7FF");
      skip_space();
      if (!take(':')) return expected_("`:`");
      if (!late_at.empty() || (!members.empty() && members.back().first >= key)) late_at.push_back(key_at);
      members.emplace_back().first = std::move(key);
      if (!parse(members.back().second, depth + 1)) return false;
      skip_space();
      if (take('}')) return late_at.empty() || sort_members(members, late_at);
      if (!take(',')) return expected_("`,` or `}`");
    }
  }

  // At the end and all at once: inserting each where it belongs takes hours for the keys of 10 MiB, backwards.
  bool sort_members(Json::Object& members, const std::vector<std::size_t>& late_at) {
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
      const auto compared = members[a].first <=> members[b].first;
      return compared == 0 ? a < b : compared < 0;
    });
    Json::Object sorted;
    sorted.reserve(members.size());
    for (const auto i : order) {
      if (!sorted.empty() && sorted.back().first == members[i].first) {
        at_ = late_at[i - (members.size() - late_at.size())];  // the second of two is never in order
        return problem(concat("duplicate key `", members[i].first, "`"));
      }
      sorted.push_back(std::move(members[i]));
    }
    members = std::move(sorted);
    return true;
  }

  bool parse_array(Json& out, int depth) {
    auto& items = out.value_.emplace<Json::Array>();
    ++at_;
    skip_space();
    if (take(']')) return true;
    for (;;) {
      if (!parse(items.emplace_back(), depth + 1)) return false;
      skip_space();
      if (take(']')) return true;
      if (!take(',')) return expected_("`,` or `]`");
    }
  }

  bool parse_number(Json& out) {
    std::size_t end = at_;
    if (end < text_.size() && text_[end] == '-') ++end;
    const auto first_digit = end;
    while (end < text_.size() && text_[end] >= '0' && text_[end] <= '9') ++end;
    if (end == first_digit) return expected_("a value");
    if (end - first_digit > 1 && text_[first_digit] == '0') return problem("a number begins with 0");
    if (end < text_.size() && (text_[end] == '.' || text_[end] == 'e' || text_[end] == 'E'))
      return problem("only whole numbers are used here");
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(text_.data() + at_, text_.data() + end, value);
    if (error != std::errc{} || stop != text_.data() + end) return problem("a number is too large");
    if (value == 0 && text_[at_] == '-') return problem("-0 is a second spelling of 0");
    at_ = end;
    out = Json(value);
    return true;
  }

  bool parse_string(std::string& out) {
    ++at_;
    for (;;) {
      // The plain run: everything that needs no second look.
      const auto begin = at_;
      while (at_ < text_.size()) {
        const auto c = static_cast<std::uint8_t>(text_[at_]);
        if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') break;
        ++at_;
      }
      out.append(text_.substr(begin, at_ - begin));
      if (at_ >= text_.size()) return expected_("the end of a string");
      const auto c = static_cast<std::uint8_t>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (!parse_escape(out)) return false;
        continue;
      }
      if (c < 0x20) return problem("a control character stands unescaped in a string");
      const auto length = utf8_length(text_.substr(at_));
      if (length == 0) return problem("a string is not UTF-8");
      out.append(text_.substr(at_, length));
      at_ += length;
    }
  }

  bool parse_escape(std::string& out) {
    ++at_;
    if (at_ >= text_.size()) return expected_("an escape");
    switch (text_[at_++]) {
      case '"': out.push_back('"'); return true;
      case '\\': out.push_back('\\'); return true;
      case '/': out.push_back('/'); return true;
      case 'b': out.push_back('\b'); return true;
      case 'f': out.push_back('\f'); return true;
      case 'n': out.push_back('\n'); return true;
      case 'r': out.push_back('\r'); return true;
      case 't': out.push_back('\t'); return true;
      case 'u': break;
      default: return expected_("an escape");
    }
    std::uint32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xDC00 && code <= 0xDFFF) return problem("a lone surrogate");
    if (code >= 0xD800 && code <= 0xDBFF) {
      std::uint32_t low = 0;
      if (!take('\\') || !take('u') || !hex4(low) || low < 0xDC00 || low > 0xDFFF) return problem("a lone surrogate");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, code);
    return true;
  }

  bool hex4(std::uint32_t& out) {
    if (at_ + 4 > text_.size()) return expected_("four hex digits");
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + at_ + 4, out, 16);
    if (error != std::errc{} || end != text_.data() + at_ + 4) return expected_("four hex digits");
    at_ += 4;
    return true;
  }

  static bool key_in_range(std::string_view key) {
    for (std::size_t i = 0; i < key.size();) {
      const auto length = utf8_length(key.substr(i));
      const auto lead = static_cast<std::uint8_t>(key[i]);
      if (length == 4 || (length == 3 && lead >= 0xEE)) return false;
      i += length;
    }
    return true;
  }

  static constexpr std::size_t members_at_first = 8;  // most objects of the ledger and the API have no more

  std::string_view text_;
  JsonLimits limits_;
  std::size_t at_ = 0;
  std::string problem_;
};

Json Json::object(std::initializer_list<Member> members) {
  Json out;
  out.value_.emplace<Object>().reserve(members.size());
  for (const auto& [key, value] : members) out.set(key, value);
  return out;
}

bool Json::as_bool() const {
  SALLYPORT_ASSERT(is_bool());
  return *std::get_if<bool>(&value_);
}
std::int64_t Json::as_int() const {
  SALLYPORT_ASSERT(is_int());
  return *std::get_if<std::int64_t>(&value_);
}
const std::string& Json::as_string() const {
  SALLYPORT_ASSERT(is_string());
  return *std::get_if<std::string>(&value_);
}
const Json::Array& Json::as_array() const {
  SALLYPORT_ASSERT(is_array());
  return *std::get_if<Array>(&value_);
}
Json::Array& Json::as_array() {
  SALLYPORT_ASSERT(is_array());
  return *std::get_if<Array>(&value_);
}
const Json::Object& Json::as_object() const {
  SALLYPORT_ASSERT(is_object());
  return *std::get_if<Object>(&value_);
}

const Json* Json::find(std::string_view key) const {
  const auto* members = std::get_if<Object>(&value_);
  if (members == nullptr) return nullptr;
  const auto place = lower_bound(*members, key);
  return place != members->end() && place->first == key ? &place->second : nullptr;
}

Json& Json::set(std::string_view key, Json value) {
  auto* members = std::get_if<Object>(&value_);
  SALLYPORT_ASSERT(members != nullptr);
  const auto place = lower_bound(*members, key);
  if (place != members->end() && place->first == key) place->second = std::move(value);
  else members->emplace(place, std::string(key), std::move(value));
  return *this;
}

namespace {
std::unexpected<Fault> missing(std::string_view key, std::string_view kind) {
  return fault(FaultKind::invalid, concat("`", key, "` must be given as ", kind));
}
}  // namespace

Result<std::string> Json::string_at(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || !value->is_string()) return missing(key, "a string");
  return value->as_string();
}
Result<std::int64_t> Json::int_at(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || !value->is_int()) return missing(key, "a whole number");
  return value->as_int();
}
Result<bool> Json::bool_at(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || !value->is_bool()) return missing(key, "true or false");
  return value->as_bool();
}
Result<const Json::Array*> Json::array_at(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || !value->is_array()) return missing(key, "a list");
  return &value->as_array();
}
Result<const Json*> Json::object_at(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr || !value->is_object()) return missing(key, "an object");
  return value;
}

Result<void> Json::only_keys(std::initializer_list<std::string_view> allowed) const {
  if (!is_object()) return fault(FaultKind::invalid, "an object is expected");
  for (const auto& [key, value] : as_object())
    if (std::ranges::find(allowed, std::string_view(key)) == allowed.end())
      return fault(FaultKind::invalid, concat("`", key, "` is not known here"));
  return {};
}

Result<Json> parse_json(std::string_view text, JsonLimits limits) { return JsonParser(text, limits).whole(); }

std::string to_text(const Json& value) {
  std::string out;
  write(out, value, -1, 0);
  return out;
}

std::string to_pretty_text(const Json& value) { return to_indented_text(value, 2); }

std::string to_indented_text(const Json& value, std::size_t spaces) {
  std::string out;
  write(out, value, 0, spaces);
  return out;
}

void append_json_string(std::string& out, std::string_view text) { write_string(out, text); }

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace sallyport
