// From YAML to a checked policy. Every member of every mapping is known or refused, every reference
// resolved, every number in range: a policy with a slip of the pen does not load, and all its slips are
// told at once.
#include <algorithm>
#include <array>
#include <set>

#include "base/assert.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/policy/attester.h"
#include "core/policy/fields.h"
#include "core/policy/independent.h"
#include "core/policy/policy.h"
#include "core/policy/signals.h"
#include "core/policy/yaml.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

using Node = YamlNode;
using Names = std::vector<std::string_view>;

// Static knowledge never counts (R8): whoever bought the data knows the answers as well.
constexpr std::array<std::string_view, 9> knowledge_names{"knowledge",          "kba",         "security_question",
                                                          "security_questions", "birthday",    "date_of_birth",
                                                          "employee_number",    "national_id", "mothers_maiden_name"};
constexpr std::uint32_t count_max = 8;      // more signals or approvers than this nobody can gather
constexpr std::uint32_t list_cases_most = 200;  // under one signature: core/cases/list.h
constexpr std::size_t notice_ways_max = 16;
constexpr std::uint32_t points_max = 1000;  // of one reason; with so many reasons the sum fits 32 bits
constexpr std::size_t reasons_max = 1000;

bool one_of(std::string_view name, const auto& names) { return std::ranges::find(names, name) != names.end(); }

std::size_t last_line_of(const Node& node) {
  auto out = node.line;
  for (const auto& item : node.items) out = std::max(out, last_line_of(item));
  for (const auto& member : node.members) out = std::max(out, last_line_of(member.value));
  return out;
}

// The largest number of signals of `from` no two of which rest on a common thing.
int most_independent(const std::vector<SignalRule>& signals, SignalSet from) {
  std::array<SignalSet, signals_max> shares{};
  std::ranges::transform(signals, shares.begin(), &SignalRule::shares);
  int most = 0;
  each_full_set(shares, 0, from, [&](SignalSet set) { most = std::max(most, size_of(set)); });
  return most;
}

}  // namespace

class PolicyLoader {
 public:
  PolicyLoader(std::string_view text, PolicyReading reading) : in_(reading) { policy_.text_ = std::string(text); }

  Policy::Checked load() {
    const Node top;
    if (policy_.text_.size() > policy_text_bytes_max) {
      in_.wrong(top, concat("the policy is larger than ", policy_text_bytes_max / 1024, " KiB"),
                "shorten its comments");
      return {std::nullopt, in_.take_problems()};
    }
    policy_.digest_ = sha256(view_of(policy_.text_));
    const auto root = read_yaml(policy_.text_);
    if (!root) {
      const auto& p = root.error();
      return {std::nullopt, {{p.line, p.column, p.what, p.next_step, false}}};
    }
    in_.members(*root, "the policy",
                {{"policy", [&](const Node& n) { policy_.name_ = in_.scalar(n, "`policy`").value_or(""); }},
                 {"language", [&](const Node& n) { (void)in_.count(n, "`language`", 1, 1); }},
                 {"signals", [&](const Node& n) { read_signals(n); }},
                 {"notices", [&](const Node& n) { read_notices(n); }},
                 {"tiers", [&](const Node& n) { read_tiers(n); }},
                 {"classes", [&](const Node& n) { read_classes(n); }},
                 {"actions", [&](const Node& n) { read_actions(n); }},
                 {"risk", [&](const Node& n) { read_risk(n); }},
                 {"rules", [&](const Node& n) { read_rules(n); }},
                 {"front_door", [&](const Node& n) { read_front_door(n); }},
                 {"limits", [&](const Node& n) { read_limits(n); }},
                 {"guarantees", [&](const Node& n) { read_guarantees(n); }},
                 {"acceptances", [&](const Node& n) { read_acceptances(n); }}},
                {"policy", "language", "signals", "tiers", "classes", "actions"});
    check_holds(*root);
    if (!in_.failed()) check_guarantees();
    if (in_.failed()) return {std::nullopt, in_.take_problems()};
    policy_.compile_parts();
    return {std::move(policy_), in_.take_problems()};
  }

 private:
  PolicyFields::Reader into(std::string_view what, std::optional<Duration>& out) {
    return [this, what, &out](const Node& n) { out = in_.duration(n, what); };
  }

  // -- signals --------------------------------------------------------------------------------
  void read_signals(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return in_.wrong(node, "`signals` must name at least one signal",
                       "write `totp: {rests_on: [handset], fresh: 5m}`");
    for (const auto& [key, value] : node.members) {
      if (one_of(key.text, knowledge_names))
        in_.wrong(key, concat("`", key.text, "` is static knowledge, and that is no signal"),
                  "remove it: what a person knows can be looked up, bought or talked out of them");
      else if (!one_of(key.text, signal_names))
        in_.unknown(key, concat("`", key.text, "` is not a signal"), signal_names, "the signals are");
      else read_signal(key, value);
    }
    signals_read_ = !in_.failed();
    for (auto& a : policy_.signals_)
      for (std::size_t i = 0; i < policy_.signals_.size(); ++i)
        if (std::ranges::any_of(a.rests_on, [&](const auto& thing) {
              return std::ranges::binary_search(policy_.signals_[i].rests_on, thing);
            }))
          a.shares |= SignalSet{1} << i;
  }

