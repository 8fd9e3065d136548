// From YAML to a checked policy. Every member of every mapping is known or refused, every reference
// resolved, every number in range: a policy with a slip of the pen does not load.
#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/policy/policy.h"
#include "core/policy/yaml.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

using Node = YamlNode;

// Static knowledge never counts (R8): whoever bought the data knows the answers as well.
constexpr std::array<std::string_view, 9> knowledge_names{"knowledge",          "kba",         "security_question",
                                                          "security_questions", "birthday",    "date_of_birth",
                                                          "employee_number",    "national_id", "mothers_maiden_name"};
constexpr std::array<std::string_view, 8> signal_names{"passkey",  "totp",  "recovery_code", "mail_code",
                                                       "callback", "vouch", "on_site",       "proofing"};
constexpr std::uint32_t count_max = 8;  // more signals or approvers than this nobody can gather

std::string list_of(const auto& names) {
  std::string out;
  for (const auto& name : names) out += concat(out.empty() ? "" : ", ", std::string_view(name));
  return out;
}

}  // namespace

class PolicyLoader {
 public:
  PolicyLoader(std::string_view text, std::string_view source) : source_(source) { policy_.text_ = std::string(text); }

  Result<Policy> load() {
    if (policy_.text_.size() > policy_text_bytes_max) return too_large();
    policy_.digest_ = sha256(view_of(policy_.text_));
    SP_TRY(const auto root, parse_yaml(policy_.text_, source_));
    if (to_text(Json(policy_.text_)).size() > policy_text_bytes_max) return too_large();
    SP_CHECK(members(root, "the policy",
                     {{"policy", [&](const Node& n) { return read_name(n); }},
                      {"language", [&](const Node& n) { return read_language(n); }},
                      {"signals", [&](const Node& n) { return read_signals(n); }},
                      {"tiers", [&](const Node& n) { return read_tiers(n); }},
                      {"classes", [&](const Node& n) { return read_classes(n); }},
                      {"actions", [&](const Node& n) { return read_actions(n); }},
                      {"limits", [&](const Node& n) { return read_limits(n); }}},
                     {"policy", "language", "signals", "tiers", "classes", "actions"}));
    SP_CHECK(holds_end_in_time(*root.find("tiers")));
    return std::move(policy_);
  }

 private:
  std::unexpected<Fault> too_large() const {
    return fault(FaultKind::invalid, concat(source_, ": the policy is larger than 48 KiB, written as a JSON string"),
                 "a policy stands whole in one ledger entry; shorten its comments");
  }

  // A hold begins when door one shuts, so a case that lives no longer than its hold can never act.
  Result<void> holds_end_in_time(const YamlNode& tiers) const {
    for (const auto& [key, node] : tiers.members) {
      const auto name = TierName::parse(key.text);
      const auto& hold = policy_.tiers_.at(*name).hold_without_strong;
      if (hold < policy_.limits_.case_lifetime) continue;
      return wrong(key,
                   concat("the hold of `", key.text, "` is ", to_string(hold), ", and a case lives ",
                          to_string(policy_.limits_.case_lifetime)),
                   "shorten the hold, or raise `case_lifetime` under `limits`");
    }
    return {};
  }

  using Reader = std::function<Result<void>(const Node&)>;
  struct Member {
    std::string_view name;
    Reader read;
  };

  std::unexpected<Fault> wrong(const Node& at, std::string what, std::string next_step) const {
    return yaml_fault(source_, at, std::move(what), std::move(next_step));
  }

  // Calls each member's reader in the order given here, whatever the order in the text.
  Result<void> members(const Node& node, std::string_view what, const std::vector<Member>& known,
                       std::initializer_list<std::string_view> required) const {
    if (node.kind != Node::Kind::mapping)
      return wrong(node, concat(what, " must be a mapping"), "write `key: value` lines, or {key: value}");
    std::vector<std::string_view> names;
    for (const auto& m : known) names.push_back(m.name);
    for (const auto& [key, value] : node.members)
      if (std::ranges::find(names, std::string_view(key.text)) == names.end())
        return wrong(key, concat("`", key.text, "` is not known in ", what), concat("known here: ", list_of(names)));
    for (const auto name : required)
      if (node.find(name) == nullptr)
        return wrong(node, concat(what, " lacks `", name, "`"), concat("add `", name, ": ...`"));
    for (const auto& m : known)
      if (const auto* value = node.find(m.name)) SP_CHECK(m.read(*value));
    return {};
  }

