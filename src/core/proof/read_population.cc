#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "core/policy/fields.h"
#include "core/policy/yaml.h"
#include "core/proof/catalogue.h"
#include "core/proof/population.h"

namespace sallyport::proof {
namespace {

using Node = YamlNode;

class PopulationReader {
 public:
  PopulationReader(const Policy& policy, PolicyReading reading) : policy_(policy), in_(reading) {}

  std::expected<Population, std::vector<PolicyProblem>> read(std::string_view text) {
    const auto root = read_yaml(text);
    if (!root) {
      const auto& p = root.error();
      return std::unexpected(std::vector<PolicyProblem>{{p.line, p.column, p.what, p.next_step, false}});
    }
    in_.members(*root, "an organization file",
                {{"organization", [&](const Node& n) { out_.name = in_.scalar(n, "`organization`").value_or(""); }},
                 {"people", [&](const Node& n) { read_people(n); }},
                 {"accounts", [&](const Node& n) { read_accounts(n); }},
                 {"governance", [&](const Node& n) { read_governance(n); }},
                 {"levels", [&](const Node& n) { read_levels(n); }}},
                {"organization", "people", "accounts"});
    check_accounts_of_people();
    if (in_.failed()) return std::unexpected(in_.take_problems());
    return std::move(out_);
  }

 private:
  bool is_mapping(const Node& node, std::string_view what, std::string_view example) {
    if (node.kind == Node::Kind::mapping && !node.members.empty() && node.members.size() <= kinds_max) return true;
    in_.wrong(node, concat(what, " must be a mapping of 1 to ", kinds_max, " members"), std::string(example));
    return false;
  }

  [[nodiscard]] bool is_a_thing(std::string_view name) const {
    if (attester_of(name)) return false;  // people, by name
    return thing_named(name) != nullptr || std::ranges::any_of(policy_.signals(), [&](const SignalRule& signal) {
             return std::ranges::find(signal.rests_on, name) != signal.rests_on.end();
           });
  }

  void read_people(const Node& node) {
    if (!is_mapping(node, "`people`", "write `desk_lead: {count: 3, team: help_desk, seats: [desk_lead]}`")) return;
    for (const auto& [key, value] : node.members) {
      PeopleKind kind;
      kind.line = key.line;
      if (!is_id_text(key.text)) in_.wrong(key, concat("`", key.text, "` is not a name"), "use a-z, 0-9, - _ .");
      if (is_a_thing(key.text))
        in_.wrong(key, concat("`", key.text, "` is a thing that signals rest on, and so no name for people"),
                  "call them something else: an acceptance could not tell the two apart");
      kind.name = key.text;
      const auto flag = [&](std::string_view what, bool& to) {
        return [this, what, &to](const Node& n) { to = in_.boolean(n, what).value_or(false); };
      };
      in_.members(
          value, "a kind of people",
          {{"count", [&](const Node& n) { kind.count = in_.count(n, "`count`", 0, 10'000'000).value_or(1); }},
           {"team", [&](const Node& n) { kind.team = in_.id<TeamId>(n, "`team`"); }},
           {"organization", [&](const Node& n) { kind.organization = in_.id<OrganizationId>(n, "`organization`"); }},
           {"seats", [&](const Node& n) { read_seats(n, kind.seats); }},
           {"agent", flag("`agent`", kind.agent)},
           {"vouches", flag("`vouches`", kind.vouches)},
           {"operator", flag("`operator`", kind.invites)},
           {"account", [&](const Node& n) { read_account_of(n, kind); }},
           {"third_party", flag("`third_party`", kind.third_party)}},
          {"count"});
      out_.people.push_back(std::move(kind));
    }
  }

  void read_seats(const Node& node, std::vector<RoleName>& out) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`seats` must be a list of roles", "write [desk_lead]");
    for (const auto& item : node.items)
      if (auto role = in_.id<RoleName>(item, "a seat")) out.push_back(*std::move(role));
    in_.each_once(node, "`seats`");
  }

