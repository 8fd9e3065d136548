#include "core/policy/compare.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/text.h"
#include "core/policy/explain.h"

namespace sallyport {
namespace {

using Test = Condition::Test;
constexpr std::size_t groups_all_max = 5;  // all 2^5 sets of them; of more, sets of at most two

// One attribute, and a value for each kind that conditions can tell apart.
struct Axis {
  Attribute attribute = Attribute::action;
  std::vector<std::string> texts;                  // text
  std::vector<std::int64_t> numbers;               // numbers; booleans as 0 and 1
  std::vector<std::vector<std::string>> groups;
  [[nodiscard]] std::size_t size() const { return texts.size() + numbers.size() + groups.size(); }
};

class Axes {
 public:
  void take(const Policy& policy) {
    for (const auto& c : policy.classes())
      if (c.when) take(policy, *c.when);
    for (const auto& p : policy.risk_points()) take(policy, p.when);
    for (const auto& r : policy.rules()) take(policy, r.when);
    for (const auto& [action, tier] : policy.actions())
      texts_[Attribute::action].insert(std::string(to_string(action)));
    const auto most = static_cast<std::int64_t>(policy.limits().cases_per_account_24h);
    numbers_[Attribute::request_cases_24h].insert({most - 1, most});
    booleans_.insert({Attribute::account_active, Attribute::account_admin});
  }

  [[nodiscard]] std::vector<Axis> axes(bool& few_groups) const {
    std::vector<Axis> out;
    for (const auto a : booleans_) out.push_back({a, {}, {0, 1}, {}});
    for (const auto& [a, values] : numbers_) {
      std::set<std::int64_t> around;
      for (const auto v : values)
        for (const auto n : {v - 1, v, v + 1})
          if (n >= 0) around.insert(n);
      out.push_back({a, {}, {around.begin(), around.end()}, {}});
    }
    for (auto [a, values] : texts_) {
      if (a != Attribute::action) values.insert({"(another)", "(elsewhere)"});
      out.push_back({a, {values.begin(), values.end()}, {}, {}});
    }
    if (!groups_.empty()) out.push_back({Attribute::account_groups, {}, {}, sets(few_groups)});
    return out;
  }

 private:
  void take(const Policy& policy, const Condition& condition) {
    for (const auto& t : condition.tests()) {
      const auto left = t.left;
      switch (t.kind) {
        case Test::Kind::constant:
        case Test::Kind::known: break;
        case Test::Kind::boolean: booleans_.insert(left); break;
        case Test::Kind::text_is:
          if (left != Attribute::action) texts_[left].insert(policy.symbols().text(t.symbol));
          break;  // actions are those that either policy has
        case Test::Kind::same:
          for (const auto a : {left, t.right})
            if (info_of(a).type == AttributeType::text) (void)texts_[a];
            else booleans_.insert(a);
          break;
        case Test::Kind::group: groups_.insert(policy.symbols().text(t.symbol)); break;
        case Test::Kind::text_is_group: (void)texts_[left]; break;
        case Test::Kind::number:
          if (left != Attribute::risk_points) numbers_[left].insert(t.number);
          break;
        case Test::Kind::numbers:
          for (const auto a : {left, t.right}) numbers_[a].insert(0);
          break;
      }
    }
  }

  [[nodiscard]] std::vector<std::vector<std::string>> sets(bool& few) const {
    const std::vector<std::string> names(groups_.begin(), groups_.end());
    std::vector<std::vector<std::string>> out;
    if (names.size() <= groups_all_max) {
      for (std::size_t mask = 0; mask < (std::size_t{1} << names.size()); ++mask) {
        auto& set = out.emplace_back();
        for (std::size_t i = 0; i < names.size(); ++i)
          if (((mask >> i) & 1U) != 0) set.push_back(names[i]);
      }
      return out;
    }
    few = true;
    out.emplace_back();
    for (std::size_t i = 0; i < names.size(); ++i) {
      out.push_back({names[i]});
      for (std::size_t j = i + 1; j < names.size(); ++j) out.push_back({names[i], names[j]});
    }
    return out;
  }