  void read_signal(const Node& key, const Node& node) {
    SignalRule rule;
    rule.name = *SignalName::parse(key.text);
    rule.line = key.line;
    in_.members(node, "a signal",
                {{"rests_on", [&](const Node& n) { read_rests_on(n, rule.rests_on); }},
                 {"fresh", into("`fresh`", rule.fresh)},
                 {"enrolled_for", into("`enrolled_for`", rule.enrolled_for)},
                 {"unchanged_for", into("`unchanged_for`", rule.unchanged_for)},
                 {"valid_for", into("`valid_for`", rule.valid_for)},
                 {"strength", [&](const Node& n) { rule.strong = in_.word(n, "`strength`", "strong"); }},
                 {"kind", [&](const Node& n) { rule.issued = in_.word(n, "`kind`", "issued"); }}},
                {"rests_on"});
    policy_.signal_keys_.emplace_back(rule.name.text());
    policy_.signals_.push_back(std::move(rule));
  }

  void read_rests_on(const Node& node, std::vector<std::string>& out) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, "`rests_on` must list what the signal rests on", "write `rests_on: [handset]`");
    for (const auto& item : node.items) {
      auto thing = in_.scalar(item, "what a signal rests on");
      if (!thing) continue;
      if (one_of(*thing, knowledge_names))
        in_.wrong(item, "a signal that rests on static knowledge is no signal", "remove the signal");
      else if (!is_id_text(*thing)) in_.wrong(item, concat("`", *thing, "` is not a name"), "use a-z, 0-9, - _ .");
      else out.push_back(*std::move(thing));
    }
    std::ranges::sort(out);
    if (std::ranges::adjacent_find(out) != out.end()) in_.wrong(node, "`rests_on` names a thing twice", "name it once");
    if (std::ranges::count_if(out, [](const auto& thing) { return attester_of(thing).has_value(); }) > 1)
      in_.wrong(node, "`rests_on` names two people, and a signal is given on the word of one",
                "make it two signals, each resting on one of them");
  }

  // -- notices --------------------------------------------------------------------------------
  void read_notices(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return in_.wrong(node, "`notices` must name at least one way to tell the holder",
                       "write `mail: {rests_on: [mailbox]}`");
    if (node.members.size() > notice_ways_max)
      return in_.wrong(node, concat("more than ", notice_ways_max, " ways to tell the holder"), "keep those in use");
    for (const auto& [key, value] : node.members) {
      NoticeRule rule;
      rule.line = key.line;
      auto name = in_.id<NoticeName>(key, "a notice's name");
      in_.members(value, "a notice",
                  {{"rests_on", [&](const Node& n) { read_rests_on(n, rule.rests_on); }},
                   {"unchanged_for", into("`unchanged_for`", rule.unchanged_for)}},
                  {"rests_on"});
      if (!name) continue;
      for (std::size_t i = 0; i < policy_.signals_.size(); ++i)
        if (std::ranges::any_of(rule.rests_on, [&](const auto& thing) {
              return std::ranges::binary_search(policy_.signals_[i].rests_on, thing);
            }))
          rule.shares |= SignalSet{1} << i;
      if (signals_read_ && !rule.rests_on.empty() && std::cmp_equal(size_of(rule.shares), policy_.signals_.size()))
        in_.warn(key,
                 concat("the notice `", name->text(),
                        "` is an alarm beside no signal: each of them rests on something that it rests on"),
                 "let it go by a way on which no proof rests, or leave it out");
      rule.name = *std::move(name);
      policy_.notices_.push_back(std::move(rule));
    }
  }

  // Names of the policy's signals, sorted and distinct.
  void read_signal_list(const Node& node, std::string_view what, std::vector<SignalName>& out) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, concat(what, " must be a list of signals"), "write [totp, mail_code]");
    for (const auto& item : node.items) {
      auto name = in_.id<SignalName>(item, "a signal");
      if (!name) continue;
      if (policy_.signal(*name) == nullptr) {
        Names known;
        for (const auto& s : policy_.signals_) known.push_back(s.name.text());
        in_.unknown(item, concat("`", name->text(), "` is not among this policy's signals"), known, "it has");
        continue;
      }
      out.push_back(*std::move(name));
    }
    in_.each_once(node, what);
    std::ranges::sort(out);
    const auto twins = std::ranges::unique(out);
    out.erase(twins.begin(), twins.end());
  }

  // -- requirements: of tiers, and of rules -----------------------------------------------------
  std::vector<PolicyFields::Member> requirement_members(Requirement& out) {
    return {{"signals", [&](const Node& n) { out.signals = in_.count(n, "`signals`", 0, count_max).value_or(1); }},
            {"strong", [&](const Node& n) { out.strong = in_.count(n, "`strong`", 0, count_max).value_or(0); }},
            {"include", [&](const Node& n) { read_signal_list(n, "`include`", out.include); }},
            {"allow", [&](const Node& n) { read_signal_list(n, "`allow`", out.allow.emplace()); }},
            {"approvers", [&](const Node& n) { read_approvers(n, out.approvers); }},
            {"hold", [&](const Node& n) { read_hold(n, out); }},
            {"review", [&](const Node& n) { read_review(n, out.review.emplace()); }},
            {"lasts",
             [&](const Node& n) {
               out.lasts = in_.some_time(n, "`lasts`", "say for how long, such as 4h, or leave it out: it then stays");
             }},
            {"alarm", [&](const Node& n) { read_alarm(n, out); }},
            {"lists", [&](const Node& n) { out.lists = in_.count(n, "`lists`", 1, list_cases_most); }}};
  }

  void read_alarm(const Node& node, Requirement& out) {
    if (!in_.word(node, "`alarm`", "independent")) return;
    out.alarm = true;
    if (policy_.notices_.empty())
      in_.wrong(node, "an alarm is asked for, and the policy has no way to raise one",
                "name ways to tell the holder under `notices`");
  }

  // What is written as a wait and never is one.
  void look_at_hold(const Node& at, const Requirement& r) {
    const auto* hold = at.find("hold");
    if (hold == nullptr || !signals_read_) return;
    if (r.hold_without_strong == Duration{})
      return in_.warn(*hold, "this hold is no time at all, so nobody waits",
                      "say how long the holder has to object, such as 30m, or leave it out");
    if (r.hold_with_strong == Duration{} && always_strong(r))
      in_.warn(*hold, "this hold never runs: a strong signal spares it, and nothing less than one is enough here",
               "leave out `unless: strong`, or the hold");
  }

  // Is one strong signal at the least among whatever meets it?
  [[nodiscard]] bool always_strong(const Requirement& r) const {
    const auto strong = [&](const SignalName& name) {
      const auto* signal = policy_.signal(name);
      return signal != nullptr && signal->strong;
    };
    if (r.strong > 0 || std::ranges::any_of(r.include, strong)) return true;
    if (r.signals == 0) return false;
    return r.allow ? std::ranges::all_of(*r.allow, strong) : std::ranges::all_of(policy_.signals_, &SignalRule::strong);
  }

  // What nobody could ever give is a mistake, not a strict policy.
  void check_signals(const Node& at, const Requirement& r) {
    if (!signals_read_) return;
    const auto needs = policy_.needs_of(r);
    const auto usable = needs.allow & ((SignalSet{1} << policy_.signals_.size()) - 1);
    SignalSet strong = 0;
    for (std::size_t i = 0; i < policy_.signals_.size(); ++i)
      if (policy_.signals_[i].strong) strong |= SignalSet{1} << i;
    if ((needs.include & ~needs.allow) != 0)
      return in_.wrong(at, "`include` names a signal that `allow` does not", "add it to `allow`");
    for (std::size_t i = 0; i < policy_.signals_.size(); ++i)
      if (((needs.include >> i) & 1U) != 0 && size_of(needs.include & policy_.signals_[i].shares) > 1)
        return in_.wrong(at, "`include` names two signals that rest on the same thing, so both never count",
                         "name one of them");
    const auto most = most_independent(policy_.signals_, usable);
    if (std::cmp_greater(r.signals, most))
      return in_.wrong(at, concat(r.signals, " independent signals are asked for, and only ", most, " can be given"),
                       "ask for fewer, or add a signal that rests on something else");
    const auto most_strong = most_independent(policy_.signals_, usable & strong);
    if (std::cmp_greater(r.strong, most_strong))
      in_.wrong(at, concat(r.strong, " strong signals are asked for, and only ", most_strong, " can be given"),
                "ask for fewer, or mark a signal `strength: strong`");
  }

  void read_tiers(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return in_.wrong(node, "`tiers` must name at least one tier", "write `standard: {signals: 2}`");
    for (const auto& [key, value] : node.members) {
      auto name = in_.id<TierName>(key, "a tier's name");
      Requirement out;
      const auto before = in_.mistakes();
      const bool complete =
          in_.members(value, "a tier", requirement_members(out), {"signals"}) && in_.mistakes() == before;
      if (complete && out.strong > out.signals)
        in_.wrong(value, "`strong` is larger than `signals`", "every strong signal is a signal: raise `signals`");
      else if (complete) check_signals(value, out);
      if (complete) check_seats(value, out);
      if (complete) look_at_hold(value, out);
      if (!out.lists) out.lists = 1;  // a tier that does not speak of lists takes none
      if (name) policy_.tiers_.emplace(*std::move(name), Tier{std::move(out), {}, key.line, last_line_of(value)});
    }
  }

  void read_approvers(const Node& node, std::vector<ApproverConstraint>& out) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`approvers` must be a list", "write [{at_least: 1, role: desk_lead}]");
    for (const auto& item : node.items) {
      ApproverConstraint c;
      const bool complete = in_.members(
          item, "an approver constraint",
          {{"at_least", [&](const Node& n) { c.at_least = in_.count(n, "`at_least`", 1, count_max).value_or(1); }},
           {"role", [&](const Node& n) { c.role = in_.id<RoleName>(n, "`role`"); }},
           {"outside", [&](const Node& n) { c.outside = in_.id<TeamId>(n, "`outside`"); }},
           {"from",
            [&](const Node& n) {
              c.from = in_.id<OrganizationId>(n, "`from`");
              if (c.from && c.from->text().starts_with("account.") && c.from->text() != "account.organization")
                in_.wrong(n, concat("`", c.from->text(), "` is no organization"),
                          "write `account.organization` for the account's own, or an organization's name");
            }}},
          {"at_least"});
      if (!complete) continue;
      if (item.find("role") == nullptr && item.find("outside") == nullptr && item.find("from") == nullptr) {
        in_.wrong(item, "an approver constraint says nothing of who may approve", "add `role`, `outside` or `from`");
        continue;
      }
      Requirement one;
      one.approvers = std::move(out);
      Requirement more;
      more.approvers.push_back(std::move(c));
      out = join(one, more).approvers;
    }
    if (out.size() > seat_kinds_max)
      in_.wrong(node, concat("more than ", seat_kinds_max, " kinds of approvers"),
                "nobody gathers so many: ask for fewer");
  }

  void read_hold(const Node& node, Requirement& out) {
    std::optional<Duration> length;
    bool unless_strong = false;
    in_.members(node, "`hold`",
                {{"for", into("`for`", length)},
                 {"unless", [&](const Node& n) { unless_strong = in_.word(n, "`unless`", "strong"); }}},
                {"for"});
    out.hold_without_strong = length.value_or(Duration{});
    if (!unless_strong) out.hold_with_strong = out.hold_without_strong;
  }

  void read_review(const Node& node, Review& out) {
    const std::string instead = "say within what time, such as 72h, or leave it out: then nobody reviews it";
    if (node.kind == Node::Kind::scalar) {
      out.within = in_.some_time(node, "`review`", instead).value_or(Duration{});
      return;
    }
    std::optional<Duration> within;
    in_.members(node, "`review`",
                {{"within", [&](const Node& n) { within = in_.some_time(n, "`within`", instead); }},
                 {"batch", [&](const Node& n) { out.batch = in_.boolean(n, "`batch`").value_or(false); }}},
                {"within"});
    out.within = within.value_or(Duration{});
  }

  // No case takes more approvals, so one that needs more can never act.
  void check_seats(const Node& at, const Requirement& r) {
    std::uint32_t seats = 0;
    for (const auto& c : r.approvers) seats += c.at_least;
    if (seats > approvals_per_case_max)
      in_.wrong(at, concat(seats, " approvers are asked for, and a case takes ", approvals_per_case_max, " approvals"),
                "ask for fewer");
  }

  // A hold begins when door one shuts, so a case that lives no longer than its hold can never act.
  void check_holds(const Node& root) {
    const auto check = [&](const Node& at, std::string_view name, const Requirement& r) {
      if (r.hold_without_strong < policy_.limits_.case_lifetime) return;
      in_.wrong(at,
                concat("the hold of `", name, "` is ", to_string(r.hold_without_strong), ", and a case lives ",
                       to_string(policy_.limits_.case_lifetime)),
                "shorten the hold, or raise `case_lifetime` under `limits`");
    };
    if (const auto* tiers = root.find("tiers"))
      for (const auto& [key, node] : tiers->members)
        if (const auto name = TierName::parse(key.text))
          if (const auto found = policy_.tiers_.find(*name); found != policy_.tiers_.end())
            check(key, key.text, found->second.requirement);
    for (const auto& rule : policy_.rules_) {
      Node at;
      at.line = rule.line;
      at.column = rule_columns_[static_cast<std::size_t>(&rule - policy_.rules_.data())];
      if (!rule.raise ||
          policy_.tiers_.at(*rule.raise).requirement.hold_without_strong < rule.raises.hold_without_strong)
        check(at, rule.id.text(), rule.raises);
    }
  }

  // -- classes, actions -------------------------------------------------------------------------
  std::optional<TierName> known_tier(const Node& node) {
    auto name = in_.id<TierName>(node, "a tier");
    if (!name || policy_.tiers_.contains(*name)) return name;
    Names names;
    for (const auto& [known, unused] : policy_.tiers_) names.push_back(known.text());
    in_.unknown(node, concat("`", name->text(), "` is not a tier of this policy"), names, "the tiers are");
    return std::nullopt;
  }

  std::optional<Condition> condition(const Node& node, ConditionPlace place) {
    const auto text = in_.scalar(node, "`when`");
    if (!text) return std::nullopt;
    auto out = Condition::parse(*text, {policy_.symbols_, place, &levels_});
    if (out) {
      for (const auto& t : out->tests())
        if (t.kind == Condition::Test::Kind::text_is && t.left == Attribute::action)
          check_action(node, policy_.symbols_.text(t.symbol));
      return *std::move(out);
    }
    in_.wrong(node, concat("in the condition, ", out.error().what), out.error().next_step);
    return std::nullopt;
  }

  // A condition that asks for what is no action never holds, and nobody would notice.
  void check_action(const Node& node, std::string_view text) {
    if (action_from_text(text)) return;
    Names names;
    for (const auto a : all_actions) names.push_back(to_string(a));
    in_.unknown(node, concat("in the condition, `", text, "` is not an action"), names, "the actions are");
  }

  void read_classes(const Node& node) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, "`classes` must be a list, the most protected first", "end it with `- {name: workforce}`");
    bool all_taken = false;
    bool told = false;
    for (const auto& item : node.items) {
      AccountClass c;
      c.line = item.line;
      c.last_line = last_line_of(item);
      std::optional<ClassName> name;
      in_.members(item, "a class",
                  {{"name", [&](const Node& n) { name = in_.id<ClassName>(n, "`name`"); }},
                   {"when", [&](const Node& n) { c.when = condition(n, ConditionPlace::account_class); }},
                   {"floor", [&](const Node& n) { c.floor = known_tier(n); }}},
                  {"name"});
      if (item.kind != Node::Kind::mapping) continue;
      if (name && std::ranges::find(policy_.classes_, *name, &AccountClass::name) != policy_.classes_.end())
        in_.wrong(item, concat("the class `", name->text(), "` stands here twice"), "give each class its own name");
      if (all_taken && !told)
        in_.wrong(item, "no account reaches this class: the one above takes every account", "move it up");
      told = all_taken;
      all_taken = all_taken || item.find("when") == nullptr;
      if (name) c.name = *std::move(name);
      policy_.classes_.push_back(std::move(c));
    }
    if (!all_taken)
      in_.wrong(node.items.back(), "the last class has a condition, so some accounts have no class",
                "end the list with a class without `when`");
  }

  void read_actions(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return in_.wrong(node, "`actions` must give at least one action its floor", "write `unlock: light`");
    for (const auto& [key, value] : node.members) {
      const auto action = action_from_text(key.text);
      const auto tier = known_tier(value);
      if (!action) {
        Names names;
        for (const auto a : all_actions) names.push_back(to_string(a));
        in_.unknown(key, concat("`", key.text, "` is not an action"), names, "the actions are");
      } else if (tier) {
        if (policy_.tiers_.at(*tier).requirement.signals == 0 && !only_takes_away(*action))
          in_.wrong(value, concat("`", tier->text(), "` asks for no signal, so anybody's word would do for ", key.text),
                    "give the action a tier with signals; only `suspend`, which takes access away, may go without");
        policy_.actions_[*action] = *tier;
        policy_.action_lines_[static_cast<std::size_t>(*action)] = key.line;
      }
    }
  }

  // -- risk and rules ---------------------------------------------------------------------------
  void read_risk(const Node& node) {
    in_.members(
        node, "`risk`",
        {{"points", [&](const Node& n) { read_points(n); }}, {"levels", [&](const Node& n) { read_levels(n); }}},
        {"points"});
  }

  void read_points(const Node& node) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`points` must be a list", "write [{add: 40, when: \"...\", because: \"...\"}]");
    if (node.items.size() > reasons_max)
      return in_.wrong(node, concat("more than ", reasons_max, " reasons for points"), "join some of them");
    for (const auto& item : node.items) {
      RiskPoint p;
      p.line = item.line;
      std::optional<Condition> when;
      const bool complete =
          in_.members(item, "a reason for points",
                      {{"add", [&](const Node& n) { p.add = in_.count(n, "`add`", 1, points_max).value_or(1); }},
                       {"when", [&](const Node& n) { when = condition(n, ConditionPlace::risk); }},
                       {"because", [&](const Node& n) { p.because = read_reason(n, "`because`"); }}},
                      {"add", "when", "because"});
      if (!complete || !when) continue;
      p.when = *std::move(when);
      policy_.risk_points_.push_back(std::move(p));
    }
  }

  // {attribute} stands for its value.
  std::string read_reason(const Node& node, std::string_view what) {
    auto text = in_.scalar(node, what);
    if (!text) return {};
    for (std::size_t open = text->find('{'); open != std::string::npos; open = text->find('{', open + 1)) {
      const auto close = text->find('}', open);
      const auto name = std::string_view(*text).substr(open + 1, close == std::string::npos ? 0 : close - open - 1);
      if (close != std::string::npos && attribute_named(name)) continue;
      Names names;
      for (const auto& info : all_attributes) names.push_back(info.name);
      in_.wrong(node, concat("`{", name, "}` is not an attribute in braces"),
                concat("the attributes are ", comma_list(names)));
    }
    return *std::move(text);
  }

  void read_levels(const Node& node) {
    if (node.kind != Node::Kind::mapping || node.members.empty())
      return in_.wrong(node, "`levels` must name at least one level", "write {elevated: 30, high: 60}");
    for (const auto& [key, value] : node.members) {
      const auto points = in_.count(value, "a level", 1, points_max * reasons_max);
      const bool good = is_id_text(key.text) && key.text.find_first_of(".-") == std::string::npos &&
                        key.text.find_first_of("0123456789") != 0 && key.text != "points";
      if (!good)
        in_.wrong(key, concat("a level cannot be called `", key.text, "`"), "use a-z, 0-9 and _, such as high");
      if (!points || !good) continue;
      if (std::ranges::find(policy_.risk_levels_, *points, &RiskLevel::at_least) != policy_.risk_levels_.end()) {
        in_.wrong(value, "two levels begin at the same number of points", "give each its own");
        continue;
      }
      policy_.risk_levels_.push_back({key.text, *points});
      levels_.emplace(key.text, *points);
    }
    std::ranges::sort(policy_.risk_levels_, {}, &RiskLevel::at_least);
  }

  void read_rules(const Node& node) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`rules` must be a list",
                       "write [{id: leaver, when: \"!account.active\", deny: \"...\"}]");
    std::set<RuleId> ids;
    for (const auto& item : node.items) {
      PolicyRule rule;
      rule.line = item.line;
      rule.last_line = last_line_of(item);
      Requirement own;
      std::optional<Condition> when;
      std::optional<RuleId> id;
      auto known = requirement_members(own);
      const std::array<PolicyFields::Member, 4> more{
          {{"id", [&](const Node& n) { id = in_.id<RuleId>(n, "`id`"); }},
           {"when", [&](const Node& n) { when = condition(n, ConditionPlace::rule); }},
           {"raise", [&](const Node& n) { rule.raise = known_tier(n); }},
           {"deny", [&](const Node& n) { rule.deny = read_reason(n, "`deny`"); }}}};
      known.insert(known.begin(), more.begin(), more.end());
      const auto before = in_.mistakes();
      const bool complete = in_.members(item, "a rule", known, {"id", "when"}) && in_.mistakes() == before;
      if (item.kind != Node::Kind::mapping) continue;
      if (id && !ids.insert(*id).second)
        in_.wrong(item, concat("the rule `", id->text(), "` stands here twice"), "give each rule its own id");
      const bool denies = item.find("deny") != nullptr;
      const auto raising = std::ranges::count_if(item.members, [](const auto& m) {
        return m.key.text != "id" && m.key.text != "when" && m.key.text != "deny";
      });
      if (denies && raising != 0) in_.wrong(item, "a rule refuses or raises, not both", "make two rules of it");
      if (!denies && raising == 0)
        in_.wrong(item, "this rule does nothing", "add `deny: \"why\"`, `raise: TIER`, or what it asks for");
      if (!complete || !id || !when) continue;
      if (own.signals != 0 || own.strong != 0 || !own.include.empty() || own.allow) check_signals(item, own);
      look_at_hold(item, own);
      rule.id = *std::move(id);
      rule.when = *std::move(when);
      rule.raises = rule.raise ? join(own, policy_.tiers_.at(*rule.raise).requirement) : join(own, Requirement{});
      check_seats(item, rule.raises);
      policy_.rules_.push_back(std::move(rule));
      rule_columns_.push_back(item.column);
    }
  }

  // -- front doors, limits, guarantees ----------------------------------------------------------
  std::optional<ClassName> known_class(const Node& node) {
    auto name = in_.id<ClassName>(node, "a class");
    if (!name || std::ranges::find(policy_.classes_, *name, &AccountClass::name) != policy_.classes_.end()) return name;
    Names names;
    for (const auto& c : policy_.classes_) names.push_back(c.name.text());
    in_.unknown(node, concat("`", name->text(), "` is not a class of this policy"), names, "the classes are");
    return std::nullopt;
  }

  void read_front_door(const Node& node) {
    if (node.kind != Node::Kind::mapping)
      return in_.wrong(node, "`front_door` must be a mapping", "write `workforce: [[password, totp], [passkey]]`");
    for (const auto& [key, value] : node.members) {
      FrontDoor door;
      door.line = key.line;
      const auto name = known_class(key);
      if (value.kind != Node::Kind::sequence || value.items.empty()) {
        in_.wrong(value, "a front door must list at least one way to sign in", "write [[password, totp], [passkey]]");
        continue;
      }
      std::set<std::vector<std::string>> seen;
      for (const auto& way : value.items) {
        if (way.kind != Node::Kind::sequence || way.items.empty()) {
          in_.wrong(way, "a way to sign in must list the authenticators needed together", "write [password, totp]");
          continue;
        }
        std::vector<std::string> names;
        for (const auto& item : way.items) {
          auto text = in_.scalar(item, "an authenticator");
          if (!text) continue;
          if (!one_of(*text, authenticator_names()))
            in_.unknown(item, concat("`", *text, "` is not an authenticator"), authenticator_names(), "they are");
          names.push_back(*std::move(text));
        }
        std::ranges::sort(names);
        if (std::ranges::adjacent_find(names) != names.end())
          in_.wrong(way, "a way to sign in names an authenticator twice", "name it once");
        if (!seen.insert(names).second)
          in_.slip(way, "a front door names a way to sign in twice", "name it once; was another meant?");
        door.ways.push_back(std::move(names));
      }
      if (!name) continue;
      door.account_class = *name;
      policy_.front_doors_.push_back(std::move(door));
    }
  }

  void read_limits(const Node& node) {
    auto& l = policy_.limits_;
    const auto span = [&](std::string_view what, Duration& out) {
      return [this, what, &out](const Node& n) {
        const auto read = in_.duration(n, what);
        if (read && (*read < minutes(1) || *read > days(30)))
          in_.wrong(n, concat(what, " is ", to_string(*read), ", out of range: it must be from 1m to 30d"),
                    "such as 1h");
        else if (read) out = *read;
      };
    };
    in_.members(
        node, "`limits`",
        {{"cases_per_account_24h",
          [&](const Node& n) {
            l.cases_per_account_24h =
                in_.count(n, "`cases_per_account_24h`", 1, 1000).value_or(l.cases_per_account_24h);
          }},
         {"tries_per_signal",
          [&](const Node& n) {
            l.tries_per_signal = in_.count(n, "`tries_per_signal`", 1, 10).value_or(l.tries_per_signal);
          }},
         {"approvals_per_approver_1h",
          [&](const Node& n) { l.approvals_per_approver_1h = in_.count(n, "`approvals_per_approver_1h`", 1, 1000); }},
         {"cooldown_after_own_recovery", into("`cooldown_after_own_recovery`", l.cooldown_after_own_recovery)},
         {"case_lifetime", span("`case_lifetime`", l.case_lifetime)},
         {"verified_for", span("`verified_for`", l.verified_for)}},
        {});
  }

  void read_guarantees(const Node& node) {
    auto& g = policy_.guarantees_;
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`guarantees` must be a list", "write `- recovery_not_weaker_than_sign_in: all`");
    for (const auto& item : node.items) {
      const auto once = [&](std::string_view name, auto read) {
        return [this, &g, name, read](const Node& n) {
          if (!g.lines.emplace(name, n.line).second)
            in_.wrong(n, concat("`", name, "` is guaranteed twice"), "join the two");
          read(n);
        };
      };
      in_.members(
          item, "a guarantee",
          {{"recovery_not_weaker_than_sign_in",
            once("recovery_not_weaker_than_sign_in", [&](const Node& n) { read_dominance(n); })},
           {"people_needed", once("people_needed", [&](const Node& n) { read_people_needed(n, g.people_needed); })},
           {"people_needed_with_governance",
            once("people_needed_with_governance",
                 [&](const Node& n) { read_people_needed(n, g.people_needed_with_governance); })},
           {"never_alone", once("never_alone", [&](const Node& n) { read_names(n, "`never_alone`", g.never_alone); })},
           {"no_lockout", once("no_lockout", [&](const Node& n) { read_no_lockout(n); })}},
          {});
      if (item.kind == Node::Kind::mapping && item.members.size() != 1)
        in_.wrong(item, "a guarantee is one line", "write `- never_alone: [help_desk]`");
    }
  }

  void read_dominance(const Node& node) {
    auto& g = policy_.guarantees_;
    if (node.kind == Node::Kind::scalar) {
      if (node.text == "all") g.dominance_for_all = true;
      else
        in_.wrong(node, concat("`", node.text, "` is not known here"), "write all, or a list of classes: [workforce]");
      return;
    }
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "this must be all, or a list of classes", "write all, or [workforce]");
    for (const auto& item : node.items)
      if (auto name = known_class(item)) g.dominance.push_back(*std::move(name));
    in_.each_once(node, "`recovery_not_weaker_than_sign_in`");
  }

  void read_people_needed(const Node& node, std::map<ClassName, std::uint32_t>& out) {
    if (node.kind != Node::Kind::mapping)
      return in_.wrong(node, "this must be a mapping from classes to numbers of people",
                       "write {tier0: 3, privileged: 2}");
    for (const auto& [key, value] : node.members) {
      const auto name = known_class(key);
      const auto people = in_.count(value, "the number of people", 1, count_max);
      if (name && people) out[*name] = *people;
    }
  }

  void read_names(const Node& node, std::string_view what, std::vector<std::string>& out) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, concat(what, " must be a list of names"), "write [help_desk, third_party]");
    for (const auto& item : node.items) {
      auto text = in_.scalar(item, "a name");
      if (!text) continue;
      if (!is_id_text(*text)) in_.wrong(item, concat("`", *text, "` is not a name"), "use a-z, 0-9, - _ .");
      else out.push_back(*std::move(text));
    }
    in_.each_once(node, what);
  }

  void read_no_lockout(const Node& node) {
    auto& g = policy_.guarantees_;
    const auto things = [&](const Node& n) {
      read_names(n, "`after_losing`", g.after_losing);
      std::set<std::string_view> known;
      for (const auto& s : policy_.signals_) known.insert(s.rests_on.begin(), s.rests_on.end());
      const Names names(known.begin(), known.end());
      for (const auto& item : n.items)
        if (is_id_text(item.text) && !known.contains(item.text))
          in_.unknown(item, concat("no signal rests on `", item.text, "`"), names, "they rest on");
    };
    in_.members(node, "`no_lockout`", {{"after_losing", things}}, {"after_losing"});
  }

  // -- acceptances --------------------------------------------------------------------------------
  void read_acceptances(const Node& node) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, "`acceptances` must be a list, not empty",
                       "write `- {class: contractor, way: [number, desk_lead], until: 2027-06-30, because: ...}`");
    for (const auto& item : node.items) {
      Acceptance accepted;
      accepted.line = item.line;
      accepted.last_line = last_line_of(item);
      // Of a way, or of the pessimistic reading: `way`, or what makes up for people who are talked over.
      const bool of_reading = item.find("reading") != nullptr || item.find("compensated_by") != nullptr;
      std::vector<PolicyFields::Member> members = {
          {"class", [&](const Node& n) { accepted.account_class = known_class(n).value_or(ClassName()); }},
          {"until", [&](const Node& n) { read_until(n, accepted); }},
          {"because", [&](const Node& n) { accepted.because = in_.scalar(n, "`because`").value_or(""); }}};
      if (of_reading) {
        members.push_back({"reading", [&](const Node& n) { (void)in_.word(n, "`reading`", "pessimistic"); }});
        members.push_back({"compensated_by", [&](const Node& n) { read_compensations(n, accepted.compensated_by); }});
        in_.members(item, "an acceptance", members, {"class", "reading", "compensated_by", "until", "because"});
      } else {
        members.push_back({"way", [&](const Node& n) { read_way(n, accepted.way); }});
        in_.members(item, "an acceptance", members, {"class", "way", "until", "because"});
      }
      if (in_.failed()) continue;
      const auto same = [&](const Acceptance& other) {
        return other.account_class == accepted.account_class && other.way == accepted.way;
      };
      if (std::ranges::any_of(policy_.acceptances_, same))
        in_.wrong(item,
                  of_reading ? "the pessimistic reading is accepted twice for the class"
                             : "this way is accepted twice for the class",
                  "keep one of the two");
      policy_.acceptances_.push_back(std::move(accepted));
    }
  }

  void read_compensations(const Node& node, std::vector<Compensation>& out) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, "`compensated_by` must list what makes up for people who are talked over",
                       "write [approvers, hold], of: approvers, hold, alarm, lasts");
    for (const auto& item : node.items) {
      const auto name = in_.scalar(item, "what makes up for it");
      if (!name) continue;
      const auto known = std::ranges::find(all_compensations, *name, [](Compensation c) { return to_string(c); });
      if (known == all_compensations.end()) {
        in_.wrong(item, concat("`", *name, "` makes up for nothing that this version knows"),
                  "write one of: approvers, hold, alarm, lasts");
      } else if (std::ranges::find(out, *known) != out.end()) {
        in_.wrong(item, concat("`", *name, "` stands twice"), "take one of the two out");
      } else {
        out.push_back(*known);
      }
    }
    std::ranges::sort(out);
  }

  void read_way(const Node& node, std::vector<std::string>& out) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, "`way` must list what an attacker takes", "write [number, desk_lead]");
    for (const auto& item : node.items) {
      auto name = in_.scalar(item, "a part of a way");
      if (!name) continue;
      const auto at = name->find('@');
      if (!is_id_text(name->substr(0, at)) || (at != name->npos && !is_id_text(name->substr(at + 1))))
        in_.wrong(item, concat("`", *name, "` is neither a thing nor a kind of people"),
                  "write what `prove` tells: number, desk_lead, or number@boss for another's");
      else out.push_back(*std::move(name));
    }
    std::ranges::sort(out);
  }

  void read_until(const Node& node, Acceptance& out) {
    out.until_day = in_.scalar(node, "`until`").value_or("");
    const auto day = instant_from_rfc3339(concat(out.until_day, "T00:00:00.000Z"));
    if (!day || out.until_day.size() != 10) return in_.wrong(node, "`until` is not a day", "write 2027-06-30");
    out.until = *day + days(1);
  }

  void check_guarantees() {
    auto& g = policy_.guarantees_;
    const auto needs_door = [&](const ClassName& name) {
      if (std::ranges::find(policy_.front_doors_, name, &FrontDoor::account_class) != policy_.front_doors_.end())
        return;
      Node at;
      at.line = g.lines.at("recovery_not_weaker_than_sign_in");
      in_.wrong(at,
                concat("how the class `", name.text(), "` signs in is not said, so nothing can be compared with it"),
                concat("add `", name.text(), ": [[...]]` under `front_door`"));
    };
    if (g.dominance_for_all)
      for (const auto& c : policy_.classes_) needs_door(c.name);
    for (const auto& name : g.dominance) needs_door(name);
  }

  PolicyFields in_;
  Policy policy_;
  bool signals_read_ = false;  // without a mistake
  std::map<std::string, std::int64_t, std::less<>> levels_;
  std::vector<std::size_t> rule_columns_;
};

Policy::Checked Policy::check(std::string_view text, PolicyReading reading) {
  return PolicyLoader(text, reading).load();
}

Result<Policy> Policy::compile(std::string_view text, std::string_view source, PolicyReading reading) {
  auto checked = check(text, reading);
  if (checked.policy) return *std::move(checked.policy);
  return fault_of(checked.problems, source);
}

std::unexpected<Fault> fault_of(const std::vector<PolicyProblem>& problems, std::string_view source) {
  const auto first = std::ranges::find(problems, false, &PolicyProblem::warning);
  SALLYPORT_ASSERT(first != problems.end());
  const auto more = std::ranges::count(problems, false, &PolicyProblem::warning) - 1;
  return fault(FaultKind::invalid,
               concat(source, ":", first->line, ":", first->column, ": ", first->what,
                      more > 0 ? concat(" (and ", more, " more)") : std::string()),
               first->next_step);
}

}  // namespace sallyport
