#include "core/policy/trial.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "core/policy/explain.h"
#include "core/policy/fields.h"

namespace sallyport {

// -- facts ----------------------------------------------------------------------------------------
Facts TrialFacts::view() const {
  Facts out;
  for (const auto& info : all_attributes) {
    const auto& value = values_[static_cast<std::size_t>(info.attribute)];
    if (!value.known) continue;
    switch (info.type) {
      case AttributeType::boolean: out.set_boolean(info.attribute, value.number != 0); break;
      case AttributeType::integer:
      case AttributeType::duration: out.set_number(info.attribute, value.number); break;
      case AttributeType::text: out.set_text(info.attribute, value.text); break;
      case AttributeType::list_of_text: out.set_groups(groups_); break;
    }
  }
  return out;
}

void TrialFacts::set_boolean(Attribute a, bool value) { at(a) = {true, value ? 1 : 0, {}}; }
void TrialFacts::set_number(Attribute a, std::int64_t value) { at(a) = {true, value, {}}; }
void TrialFacts::set_text(Attribute a, std::string value) { at(a) = {true, 0, std::move(value)}; }
void TrialFacts::set_groups(std::vector<std::string> groups) {
  groups_ = std::move(groups);
  at(Attribute::account_groups).known = true;
}

bool TrialFacts::set_from_text(Attribute a, std::string_view value) {
  if (value == "unknown") {
    forget(a);
    return true;
  }
  switch (info_of(a).type) {
    case AttributeType::boolean:
      if (value != "true" && value != "false") return false;
      set_boolean(a, value == "true");
      return true;
    case AttributeType::integer: {
      std::uint32_t number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc{} || end != value.data() + value.size()) return false;
      set_number(a, number);
      return true;
    }
    case AttributeType::duration: {
      const auto span = duration_from_text(value);
      if (span) set_number(a, span->milliseconds);
      return span.has_value();
    }
    case AttributeType::text:
      if (!value.empty()) set_text(a, std::string(value));
      return !value.empty();
    case AttributeType::list_of_text: break;
  }
  std::vector<std::string> groups;
  while (!value.empty()) {
    const auto comma = value.find(',');
    groups.emplace_back(value.substr(0, comma));
    value.remove_prefix(comma == value.npos ? value.size() : comma + 1);
  }
  set_groups(std::move(groups));
  return true;
}

// -- reading --------------------------------------------------------------------------------------
namespace {

using Node = YamlNode;

class TrialReader {
 public:
  std::expected<TrialFile, std::vector<PolicyProblem>> read(std::string_view text) {
    const auto root = read_yaml(text);
    if (!root) {
      const auto& p = root.error();
      return std::unexpected(std::vector<PolicyProblem>{{p.line, p.column, p.what, p.next_step, false}});
    }
    in_.members(*root, "a file of cases",
                {{"policy", [&](const Node& n) { file_.policy = in_.scalar(n, "`policy`").value_or(""); }},
                 {"facts", [&](const Node& n) { read_facts(n, common_); }},
                 {"cases", [&](const Node& n) { read_cases(n); }}},
                {"policy", "cases"});
    if (in_.failed()) return std::unexpected(in_.take_problems());
    return std::move(file_);
  }

 private:
  void read_facts(const Node& node, TrialFacts& out) {
    if (node.kind != Node::Kind::mapping)
      return in_.wrong(node, "`facts` must be a mapping", "write `account.admin: false` lines");
    for (const auto& [key, value] : node.members) {
      const auto attribute = attribute_named(key.text);
      std::vector<std::string_view> names;
      for (const auto& info : all_attributes)
        if (info.attribute != Attribute::risk_points && info.attribute != Attribute::action) names.push_back(info.name);
      if (!attribute || *attribute == Attribute::risk_points || *attribute == Attribute::action) {
        in_.unknown(key, concat("`", key.text, "` is not a fact"), names, "the facts are");
      } else if (value.kind == Node::Kind::sequence && *attribute == Attribute::account_groups) {
        std::vector<std::string> groups;
        for (const auto& item : value.items)
          if (auto group = in_.scalar(item, "a group")) groups.push_back(*std::move(group));
        out.set_groups(std::move(groups));
      } else if (value.kind != Node::Kind::scalar || !out.set_from_text(*attribute, value.text)) {
        in_.wrong(value, concat("`", key.text, "` is a ", to_string(info_of(*attribute).type)),
                  "write true or false, a number, 3d, a text, a list of groups, or unknown");
      }
    }
  }

