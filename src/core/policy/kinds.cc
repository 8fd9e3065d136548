#include "core/policy/kinds.h"

#include "base/text.h"

namespace sallyport {

using Test = Condition::Test;

void KindsOfRequest::take(const Policy& policy) {
  for (const auto& c : policy.classes())
    if (c.when) take(policy, *c.when);
  for (const auto& p : policy.risk_points()) take(policy, p.when);
  for (const auto& r : policy.rules()) take(policy, r.when);
  take_frame(policy);
}

void KindsOfRequest::take_frame(const Policy& policy) {
  take_actions(policy);
  const auto most = static_cast<std::int64_t>(policy.limits().cases_per_account_24h);
  numbers_[Attribute::request_cases_24h].insert({most - 1, most});
  booleans_.insert({Attribute::account_active, Attribute::account_admin});
}

void KindsOfRequest::take_actions(const Policy& policy) {
  for (const auto& [action, tier] : policy.actions()) texts_[Attribute::action].insert(std::string(to_string(action)));
}

// Itself among them.
std::set<Attribute> KindsOfRequest::compared_with(Attribute attribute) const {
  std::set<Attribute> out{attribute};
  for (std::size_t before = 0; before != out.size();) {
    before = out.size();
    for (const auto& [a, b] : compared_)
      if (out.contains(a)) out.insert(b);
  }
  return out;
}

namespace {

// Two that no condition names are enough to tell whether two attributes are the same; of three compared, three.
void add_others(std::set<std::string>& values, std::size_t attributes) {
  std::vector<std::string> others{"another", "elsewhere"};
  while (others.size() < attributes) others.push_back(concat("elsewhere-", others.size()));
  for (auto& other : others) {
    while (values.contains(other)) other += "-one";
    values.insert(other);
  }
}

std::vector<std::vector<std::string>> sets_of(const std::vector<std::string>& names, bool& few) {
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

}  // namespace

// What is compared with one another may be alike in whatever either is held against.
std::vector<Axis> KindsOfRequest::axes(bool& few_groups) const {
  std::vector<Axis> out;
  for (const auto a : booleans_) out.push_back({a, {}, {0, 1}, {}});
  for (const auto& [a, unused] : numbers_) {
    const auto alike = compared_with(a);
    const auto apart = static_cast<std::int64_t>(alike.size());  // so many between two bounds, and beyond them
    std::set<std::int64_t> around;
    for (const auto other : alike)
      if (const auto values = numbers_.find(other); values != numbers_.end())
        for (const auto v : values->second)
          for (auto n = v - apart; n <= v + apart; ++n)
            if (n >= 0) around.insert(n);
    out.push_back({a, {}, {around.begin(), around.end()}, {}});
  }
  std::set<std::string> groups = groups_;
  const auto texts_of = [&](Attribute a) {
    const auto alike = compared_with(a);
    std::set<std::string> values;
    for (const auto other : alike) {
      if (other == Attribute::account_groups) values.insert(groups_.begin(), groups_.end());
      else if (const auto named = texts_.find(other); named != texts_.end())
        values.insert(named->second.begin(), named->second.end());
    }
    add_others(values, alike.size());
    if (alike.contains(Attribute::account_groups)) groups.insert(values.begin(), values.end());
    return values;
  };
  for (const auto& [a, named] : texts_) {
    const auto values = a == Attribute::action ? named : texts_of(a);
    out.push_back({a, {values.begin(), values.end()}, {}, {}});
  }
  if (!groups.empty())
    out.push_back({Attribute::account_groups, {}, {}, sets_of({groups.begin(), groups.end()}, few_groups)});
  return out;
}

void KindsOfRequest::take(const Policy& policy, const Condition& condition) {
  const auto compare = [&](Attribute a, Attribute b) { compared_.insert({{a, b}, {b, a}}); };
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
        compare(left, t.right);
        break;
      case Test::Kind::group: groups_.insert(policy.symbols().text(t.symbol)); break;
      case Test::Kind::text_is_group:
        (void)texts_[left];
        compare(left, Attribute::account_groups);
        break;
      case Test::Kind::number:
        if (left != Attribute::risk_points) numbers_[left].insert(t.number);
        break;
      case Test::Kind::numbers:
        for (const auto a : {left, t.right}) numbers_[a].insert(0);
        compare(left, t.right);
        break;
    }
  }
}

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

}  // namespace sallyport
