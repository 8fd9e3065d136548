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

std::vector<Axis> KindsOfRequest::axes(bool& few_groups) const {
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
    // Two that no condition names: enough to tell whether two attributes are the same.
    for (std::string other : {"another", "elsewhere"}) {
      while (values.contains(other)) other += "-one";
      if (a != Attribute::action) values.insert(other);
    }
    out.push_back({a, {values.begin(), values.end()}, {}, {}});
  }
  if (!groups_.empty()) out.push_back({Attribute::account_groups, {}, {}, sets(few_groups)});
  return out;
}

void KindsOfRequest::take(const Policy& policy, const Condition& condition) {
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

std::vector<std::vector<std::string>> KindsOfRequest::sets(bool& few) const {
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