  void read_cases(const Node& node) {
    if (node.kind != Node::Kind::sequence || node.items.empty())
      return in_.wrong(node, "`cases` must be a list", "write `- {name: ..., action: unlock, expect: pending}`");
    for (const auto& item : node.items) read_case(item);
  }

  void read_case(const Node& node) {
    Trial trial;
    trial.line = node.line;
    trial.facts = common_;
    const auto text = [&](std::optional<std::string>& out) {
      return [&](const Node& n) { out = in_.scalar(n, "what is expected"); };
    };
    std::optional<Duration> waited;
    in_.members(node, "a case",
                {{"name", [&](const Node& n) { trial.name = in_.scalar(n, "`name`").value_or(""); }},
                 {"action", [&](const Node& n) { read_action(n, trial.action); }},
                 {"facts", [&](const Node& n) { read_facts(n, trial.facts); }},
                 {"waited", [&](const Node& n) { waited = in_.duration(n, "`waited`"); }},
                 {"expect", [&](const Node& n) { read_verdict(n, trial.expect); }},
                 {"class", text(trial.expect_class)},
                 {"rule", text(trial.expect_rule)},
                 {"missing", text(trial.expect_missing)}},
                {"name", "action", "expect"}, {"evidence", "approvals"});
    trial.waited = waited;
    trial.facts.set_text(Attribute::action, std::string(to_string(trial.action)));
    const auto given_by = Trial::now - waited.value_or(Duration{});
    if (const auto* list = node.find("evidence")) read_evidence(*list, given_by, trial.evidence);
    if (const auto* list = node.find("approvals")) read_approvals(*list, trial.approvals);
    file_.trials.push_back(std::move(trial));
  }

  void read_action(const Node& node, Action& out) {
    const auto text = in_.scalar(node, "`action`");
    if (!text) return;
    if (const auto action = action_from_text(*text)) {
      out = *action;
      return;
    }
    std::vector<std::string_view> names;
    for (const auto a : all_actions) names.push_back(to_string(a));
    in_.unknown(node, concat("`", *text, "` is not an action"), names, "the actions are");
  }

  void read_verdict(const Node& node, Verdict& out) {
    for (const auto v : {Verdict::permit, Verdict::pending, Verdict::deny})
      if (node.text == to_string(v)) {
        out = v;
        return;
      }
    in_.wrong(node, concat("`", node.text, "` is no decision"), "write permit, pending or deny");
  }

  // `moment`: when door one shut, or the trial's own moment.
  void read_evidence(const Node& node, Instant moment, std::vector<Evidence>& out) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`evidence` must be a list", "write [{signal: totp, enrolled: 30d}]");
    for (const auto& item : node.items) {
      Evidence e;
      e.number = static_cast<std::uint32_t>(out.size() + 1);
      e.result = EvidenceResult::passed;
      std::optional<Duration> age, enrolled, unchanged, data;
      const auto span = [&](std::optional<Duration>& to) {
        return [&](const Node& n) { to = in_.duration(n, "a span"); };
      };
      in_.members(item, "a piece of evidence",
                  {{"signal",
                    [&](const Node& n) {
                      if (auto name = in_.id<SignalName>(n, "`signal`")) e.signal = *std::move(name);
                    }},
                   {"result",
                    [&](const Node& n) {
                      if (in_.word(n, "`result`", "failed")) e.result = EvidenceResult::failed;
                    }},
                   {"rests_on_account",
                    [&](const Node& n) { e.rests_on_account = in_.boolean(n, "`rests_on_account`").value_or(true); }},
                   {"age", span(age)},
                   {"enrolled", span(enrolled)},
                   {"unchanged", span(unchanged)},
                   {"data", span(data)}},
                  {"signal"});
      e.at = moment - age.value_or(Duration{});
      if (enrolled) e.enrolled_at = e.at - *enrolled;
      if (unchanged) e.unchanged_since = e.at - *unchanged;
      if (data) e.data_at = e.at - *data;
      if (out.size() < evidence_per_case_max) out.push_back(std::move(e));
      else in_.wrong(item, "a case has no more evidence than this", "leave some out");
    }
  }