  void read_accounts(const Node& node) {
    if (!is_mapping(node, "`accounts`", "write `sales: {count: 400, facts: {account.admin: false}}`")) return;
    for (const auto& [key, value] : node.members) {
      AccountKind kind;
      kind.line = key.line;
      if (!is_id_text(key.text)) in_.wrong(key, concat("`", key.text, "` is not a name"), "use a-z, 0-9, - _ .");
      kind.name = key.text;
      kind.facts.set_boolean(Attribute::account_active, true);
      kind.said.push_back(Attribute::account_active);
      in_.members(value, "a kind of account",
                  {{"count", [&](const Node& n) { kind.count = in_.count(n, "`count`", 1, 10'000'000).value_or(1); }},
                   {"facts", [&](const Node& n) { read_facts(n, kind); }},
                   {"enrolled", [&](const Node& n) { read_enrolled(n, kind); }},
                   {"mailbox", [&](const Node& n) { kind.mailbox_of_account = in_.word(n, "`mailbox`", "account"); }},
                   {"class", [&](const Node& n) { read_class(n, kind); }},
                   {"manager", [&](const Node& n) { kind.manager = read_people_kind(n, "`manager`"); }},
                   {"held_by", [&](const Node& n) { read_holders(n, kind); }},
                   {"shared", [&](const Node& n) { read_shared(n, kind); }}},
                  {"count"});
      out_.accounts.push_back(std::move(kind));
    }
  }

  // {directory_admin: {at_least: 2, of: [guardian]}}
  void read_governance(const Node& node) {
    if (!is_mapping(node, "`governance`", "write `directory_admin: {of: [guardian]}`")) return;
    for (const auto& [key, value] : node.members) {
      Governor governor;
      governor.what = key.text;
      if (std::ranges::find(governed_from_outside, key.text, &FromOutside::name) == governed_from_outside.end()) {
        std::vector<std::string_view> names;
        for (const auto& known : governed_from_outside) names.push_back(known.name);
        in_.unknown(key, concat("`", key.text, "` is nothing that is done beside the gateway"), names, "there are");
      }
      in_.members(value, "who governs",
                  {{"at_least",
                    [&](const Node& n) {
                      governor.at_least = in_.count(n, "`at_least`", 1, approvals_per_case_max).value_or(1);
                    }},
                   {"of", [&](const Node& n) { read_governors(n, governor); }}},
                  {"of"});
      std::uint64_t there = 0;
      for (const auto& kind : out_.people)
        if (std::ranges::find(governor.of, kind.name) != governor.of.end()) there += kind.count;
      if (!governor.of.empty() && there < governor.at_least)
        in_.wrong(value, concat("of these there are ", there, ", so nobody could do it"),
                  "say how many really can: what nobody can do, nobody would write down");
      out_.governance.push_back(std::move(governor));
    }
  }

