#include "core/prover/complaints.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sallyport::prover {
namespace {

constexpr std::size_t typos_max = 2;             // letters missing, added or changed, for a name to be near
constexpr std::size_t names_compared_max = 20'000;

// Levenshtein's distance, or more than typos_max when it is more.
std::size_t distance(std::string_view a, std::string_view b) {
  constexpr std::size_t far = typos_max + 1;
  if (a.size() > b.size() + typos_max || b.size() > a.size() + typos_max) return far;
  if (a.size() > name_bytes_max || b.size() > name_bytes_max) return far;
  std::array<std::size_t, name_bytes_max + 1> row;
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = row[0];
    auto least = row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
      least = std::min(least, row[j]);
    }
    if (least > typos_max) return far;
  }
  return row[b.size()];
}

bool is_plain(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::optional<Spot> Spot::find(std::string_view key) const {
  const auto* value = json_->find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return Spot(*value, this, key, 0);
}

std::string Spot::path() const {
  if (parent_ == nullptr) return "$";
  auto out = parent_->path();  // as deep as the JSON, which is bounded
  if (!in_object_) return out += concat("[", index_, "]");
  if (is_plain(key_)) return out += concat(".", key_);
  out += "[";
  append_json_string(out, key_);
  return out += "]";
}

void Complaints::add(const Spot& at, std::string what, std::string next_step) {
  if (!full()) list_.push_back({at.path(), std::move(what), std::move(next_step)});
}

bool Complaints::object(const Spot& at, std::string_view what) {
  if (!at->is_object()) add(at, concat(what, " must be an object"), "write {...}");
  return at->is_object();
}

bool Complaints::list(const Spot& at, std::string_view what, std::size_t size_max) {
  if (!at->is_array()) add(at, concat(what, " must be a list"), "write [...]");
  else if (at->as_array().size() > size_max)
    add(at, concat(what, " are ", at->as_array().size()), concat("at most ", size_max, " are read"));
  return at->is_array() && at->as_array().size() <= size_max;
}

void Complaints::only_keys(const Spot& at, std::initializer_list<std::string_view> known) {
  std::vector<std::string> names(known.begin(), known.end());
  std::string all;
  for (const auto& name : names) all += concat(all.empty() ? "" : ", ", name);
  for (const auto& member : at->as_object()) {
    if (member.first == "note" || std::ranges::find(known, member.first) != known.end()) continue;
    add(at.member(member), concat("the key `", member.first, "` is not known here"),
        suggestion(member.first, {&names}, concat("the keys are ", all)));
  }
}

std::string Complaints::name(const Spot& at, std::string_view what) {
  if (!at->is_string()) {
    add(at, concat(what, " must be a string"), "write it in quotes");
    return {};
  }
  const auto& text = at->as_string();
  if (text.empty() || text.size() > name_bytes_max)
    add(at, concat(what, " has ", text.size(), " bytes"), concat("give it 1 to ", name_bytes_max));
  return text;
}

std::string Complaints::name_at(const Spot& at, std::string_view key, std::string_view what) {
  if (const auto value = at.find(key)) return name(*value, what);
  add(at, concat("`", key, "` is missing"), concat("give ", what, " as a string"));
  return {};
}

bool Complaints::flag_at(const Spot& at, std::string_view key) {
  const auto value = at.find(key);
  if (!value) return false;
  if (!(*value)->is_bool()) add(*value, concat("`", key, "` must be true or false"), "write it without quotes");
  return (*value)->is_bool() && (*value)->as_bool();
}

std::int64_t Complaints::number(const Spot& at, std::int64_t least, std::int64_t most) {
  const bool good = at->is_int() && at->as_int() >= least && at->as_int() <= most;
  if (!good) add(at, "a whole number is expected here", concat("write one from ", least, " to ", most));
  return good ? at->as_int() : least;
}

std::int64_t Complaints::number_at(const Spot& at, std::string_view key, std::int64_t least, std::int64_t most,
                                   std::optional<std::int64_t> otherwise) {
  if (const auto value = at.find(key)) return number(*value, least, most);
  if (!otherwise) add(at, concat("`", key, "` is missing"), concat("give a whole number from ", least, " to ", most));
  return otherwise.value_or(least);
}

Names::Names(std::vector<std::string> names) : names_(std::move(names)) {
  std::ranges::sort(names_);
  const auto [first, last] = std::ranges::unique(names_);
  names_.erase(first, last);
}

std::optional<Index> Names::find(std::string_view name) const {
  const auto at =
      std::ranges::lower_bound(names_, name, {}, [](const std::string& n) -> std::string_view { return n; });
  if (at == names_.end() || *at != name) return std::nullopt;
  return static_cast<Index>(at - names_.begin());
}

std::string suggestion(std::string_view name, std::initializer_list<const std::vector<std::string>*> among,
                       std::string otherwise) {
  const std::string* best = nullptr;
  auto least = typos_max + 1;
  std::size_t compared = 0;
  for (const auto* names : among)
    for (const auto& candidate : *names) {
      if (++compared > names_compared_max) break;
      const auto far = distance(name, candidate);
      if (far >= least || far >= candidate.size()) continue;
      least = far;
      best = &candidate;
    }
  return best == nullptr ? std::move(otherwise) : concat("did you mean `", *best, "`?");
}

}  // namespace sallyport::prover