  Result<std::string> scalar(const Node& node, std::string_view what) const {
    if (node.kind != Node::Kind::scalar || node.text.empty())
      return wrong(node, concat(what, " must be a value"), "write one value");
    return node.text;
  }

  Result<void> read_count(const Node& node, std::string_view what, std::uint32_t least, std::uint32_t most,
                          std::uint32_t& out) const {
    SP_TRY(const auto text, scalar(node, what));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc{} || end != text.data() + text.size() || node.quoted || out < least || out > most)
      return wrong(node, concat(what, " must be a whole number from ", least, " to ", most),
                   concat("such as ", most / 2 + 1));
    return {};
  }

  Result<Duration> read_duration(const Node& node, std::string_view what) const {
    SP_TRY(const auto text, scalar(node, what));
    const auto span = duration_from_text(text);
    if (!span)
      return wrong(node, concat(what, " `", text, "` is not a duration"),
                   "write a number and a unit: 90s, 30m, 4h, 3d");
    return *span;
  }

  Result<void> read_bool(const Node& node, std::string_view what, bool& out) const {
    if (node.kind != Node::Kind::scalar || node.quoted || (node.text != "true" && node.text != "false"))
      return wrong(node, concat(what, " must be true or false"), "write true or false");
    out = node.text == "true";
    return {};
  }

  template <typename Id>
  Result<Id> read_id(const Node& node, std::string_view what) const {
    SP_TRY(const auto text, scalar(node, what));
    auto id = Id::parse(text);
    if (!id) return wrong(node, concat(what, " `", text, "` is not a name"), "use a-z, 0-9, - _ . (at most 64)");
    return *std::move(id);
  }

  Reader into_duration(std::string_view what, std::optional<Duration>& out) const {
    return [this, what, &out](const Node& n) -> Result<void> {
      SP_TRY(out, read_duration(n, what));
      return {};
    };
  }

  Result<void> read_name(const Node& node) {
    SP_TRY(policy_.name_, scalar(node, "`policy`"));
    return {};
  }
  Result<void> read_language(const Node& node) const {
    std::uint32_t version = 0;
    return read_count(node, "`language`", 1, 1, version);
  }

  // -- signals --------------------------------------------------------------------------------
  Result<void> read_signals(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return wrong(node, "`signals` must name at least one signal", "write `totp: {rests_on: [handset], fresh: 5m}`");
    for (const auto& [key, value] : node.members) {
      if (std::ranges::find(knowledge_names, std::string_view(key.text)) != knowledge_names.end())
        return wrong(key, concat("`", key.text, "` is static knowledge, and that is no signal"),
                     "remove it: what a person knows can be looked up, bought or talked out of them");
      if (std::ranges::find(signal_names, std::string_view(key.text)) == signal_names.end())
        return wrong(key, concat("`", key.text, "` is not a signal"),
                     concat("the signals are ", list_of(signal_names)));
      SP_CHECK(read_signal(key, value));
    }
    return {};
  }

  Result<void> read_signal(const Node& key, const Node& node) {
    SignalRule rule;
    SP_TRY(rule.name, read_id<SignalName>(key, "a signal's name"));
    SP_CHECK(members(node, "a signal",
                     {{"rests_on", [&](const Node& n) { return read_rests_on(n, rule.rests_on); }},
                      {"fresh", into_duration("`fresh`", rule.fresh)},
                      {"enrolled_for", into_duration("`enrolled_for`", rule.enrolled_for)},
                      {"unchanged_for", into_duration("`unchanged_for`", rule.unchanged_for)},
                      {"valid_for", into_duration("`valid_for`", rule.valid_for)},
                      {"strength", [&](const Node& n) { return read_word(n, "`strength`", "strong", rule.strong); }},
                      {"kind", [&](const Node& n) { return read_word(n, "`kind`", "issued", rule.issued); }}},
                     {"rests_on"}));
    policy_.signals_.push_back(std::move(rule));
    return {};
  }

  Result<void> read_rests_on(const Node& node, std::vector<std::string>& out) const {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return wrong(node, "`rests_on` must list what the signal rests on", "write `rests_on: [handset]`");
    for (const auto& item : node.items) {
      SP_TRY(auto thing, scalar(item, "what a signal rests on"));
      if (std::ranges::find(knowledge_names, std::string_view(thing)) != knowledge_names.end())
        return wrong(item, "a signal that rests on static knowledge is no signal", "remove the signal");
      if (!is_id_text(thing)) return wrong(item, concat("`", thing, "` is not a name"), "use a-z, 0-9, - _ .");
      out.push_back(std::move(thing));
    }
    std::ranges::sort(out);
    if (std::ranges::adjacent_find(out) != out.end())
      return wrong(node, "`rests_on` names a thing twice", "name it once");
    return {};
  }

  Result<void> read_word(const Node& node, std::string_view what, std::string_view word, bool& out) const {
    SP_TRY(const auto text, scalar(node, what));
    if (text != word)
      return wrong(node, concat(what, " `", text, "` is not known"), concat("write ", word, " or leave it out"));
    out = true;
    return {};
  }

  Result<void> read_signal_list(const Node& node, std::string_view what, std::vector<SignalName>& out) const {
    if (node.kind != Node::Kind::sequence)
      return wrong(node, concat(what, " must be a list of signals"), "write [totp, mail_code]");
    for (const auto& item : node.items) {
      SP_TRY(auto name, read_id<SignalName>(item, "a signal"));
      if (policy_.signal(name) == nullptr)
        return wrong(item, concat("`", name.text(), "` is not among this policy's signals"), "add it under `signals:`");
      out.push_back(std::move(name));
    }
    std::ranges::sort(out);
    const auto twins = std::ranges::unique(out);
    out.erase(twins.begin(), twins.end());
    return {};
  }

  // -- tiers ----------------------------------------------------------------------------------
  Result<void> read_tiers(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return wrong(node, "`tiers` must name at least one tier", "write `standard: {signals: 2}`");
    for (const auto& [key, value] : node.members) {
      SP_TRY(auto name, read_id<TierName>(key, "a tier's name"));
      SP_TRY(auto requirement, read_tier(value));
      policy_.tiers_.emplace(std::move(name), std::move(requirement));
    }
    return {};
  }

  Result<Requirement> read_tier(const Node& node) const {
    Requirement out;
    SP_CHECK(members(node, "a tier",
                     {{"signals", [&](const Node& n) { return read_count(n, "`signals`", 1, count_max, out.signals); }},
                      {"strong", [&](const Node& n) { return read_count(n, "`strong`", 0, count_max, out.strong); }},
                      {"include", [&](const Node& n) { return read_signal_list(n, "`include`", out.include); }},
                      {"allow", [&](const Node& n) { return read_signal_list(n, "`allow`", out.allow.emplace()); }},
                      {"approvers", [&](const Node& n) { return read_approvers(n, out.approvers); }},
                      {"hold", [&](const Node& n) { return read_hold(n, out); }},
                      {"review", [&](const Node& n) { return read_review(n, out.review.emplace()); }},
                      {"lasts", into_duration("`lasts`", out.lasts)}},
                     {"signals"}));
    if (out.strong > out.signals)
      return wrong(node, "`strong` is larger than `signals`", "every strong signal is a signal: raise `signals`");
    return out;
  }

  Result<void> read_approvers(const Node& node, std::vector<ApproverConstraint>& out) const {
    if (node.kind != Node::Kind::sequence)
      return wrong(node, "`approvers` must be a list", "write [{at_least: 1, role: desk_lead}]");
    for (const auto& item : node.items) {
      ApproverConstraint c;
      const auto role = [&](const Node& n) -> Result<void> {
        SP_TRY(c.role, read_id<RoleName>(n, "`role`"));
        return {};
      };
      const auto outside = [&](const Node& n) -> Result<void> {
        SP_TRY(c.outside, read_id<TeamId>(n, "`outside`"));
        return {};
      };
      const auto from = [&](const Node& n) -> Result<void> {
        SP_TRY(c.from, read_id<OrganizationId>(n, "`from`"));
        return {};
      };
      SP_CHECK(
          members(item, "an approver constraint",
                  {{"at_least", [&](const Node& n) { return read_count(n, "`at_least`", 1, count_max, c.at_least); }},
                   {"role", role},
                   {"outside", outside},
                   {"from", from}},
                  {"at_least"}));
      if (!c.role && !c.outside && !c.from)
        return wrong(item, "an approver constraint says nothing of who may approve", "add `role`, `outside` or `from`");
      Requirement one;
      one.approvers = std::move(out);
      Requirement more;
      more.approvers.push_back(std::move(c));
      out = join(one, more).approvers;
    }
    return {};
  }

  Result<void> read_hold(const Node& node, Requirement& out) const {
    Duration length;
    bool unless_strong = false;
    SP_CHECK(members(node, "`hold`",
                     {{"for",
                       [&](const Node& n) -> Result<void> {
                         SP_TRY(length, read_duration(n, "`for`"));
                         return {};
                       }},
                      {"unless", [&](const Node& n) { return read_word(n, "`unless`", "strong", unless_strong); }}},
                     {"for"}));
    out.hold_without_strong = length;
    if (!unless_strong) out.hold_with_strong = length;
    return {};
  }

  Result<void> read_review(const Node& node, Review& out) const {
    if (node.kind == Node::Kind::scalar) {
      SP_TRY(out.within, read_duration(node, "`review`"));
      return {};
    }
    return members(node, "`review`",
                   {{"within",
                     [&](const Node& n) -> Result<void> {
                       SP_TRY(out.within, read_duration(n, "`within`"));
                       return {};
                     }},
                    {"batch", [&](const Node& n) { return read_bool(n, "`batch`", out.batch); }}},
                   {"within"});
  }

  // -- classes, actions, limits ---------------------------------------------------------------
  Result<TierName> known_tier(const Node& node) const {
    SP_TRY(auto name, read_id<TierName>(node, "a tier"));
    if (policy_.tiers_.contains(name)) return name;
    std::vector<std::string_view> names;
    for (const auto& [known, unused] : policy_.tiers_) names.push_back(known.text());
    return wrong(node, concat("`", name.text(), "` is not a tier of this policy"),
                 concat("the tiers are ", list_of(names)));
  }

  Result<void> read_classes(const Node& node) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return wrong(node, "`classes` must be a list, the most protected first", "end it with `- {name: workforce}`");
    std::set<ClassName> seen;
    for (const auto& item : node.items) {
      AccountClass c;
      SP_CHECK(members(item, "a class",
                       {{"name",
                         [&](const Node& n) -> Result<void> {
                           SP_TRY(c.name, read_id<ClassName>(n, "`name`"));
                           return {};
                         }},
                        {"when",
                         [&](const Node& n) -> Result<void> {
                           SP_TRY(c.when, read_condition(n));
                           return {};
                         }},
                        {"floor",
                         [&](const Node& n) -> Result<void> {
                           SP_TRY(c.floor, known_tier(n));
                           return {};
                         }}},
                       {"name"}));
      if (!seen.insert(c.name).second)
        return wrong(item, concat("the class `", c.name.text(), "` stands here twice"), "give each class its own name");
      if (!policy_.classes_.empty() && !policy_.classes_.back().when)
        return wrong(item, "no account reaches this class: the one above takes every account", "move it up");
      policy_.classes_.push_back(std::move(c));
    }
    if (policy_.classes_.back().when)
      return wrong(node.items.back(), "the last class has a condition, so some accounts have no class",
                   "end the list with a class without `when`");
    return {};
  }

  Result<Condition> read_condition(const Node& node) const {
    SP_TRY(const auto text, scalar(node, "`when`"));
    auto condition = Condition::parse(text);
    if (condition) return condition;
    return wrong(node, concat("in the condition, ", condition.error().what), condition.error().next_step);
  }

  Result<void> read_actions(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return wrong(node, "`actions` must give at least one action its floor", "write `unlock: light`");
    for (const auto& [key, value] : node.members) {
      const auto action = action_from_text(key.text);
      if (!action) {
        std::vector<std::string_view> names;
        for (const auto a : all_actions) names.push_back(to_string(a));
        return wrong(key, concat("`", key.text, "` is not an action"), concat("the actions are ", list_of(names)));
      }
      SP_TRY(policy_.actions_[*action], known_tier(value));
    }
    return {};
  }

  Result<void> read_limits(const Node& node) {
    auto& l = policy_.limits_;
    const auto span = [&](std::string_view what, Duration& out) {
      return [this, what, &out](const Node& n) -> Result<void> {
        SP_TRY(out, read_duration(n, what));
        if (out < minutes(1) || out > days(30)) return wrong(n, concat(what, " must be from 1m to 30d"), "such as 1h");
        return {};
      };
    };
    return members(
        node, "`limits`",
        {{"cases_per_account_24h",
          [&](const Node& n) { return read_count(n, "`cases_per_account_24h`", 1, 1000, l.cases_per_account_24h); }},
         {"tries_per_signal",
          [&](const Node& n) { return read_count(n, "`tries_per_signal`", 1, 10, l.tries_per_signal); }},
         {"case_lifetime", span("`case_lifetime`", l.case_lifetime)},
         {"verified_for", span("`verified_for`", l.verified_for)}},
        {});
  }

  std::string source_;
  Policy policy_;
};

Result<Policy> Policy::compile(std::string_view text, std::string_view source) {
  return PolicyLoader(text, source).load();
}

}  // namespace sallyport
