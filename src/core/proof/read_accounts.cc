#include "core/proof/read_accounts.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "core/proof/easiest.h"

namespace sallyport::proof {
namespace {

std::unexpected<Fault> wrong(std::string what, std::string next_step) {
  return fault(FaultKind::invalid, std::move(what), std::move(next_step));
}

Result<void> read_fact(const std::string& name, const Json& value, TrialFacts& out) {
  const auto attribute = attribute_named(name);
  if (!attribute || !belongs_to_account(*attribute))
    return wrong(concat("`", name, "` is not a fact of an account"), "name account.admin, account.groups and the like");
  if (value.is_null()) return {};  // the directory does not say
  const auto type = info_of(*attribute).type;
  if (type == AttributeType::boolean && value.is_bool()) {
    out.set_boolean(*attribute, value.as_bool());
  } else if (*attribute == Attribute::account_organization &&
             (!value.is_string() || !OrganizationId::parse(value.as_string()))) {
    return wrong("`account.organization` is no name of an organization", "use a-z, 0-9, - _ .");
  } else if (type == AttributeType::text && value.is_string() && !value.as_string().empty()) {
    out.set_text(*attribute, value.as_string());
  } else if (type == AttributeType::list_of_text && value.is_array()) {
    std::vector<std::string> groups;
    for (const auto& group : value.as_array()) {
      if (!group.is_string()) return wrong(concat("`", name, "` is a list of strings"), "write [\"Staff\"]");
      groups.push_back(group.as_string());
    }
    out.set_groups(std::move(groups));
  } else {
    return wrong(concat("`", name, "` is a ", to_string(type)),
                 "write true or false, a text, a list of groups, or null");
  }
  return {};
}

Result<AccountRecord> read_account(const Json& json, const Policy& policy, const Population& people) {
  SP_CHECK(json.only_keys({"account", "facts", "enrolled", "mailbox", "class", "held_by", "manager"}));
  AccountRecord out;
  SP_TRY(out.id, json.string_at("account"));
  SP_TRY(const auto* facts, json.object_at("facts"));
  out.facts.set_boolean(Attribute::account_active, true);
  for (const auto& [name, value] : facts->as_object()) SP_CHECK(read_fact(name, value, out.facts));
  if (json.find("enrolled") != nullptr) {
    SP_TRY(const auto* list, json.array_at("enrolled"));
    SignalSet set = 0;
    for (const auto& item : *list) {
      const auto name = item.is_string() ? SignalName::parse(item.as_string()) : std::nullopt;
      const auto number = name ? policy.signal_number(*name) : std::nullopt;
      if (!number) return wrong("`enrolled` names a signal that the policy does not have", "write [\"totp\"]");
      set |= SignalSet{1} << *number;
    }
    out.enrolled = set;
  }
  if (json.find("mailbox") != nullptr) {
    SP_TRY(const auto mailbox, json.string_at("mailbox"));
    if (mailbox != "account") return wrong("`mailbox` is `account`, or left out", "leave it out for a private mailbox");
    out.mailbox_of_account = true;
  }
  if (json.find("class") != nullptr) {
    SP_TRY(const auto text, json.string_at("class"));
    out.meant_for = ClassName::parse(text);
    if (!out.meant_for ||
        std::ranges::find(policy.classes(), *out.meant_for, &AccountClass::name) == policy.classes().end())
      return wrong(concat("`", text, "` is not a class of the policy"), "name one of its classes");
  }
  const auto people_kind = [&](std::string_view key, std::optional<std::string>& to) -> Result<void> {
    if (json.find(key) == nullptr) return {};
    SP_TRY(const auto text, json.string_at(key));
    if (std::ranges::find(people.people, text, &PeopleKind::name) == people.people.end())
      return wrong(concat("`", text, "` is not among the people"), "name a kind of people of the organization file");
    to = text;
    return {};
  };
  SP_CHECK(people_kind("held_by", out.held_by));
  if (out.held_by && std::ranges::find(people.people, *out.held_by, &PeopleKind::name)->count == 0)
    return wrong(concat("nobody is of the kind `", *out.held_by, "`, so none of them holds an account"),
                 "give the kind a `count`, or leave `held_by` out");
  SP_CHECK(people_kind("manager", out.manager));
  return out;
}

}  // namespace

Result<std::vector<AccountRecord>> read_accounts(std::string_view text, const Policy& policy,
                                                 const Population& people) {
  std::vector<AccountRecord> out;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    const auto where = concat("line ", line);
    auto json = parse_json(one);
    if (!json) return with_context(where, std::move(json).error());
    auto account = read_account(*json, policy, people);
    if (!account) return with_context(where, std::move(account).error());
    if (out.size() == accounts_max) return wrong(concat("more than ", accounts_max, " accounts"), "prove it in parts");
    out.push_back(*std::move(account));
  }
  return out;
}

}  // namespace sallyport::proof