  std::set<Attribute> booleans_;
  std::map<Attribute, std::set<std::int64_t>> numbers_;
  std::map<Attribute, std::set<std::string>> texts_;
  std::set<std::string> groups_;
};

std::string value_text(const Axis& axis, std::size_t choice) {
  switch (info_of(axis.attribute).type) {
    case AttributeType::boolean: return axis.numbers[choice] != 0 ? "true" : "false";
    case AttributeType::integer: return std::to_string(axis.numbers[choice]);
    case AttributeType::duration: return to_string(Duration{axis.numbers[choice]});
    case AttributeType::text: return axis.texts[choice];
    case AttributeType::list_of_text: break;
  }
  std::string out;
  for (const auto& group : axis.groups[choice]) out += concat(out.empty() ? "" : ", ", group);
  return concat("[", out, "]");
}

void set_value(TrialFacts& facts, const Axis& axis, std::size_t choice) {
  switch (info_of(axis.attribute).type) {
    case AttributeType::boolean: return facts.set_boolean(axis.attribute, axis.numbers[choice] != 0);
    case AttributeType::integer:
    case AttributeType::duration: return facts.set_number(axis.attribute, axis.numbers[choice]);
    case AttributeType::text: return facts.set_text(axis.attribute, axis.texts[choice]);
    case AttributeType::list_of_text: return facts.set_groups(axis.groups[choice]);
  }
}

// What the policy gives, in one line and as something to compare.
struct Given {
  bool refused = false;
  Requirement requirement;
  std::string words;
};

Given given_by(const Policy& policy, DecisionSpace& space, const Facts& facts, Action action) {
  const auto d = policy.demand(facts, action, space);
  Given out;
  out.refused = d.refusal != PolicyRefusal::none;
  if (out.refused) out.words = concat("refused: ", denial_of(policy, d, facts, action).detail);
  else out.requirement = policy.requirement_of(d.needs);
  if (!out.refused) out.words = words_for(out.requirement);
  return out;
}

std::optional<Direction> direction_of(const Given& before, const Given& after) {
  if (before.refused && after.refused) return std::nullopt;
  if (before.refused) return Direction::easier;
  if (after.refused) return Direction::harder;
  const auto joined = join(before.requirement, after.requirement);
  const bool less = joined != join(after.requirement, after.requirement);
  const bool more = joined != join(before.requirement, before.requirement);
  if (less && more) return Direction::both;
  if (less) return Direction::easier;
  if (more) return Direction::harder;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Direction direction) noexcept {
  switch (direction) {
    case Direction::easier: return "easier";
    case Direction::harder: return "harder";
    case Direction::both: return "easier and harder";
  }
  return "";
}

std::uint64_t PolicyComparison::changed(Direction direction) const {
  std::uint64_t out = 0;
  for (const auto& c : changes)
    if (c.direction == direction) out += c.kinds;
  return out;
}

PolicyComparison compare(const Policy& before, const Policy& after) {
  PolicyComparison out;
  Axes all;
  all.take(before);
  all.take(after);
  const auto axes = all.axes(out.few_groups);
  std::uint64_t product = 1;
  for (const auto& axis : axes) {
    product *= axis.size();
    if (product > kinds_compared_max) out.drawn = true;
    product = std::min<std::uint64_t>(product, std::uint64_t{1} << 40U);
  }
  out.kinds = out.drawn ? kinds_compared_max : product;

  DecisionSpace space_before(before);
  DecisionSpace space_after(after);
  std::map<std::tuple<Direction, std::string, Action>, PolicyChange> changes;
  std::uint64_t random = 0x9E3779B97F4A7C15U;  // SplitMix64: the same requests at every run
  for (std::uint64_t n = 0; n < out.kinds; ++n) {
    TrialFacts facts;
    std::vector<std::size_t> choices;
    auto rest = n;
    auto action = Action::unlock;
    for (const auto& axis : axes) {
      if (out.drawn) {
        random += 0x9E3779B97F4A7C15U;
        rest = random;
        rest = (rest ^ (rest >> 30U)) * 0xBF58476D1CE4E5B9U;
        rest = (rest ^ (rest >> 27U)) * 0x94D049BB133111EBU;
        rest ^= rest >> 31U;
      }
      choices.push_back(rest % axis.size());
      rest /= axis.size();
      set_value(facts, axis, choices.back());
      if (axis.attribute == Attribute::action) action = *action_from_text(axis.texts[choices.back()]);
    }
    const auto view = facts.view();
    const auto was = given_by(before, space_before, view, action);
    const auto is = given_by(after, space_after, view, action);
    const auto direction = direction_of(was, is);
    if (!direction) continue;
    const auto& name = before.classes()[before.demand(view, action, space_before).account_class].name.text();
    auto& change = changes[{*direction, name, action}];
    if (change.kinds++ > 0) continue;
    change.direction = *direction;
    change.account_class = name;
    change.action = action;
    change.was = was.words;
    change.is = is.words;
    for (std::size_t i = 0; i < axes.size(); ++i)
      change.witness.push_back(concat(info_of(axes[i].attribute).name, ": ", value_text(axes[i], choices[i])));
  }
  for (auto& [key, change] : changes) out.changes.push_back(std::move(change));
  return out;
}

}  // namespace sallyport