  void read_governors(const Node& node, Governor& out) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, "`of` must list kinds of people", "write [guardian]");
    for (const auto& item : node.items)
      if (auto kind = read_people_kind(item, "who governs")) out.of.push_back(*std::move(kind));
  }

  void read_class(const Node& node, AccountKind& kind) {
    kind.meant_for = in_.id<ClassName>(node, "`class`");
    if (!kind.meant_for ||
        std::ranges::find(policy_.classes(), *kind.meant_for, &AccountClass::name) != policy_.classes().end())
      return;
    std::vector<std::string_view> names;
    for (const auto& c : policy_.classes()) names.push_back(c.name.text());
    in_.unknown(node, concat("`", kind.meant_for->text(), "` is not a class of the policy"), names, "they are");
  }

  std::optional<std::string> read_people_kind(const Node& node, std::string_view what) {
    auto name = in_.scalar(node, what);
    if (!name || std::ranges::find(out_.people, *name, &PeopleKind::name) != out_.people.end()) return name;
    std::vector<std::string_view> names;
    for (const auto& p : out_.people) names.push_back(p.name);
    in_.unknown(node, concat("`", *name, "` is not among the people"), names, "they are");
    return std::nullopt;
  }

  void read_holders(const Node& node, AccountKind& kind) {
    kind.held_by = read_people_kind(node, "`held_by`");
    const auto holders = std::ranges::find(out_.people, kind.held_by.value_or(""), &PeopleKind::name);
    if (holders != out_.people.end() && holders->count == 0)
      in_.wrong(node, concat("nobody is of the kind `", holders->name, "`, so none of them holds an account"),
                "give the kind a `count`, or leave `held_by` out");
  }

  // {assistant: mailbox}: whoever has the holder's thing, or speaks for them, is no other person beside them.
  void read_shared(const Node& node, AccountKind& kind) {
    if (!is_mapping(node, "`shared`", "write `shared: {assistant: mailbox}`, or `word` for who speaks for them"))
      return;
    for (const auto& [key, value] : node.members) {
      const auto people = read_people_kind(key, "`shared`");
      const auto with = in_.scalar(value, "what is shared");
      if (with && *with != "word" && !is_a_thing(*with))
        in_.wrong(value, concat("`", *with, "` is nothing that a signal rests on"),
                  "name a thing such as mailbox, or `word` for who speaks for the holder");
      if (people && with) kind.shared.push_back({*people, *with});
    }
  }

  // Accounts stand below people, so their names are looked up in the end.
  void read_account_of(const Node& node, PeopleKind& kind) {
    kind.account = in_.scalar(node, "`account`");
    if (kind.account) accounts_of_people_.push_back(node);
  }
  void check_accounts_of_people() {
    for (const auto& node : accounts_of_people_) {
      if (std::ranges::find(out_.accounts, node.text, &AccountKind::name) != out_.accounts.end()) continue;
      std::vector<std::string_view> names;
      for (const auto& a : out_.accounts) names.push_back(a.name);
      in_.unknown(node, concat("`", node.text, "` is not among the accounts"), names, "they are");
    }
  }

  void read_enrolled(const Node& node, AccountKind& kind) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`enrolled` must be a list of signals", "write [totp]");
    SignalSet set = 0;
    for (const auto& item : node.items) {
      const auto name = in_.id<SignalName>(item, "a signal");
      if (!name) continue;
      if (const auto number = policy_.signal_number(*name)) {
        set |= SignalSet{1} << *number;
        continue;
      }
      std::vector<std::string_view> names;
      for (const auto& s : policy_.signals()) names.push_back(s.name.text());
      in_.unknown(item, concat("`", name->text(), "` is not among the policy's signals"), names, "it has");
    }
    in_.each_once(node, "`enrolled`");
    kind.enrolled = set;
  }

  void read_facts(const Node& node, AccountKind& kind) {
    if (node.kind != Node::Kind::mapping)
      return in_.wrong(node, "`facts` must be a mapping", "write {account.admin: false, account.groups: []}");
    std::vector<std::string_view> names;
    for (const auto& info : all_attributes)
      if (info.name.starts_with("account.") && info.type != AttributeType::duration) names.push_back(info.name);
    for (const auto& [key, value] : node.members) {
      const auto attribute = attribute_named(key.text);
      if (!attribute || std::ranges::find(names, key.text) == names.end()) {
        in_.unknown(key, concat("`", key.text, "` is not a fact of an account"), names, "they are");
        continue;
      }
      kind.said.push_back(*attribute);
      if (value.kind == Node::Kind::sequence && *attribute == Attribute::account_groups) {
        std::vector<std::string> groups;
        std::string all;
        for (const auto& item : value.items)
          if (auto group = in_.scalar(item, "a group")) {
            all += concat(all.empty() ? "" : ", ", *group);
            groups.push_back(*std::move(group));
          }
        in_.each_once(value, concat("`", key.text, "`"));
        kind.facts.set_groups(std::move(groups));
        kind.told.push_back(concat(key.text, ": [", all, "]"));
      } else if (*attribute == Attribute::account_organization && value.text != "unknown" && !is_id_text(value.text)) {
        in_.wrong(value, concat("`", value.text, "` is no name of an organization"), "use a-z, 0-9, - _ .");
      } else if (value.kind != Node::Kind::scalar || !kind.facts.set_from_text(*attribute, value.text)) {
        in_.wrong(value, concat("`", key.text, "` is a ", to_string(info_of(*attribute).type)),
                  "write true or false, a text, a list of groups, or unknown");
      } else {
        kind.told.push_back(concat(key.text, ": ", value.text));
      }
    }
  }

  void read_levels(const Node& node) {
    if (!is_mapping(node, "`levels`", "write {handset: 3}")) return;
    for (const auto& [key, value] : node.members) {
      std::set<std::string_view> names;
      for (const auto& thing : all_things()) names.insert(thing.name);
      for (const auto& signal : policy_.signals())
        for (const auto& thing : signal.rests_on) names.insert(thing);
      if (!names.contains(key.text)) {
        const std::vector<std::string_view> list(names.begin(), names.end());
        in_.unknown(key, concat("`", key.text, "` is nothing that a signal or a front door rests on"), list,
                    "they are");
        continue;
      }
      if (const auto level = in_.count(value, "a level", 0, 5))
        out_.levels.push_back({key.text, static_cast<int>(*level)});
    }
  }

  const Policy& policy_;
  PolicyFields in_;
  Population out_;
  std::vector<Node> accounts_of_people_;
};

}  // namespace

std::expected<Population, std::vector<PolicyProblem>> read_population(std::string_view text, const Policy& policy,
                                                                      PolicyReading reading) {
  return PopulationReader(policy, reading).read(text);
}

}  // namespace sallyport::proof