  void read_approvals(const Node& node, std::vector<ApproverFacts>& out) {
    if (node.kind != Node::Kind::sequence)
      return in_.wrong(node, "`approvals` must be a list",
                       "write [{person: lea, team: help_desk, seats: [desk_lead]}]");
    for (const auto& item : node.items) {
      ApproverFacts a;
      a.approvals_1h = 0;
      a.since_recovery = forever;
      in_.members(item, "an approval",
                  {{"person", [&](const Node& n) { a.person = in_.id<PersonId>(n, "`person`").value_or(PersonId{}); }},
                   {"team", [&](const Node& n) { a.team = in_.id<TeamId>(n, "`team`").value_or(TeamId{}); }},
                   {"organization",
                    [&](const Node& n) {
                      a.organization = in_.id<OrganizationId>(n, "`organization`").value_or(OrganizationId{});
                    }},
                   {"seats",
                    [&](const Node& n) {
                      if (n.kind != Node::Kind::sequence)
                        in_.wrong(n, "`seats` must be a list of roles", "write [desk_lead]");
                      for (const auto& seat : n.items)
                        if (auto role = in_.id<RoleName>(seat, "a seat")) a.seats.push_back(*std::move(role));
                    }},
                   {"approvals_1h", [&](const Node& n) { a.approvals_1h = in_.count(n, "`approvals_1h`", 0, 1000); }},
                   {"since_recovery", [&](const Node& n) { a.since_recovery = in_.duration(n, "`since_recovery`"); }}},
                  {"person"});
      if (out.size() < approvals_per_case_max) out.push_back(std::move(a));
      else in_.wrong(item, "a case has no more approvals than this", "leave some out");
    }
  }

  PolicyFields in_;
  TrialFile file_;
  TrialFacts common_;
};

}  // namespace

std::expected<TrialFile, std::vector<PolicyProblem>> read_trials(std::string_view text) {
  return TrialReader().read(text);
}

// -- trying -----------------------------------------------------------------------------------------
TrialInput::TrialInput(const Trial& trial)
    : facts_(trial.facts.view()),
      input_{facts_,          trial.action, trial.evidence,
             trial.approvals, Trial::now,   trial.waited ? std::optional(Trial::now - *trial.waited) : std::nullopt} {}

std::string difference(const Policy& policy, const Trial& trial, const Decision& d) {
  std::string out;
  const auto say = [&](const auto&... pieces) { out += concat(out.empty() ? "" : "; ", pieces...); };
  if (d.verdict != trial.expect) say("expected ", to_string(trial.expect), ", decided ", to_string(d.verdict));
  const auto& name = policy.classes()[d.demand.account_class].name.text();
  if (trial.expect_class && *trial.expect_class != name) say("expected class ", *trial.expect_class, ", it is ", name);
  const auto is_rule = [&](const Fired& f) { return policy.rules()[f.index].id.text() == *trial.expect_rule; };
  if (trial.expect_rule && std::ranges::none_of(d.demand.rules, is_rule))
    say("expected rule ", *trial.expect_rule, " to fire, and it did not");
  if (trial.expect_missing) {
    const auto missing = missing_of(policy, d);
    if (std::ranges::none_of(missing, [&](const auto& m) { return m.what.find(*trial.expect_missing) != m.what.npos; }))
      say("expected `", *trial.expect_missing, "` to be missing, and it is not");
  }
  return out;
}

}  // namespace sallyport
