#include "core/proof/grouping.h"

#include <algorithm>

#include "base/text.h"
#include "core/proof/easiest.h"

namespace sallyport::proof {

Grouping::Grouping(const Policy& policy) {
  std::map<Attribute, Seen> seen;
  const auto at = [&](Attribute a) -> Seen& {
    auto& out = seen[a];
    out.attribute = a;
    return out;
  };
  const auto take = [&](const Condition& condition) {
    using Kind = Condition::Test::Kind;
    for (const auto& t : condition.tests()) {
      switch (t.kind) {
        case Kind::constant: break;
        case Kind::boolean:
        case Kind::known: (void)at(t.left); break;
        case Kind::text_is: at(t.left).values.push_back(policy.symbols().text(t.symbol)); break;
        case Kind::group: at(Attribute::account_groups).values.push_back(policy.symbols().text(t.symbol)); break;
        case Kind::same:
          at(t.left).whole = true;
          at(t.right).whole = true;
          break;
        case Kind::text_is_group:
          at(t.left).whole = true;
          at(Attribute::account_groups).whole = true;
          break;
        case Kind::number: at(t.left).bounds.push_back(t.number); break;
        case Kind::numbers:
          at(t.left).whole = true;
          at(t.right).whole = true;
          break;
      }
    }
  };
  for (const auto& c : policy.classes())
    if (c.when) take(*c.when);
  for (const auto& p : policy.risk_points()) take(p.when);
  for (const auto& r : policy.rules()) take(r.when);
  (void)at(Attribute::account_active);
  (void)at(Attribute::account_admin);  // `unlock` is refused on an administrator's
  // An approver's organization is held against the account's.
  const auto by_home = [](const ApproverConstraint& c) { return c.from.has_value(); };
  if (std::ranges::any_of(policy.selectors(), by_home)) at(Attribute::account_organization).whole = true;
  for (auto& [attribute, s] : seen)
    if (belongs_to_account(attribute)) {
      std::ranges::sort(s.values);
      seen_.push_back(std::move(s));
    }
}

std::string Grouping::key_of(const AccountRecord& account) const {
  const auto facts = account.facts.view();
  std::string key;
  const auto add = [&](std::string_view text) { key += concat(text.size(), ":", text); };
  for (const auto& s : seen_) {
    if (!facts.knows(s.attribute)) {
      key += "?";
      continue;
    }
    switch (info_of(s.attribute).type) {
      case AttributeType::boolean: key += facts.boolean(s.attribute) ? "y" : "n"; break;
      case AttributeType::integer:
      case AttributeType::duration: add(std::to_string(facts.number(s.attribute))); break;
      case AttributeType::text:
        if (s.whole || std::ranges::binary_search(s.values, facts.text(s.attribute))) add(facts.text(s.attribute));
        else key += "-";
        break;
      case AttributeType::list_of_text: {
        std::vector<std::string_view> named;
        for (const auto& group : facts.groups())
          if (s.whole || std::ranges::binary_search(s.values, group)) named.push_back(group);
        std::ranges::sort(named);
        for (const auto group : named) add(group);
        break;
      }
    }
    key += ";";
  }
  key += account.enrolled ? std::to_string(*account.enrolled) : "all";
  key += account.mailbox_of_account ? "m" : "";
  add(account.meant_for ? account.meant_for->text() : "");
  add(account.held_by.value_or(""));
  add(account.manager.value_or(""));
  return key;
}

std::vector<AccountKind> Grouping::kinds(const std::vector<AccountRecord>& accounts) const {
  std::map<std::string, AccountKind> found;
  for (const auto& account : accounts) {
    const auto [at, fresh] = found.try_emplace(key_of(account));
    auto& kind = at->second;
    if (!fresh) {
      ++kind.count;
      continue;
    }
    kind.name = account.id;
    kind.facts = account.facts;
    for (const auto& info : all_attributes)
      if (belongs_to_account(info.attribute)) kind.said.push_back(info.attribute);
    kind.enrolled = account.enrolled;
    kind.mailbox_of_account = account.mailbox_of_account;
    kind.meant_for = account.meant_for;
    kind.held_by = account.held_by;
    kind.manager = account.manager;
  }
  std::vector<AccountKind> out;
  for (auto& [key, kind] : found) out.push_back(std::move(kind));
  return out;
}

}  // namespace sallyport::proof
