#include "core/policy/fields.h"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <set>
#include <tuple>

#include "base/text.h"

namespace sallyport {
namespace {

// Levenshtein's distance, for names of at most 64 characters.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

constexpr std::size_t problems_max = 100;  // a text with more mistakes is no policy
constexpr std::size_t shown_max = 24;      // of a number that is wrong

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A number in the form that is wanted, whatever it is.
bool is_number(std::string_view text) { return is_digits(text.starts_with('-') ? text.substr(1) : text); }

// Digits and a unit, as many as there may be of them.
bool is_like_a_duration(std::string_view text) {
  const auto unit = text.find_first_not_of("0123456789");
  return unit != 0 && unit != text.npos && duration_from_text(concat("1", text.substr(unit)));
}

std::string in_short(std::string_view text) {
  return text.size() <= shown_max ? std::string(text) : concat(text.substr(0, shown_max), "...");
}

}  // namespace

std::string comma_list(std::span<const std::string_view> names) {
  std::string out;
  for (const auto name : names) out += concat(out.empty() ? "" : ", ", name);
  return out;
}

std::optional<std::string_view> nearest_name(std::string_view typed, std::span<const std::string_view> names) {
  if (typed.size() > 64) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t least = std::max<std::size_t>(typed.size() / 3, 1) + 1;
  for (const auto name : names)
    if (const auto d = distance(typed, name); d < least) {
      least = d;
      best = name;
    }
  return best;
}

void PolicyFields::wrong(const Node& at, std::string what, std::string next_step) {
  if (++mistakes_ <= problems_max)
    problems_.push_back({at.line, at.column, std::move(what), std::move(next_step), false});
}

void PolicyFields::warn(const Node& at, std::string what, std::string next_step) {
  if (++warnings_ <= problems_max)  // of their own: however many there are, no mistake goes unheard
    problems_.push_back({at.line, at.column, std::move(what), std::move(next_step), true});
}

void PolicyFields::slip(const Node& at, std::string what, std::string next_step) {
  if (reading_ == PolicyReading::draft) wrong(at, std::move(what), std::move(next_step));
}

void PolicyFields::each_once(const Node& list, std::string_view what) {
  std::set<std::string_view> seen;
  for (const auto& item : list.items)
    if (item.kind == Node::Kind::scalar && !item.text.empty() && !seen.insert(item.text).second)
      slip(item, concat(what, " names `", in_short(item.text), "` twice"), "name it once; was another meant?");
}

std::vector<PolicyProblem> PolicyFields::take_problems() {
  // Those of one place stay in the order in which they were found.
  const auto place = [](const PolicyProblem& p) { return std::tie(p.line, p.column); };
  for (auto it = problems_.begin(); it != problems_.end(); ++it)
    std::rotate(std::ranges::upper_bound(problems_.begin(), it, place(*it), {}, place), it, it + 1);
  return std::move(problems_);
}

void PolicyFields::unknown(const Node& at, std::string what, std::span<const std::string_view> names,
                           std::string_view they_are) {
  const auto nearest = nearest_name(at.text, names);
  wrong(at, std::move(what),
        concat(nearest ? concat("did you mean `", *nearest, "`? ") : std::string(), they_are, " ", comma_list(names)));
}

bool PolicyFields::members(const Node& node, std::string_view what, const std::vector<Member>& known,
                           std::initializer_list<std::string_view> required,
                           std::initializer_list<std::string_view> others) {
  if (node.kind != Node::Kind::mapping) {
    wrong(node, concat(what, " must be a mapping"), "write `key: value` lines, or {key: value}");
    return false;
  }
  std::vector<std::string_view> names;
  for (const auto& m : known) names.push_back(m.name);
  names.insert(names.end(), others.begin(), others.end());
  for (const auto& [key, value] : node.members)
    if (std::ranges::find(names, std::string_view(key.text)) == names.end())
      unknown(key, concat("`", key.text, "` is not known in ", what), names, "known here:");
  bool complete = true;
  for (const auto name : required)
    if (node.find(name) == nullptr) {
      wrong(node, concat(what, " lacks `", name, "`"), concat("add `", name, ": ...`"));
      complete = false;
    }
  for (const auto& m : known)
    if (const auto* value = node.find(m.name)) m.read(*value);
  return complete;
}

std::optional<std::string> PolicyFields::scalar(const Node& node, std::string_view what) {
  if (node.kind == Node::Kind::scalar && !node.text.empty()) return node.text;
  wrong(node, concat(what, " must be a value"), "write one value");
  return std::nullopt;
}

std::optional<std::uint32_t> PolicyFields::count(const Node& node, std::string_view what, std::uint32_t least,
                                                 std::uint32_t most) {
  const auto text = scalar(node, what);
  if (!text) return std::nullopt;
  std::uint32_t out = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  const bool whole = error == std::errc{} && end == text->data() + text->size();
  if (whole && !node.quoted && out >= least && out <= most) return out;
  const auto range = concat(" must be a whole number from ", least, " to ", most);
  const auto example = concat("such as ", std::max(least, most / 2 + (most % 2)));
  if (node.quoted && is_number(*text))
    wrong(node, concat(what, " is in quotes, and so a text: it", range), "write it without quotes");
  else if (is_number(*text)) wrong(node, concat(what, " is ", in_short(*text), ", out of range: it", range), example);
  else wrong(node, concat(what, range), example);
  return std::nullopt;
}

std::optional<Duration> PolicyFields::duration(const Node& node, std::string_view what) {
  const auto text = scalar(node, what);
  if (!text) return std::nullopt;
  const auto span = duration_from_text(*text);
  if (!span && is_like_a_duration(*text))
    wrong(node, concat(what, " is ", in_short(*text), ", out of range: a duration is from 0ms to 36500d"),
          "write at most 36500d, a hundred years");
  else if (!span)
    wrong(node, concat(what, " `", in_short(*text), "` is not a duration"),
          "write a number and a unit: 90s, 30m, 4h, 3d");
  return span;
}

std::optional<Duration> PolicyFields::some_time(const Node& node, std::string_view what, std::string instead) {
  const auto span = duration(node, what);
  if (span && *span == Duration{}) slip(node, concat(what, " is ", in_short(node.text), ", no time at all"), instead);
  return span;
}

std::optional<bool> PolicyFields::boolean(const Node& node, std::string_view what) {
  if (node.kind == Node::Kind::scalar && !node.quoted && (node.text == "true" || node.text == "false"))
    return node.text == "true";
  wrong(node, concat(what, " must be true or false"), "write true or false");
  return std::nullopt;
}

bool PolicyFields::word(const Node& node, std::string_view what, std::string_view only) {
  const auto text = scalar(node, what);
  if (!text) return false;
  if (*text == only) return true;
  wrong(node, concat(what, " `", *text, "` is not known"), concat("write ", only, " or leave it out"));
  return false;
}

void PolicyFields::not_a_name(const Node& node, std::string_view what, std::string_view text) {
  wrong(node, concat(what, " `", text, "` is not a name"), "use a-z, 0-9, - _ . (at most 64)");
}

}  // namespace sallyport
