// The C++ side of the twins in this folder: reads one JSON object a line from stdin, answers one a line.
//
//   {"yaml": TEXT}            {"tree": T} or {"refused": FAULT}; T: a string, a list, or {"map": [[key, T], ...]}
//   {"condition": TEXT, "facts": {ATTRIBUTE: VALUE}, "levels": {NAME: POINTS}}
//                             {"refused": FAULT} or {"truth": "yes", "no" or "error"}
//   {"policy": TEXT, "facts": {ATTRIBUTE: VALUE}, "action": ..., "evidence": [...], "approvers": [...],
//    "now": ..., "verified_at": ...}
//                             {"refused": FAULT}, or the decision that docs/policy_language.md gives
#include <iostream>
#include <string>

#include "base/text.h"
#include "core/policy/decision.h"
#include "core/policy/explain.h"
#include "core/policy/policy.h"
#include "core/policy/yaml.h"

namespace sallyport {
namespace {

Json tree(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::scalar) return node.text;
  Json list = Json::array();
  for (const auto& item : node.items) list.push(tree(item));
  if (node.kind == YamlNode::Kind::sequence) return list;
  for (const auto& [key, value] : node.members) list.push(Json::array({key.text, tree(value)}));
  return Json::object({{"map", std::move(list)}});
}

Json refused(const Fault& fault) { return Json::object({{"refused", fault.what}, {"next_step", fault.next_step}}); }

struct Approver {
  PersonId person;
  OrganizationId organization;
  TeamId team;
  std::vector<RoleName> seats;
  std::optional<std::uint32_t> approvals_1h;
  std::optional<Duration> since_recovery;
  static constexpr auto fields() {
    return record_fields("person", &Approver::person, "organization", &Approver::organization, "team", &Approver::team,
                         "seats", &Approver::seats, "approvals_1h", &Approver::approvals_1h, "since_recovery",
                         &Approver::since_recovery);
  }
};

struct Question {
  std::string policy;
  Action action = Action::unlock;
  std::vector<Evidence> evidence;
  std::vector<Approver> approvers;
  Instant now;
  std::optional<Instant> verified_at;
  static constexpr auto fields() {
    using Q = Question;
    return record_fields("policy", &Q::policy, "action", &Q::action, "evidence", &Q::evidence, "approvers",
                         &Q::approvers, "now", &Q::now, "verified_at", &Q::verified_at);
  }
};

// The facts of one request, and what owns their texts.
struct GivenFacts {
  std::vector<std::string> groups;
  Facts facts;
};

// {"account.admin": true, "account.groups": [...], "account.proofed_age": MILLISECONDS, ...}
Result<void> read_facts(const Json& json, GivenFacts& out) {
  for (const auto& [name, value] : json.as_object()) {
    const auto attribute = attribute_named(name);
    if (!attribute) return fault(FaultKind::invalid, concat("no attribute ", name));
    switch (info_of(*attribute).type) {
      case AttributeType::boolean: out.facts.set_boolean(*attribute, value.as_bool()); break;
      case AttributeType::integer:
      case AttributeType::duration: out.facts.set_number(*attribute, value.as_int()); break;
      case AttributeType::text: out.facts.set_text(*attribute, value.as_string()); break;
      case AttributeType::list_of_text:
        for (const auto& group : value.as_array()) out.groups.push_back(group.as_string());
        out.facts.set_groups(out.groups);
        break;
    }
  }
  return {};
}

Json numbers(const auto& fired, const auto& name_of) {
  Json list = Json::array();
  for (const auto& f : fired) list.push(Json::array({name_of(f.index), f.known}));
  return list;
}

Json answer_to(const Question& q, const GivenFacts& given) {
  const auto policy = Policy::compile(q.policy, "policy.yaml");
  if (!policy) return refused(policy.error());
  std::vector<ApproverFacts> approvers;
  for (const auto& a : q.approvers)
    approvers.push_back({a.person, a.organization, a.team, a.seats, a.approvals_1h, a.since_recovery});
  DecisionDesk desk(*policy);
  const DecisionInput input{given.facts, q.action, q.evidence, approvers, q.now, q.verified_at};
  const auto& d = desk.decide(input);
  (void)explain(*policy, d, input);
  Json counted = Json::array();
  for (const auto& e : d.evidence)
    if (e.objection == Objection::none) counted.push(e.number);
  Json seats = Json::array();
  for (const auto objection : d.approvers) seats.push(static_cast<int>(objection));
  Json open = Json::object();
  for (std::size_t k = 0; k < d.open_seats.size(); ++k) {
    const auto& s = policy->selectors()[d.demand.needs.seats[k].selector];
    const auto name = concat(s.role ? s.role->text() : "", "|", s.outside ? s.outside->text() : "", "|",
                             s.from ? s.from->text() : "");
    open.set(name, static_cast<int>(d.open_seats[k]));
  }
  const auto& l = policy->limits();
  return Json::object(
      {{"decision", std::string(to_string(d.verdict))},
       {"denied", static_cast<int>(d.demand.refusal)},
       {"denied_by", d.demand.refusal == PolicyRefusal::rule ? Json(policy->rules()[d.demand.rule].id.text()) : Json()},
       {"class", policy->classes()[d.demand.account_class].name.text()},
       {"classes", numbers(d.demand.classes, [&](auto i) { return policy->classes()[i].name.text(); })},
       {"points", numbers(d.demand.points, [](auto i) { return i; })},
       {"risk", d.demand.risk_points},
       {"rules", numbers(d.demand.rules, [&](auto i) { return policy->rules()[i].id.text(); })},
       {"requirement", record_to_json(policy->requirement_of(d.demand.needs))},
       {"limits", Json::array({l.cases_per_account_24h, l.tries_per_signal, to_string(l.case_lifetime),
                               to_string(l.verified_for)})},
       {"verified", d.identity.satisfied},
       {"strong", d.identity.strong},
       {"counted", std::move(counted)},
       {"approvers", std::move(seats)},
       {"open", std::move(open)},
       {"hold_left", to_string(d.hold_left)}});
}

// One condition of a rule, with the levels that it may name.
Result<Json> truth_of(const Json& question) {
  SP_TRY(const auto text, question.string_at("condition"));
  GivenFacts given;
  SP_TRY(const auto* facts, question.object_at("facts"));
  SP_CHECK(read_facts(*facts, given));
  SP_TRY(const auto* named, question.object_at("levels"));
  std::map<std::string, std::int64_t, std::less<>> levels;
  for (const auto& [name, points] : named->as_object()) levels.emplace(name, points.as_int());
  Symbols symbols;
  const auto condition = Condition::parse(text, {symbols, ConditionPlace::rule, &levels});
  if (!condition) return refused(condition.error());
  ResolvedFacts in{given.facts, {}, {}};
  std::vector<Symbol> groups;
  for (const auto& group : given.groups) groups.push_back(symbols.find(group));
  in.groups = groups;
  for (const auto& info : all_attributes)
    if (info.type == AttributeType::text && given.facts.knows(info.attribute))
      in.symbols[static_cast<std::size_t>(info.attribute)] = symbols.find(given.facts.text(info.attribute));
  const auto truth = condition->evaluate(in);
  return Json::object({{"truth", truth == Truth::yes ? "yes" : truth == Truth::no ? "no" : "error"}});
}

Result<Json> answer(const std::string& line) {
  SP_TRY(const auto question, parse_json(line));
  if (const auto* text = question.find("yaml"); text != nullptr && text->is_string()) {
    const auto node = parse_yaml(text->as_string(), "text");
    return node ? Json::object({{"tree", tree(*node)}}) : refused(node.error());
  }
  if (question.find("condition") != nullptr) return truth_of(question);
  GivenFacts given;
  SP_TRY(const auto* facts, question.object_at("facts"));
  SP_CHECK(read_facts(*facts, given));
  Json rest = Json::object();
  for (const auto& [key, value] : question.as_object())
    if (key != "facts") rest.set(key, value);
  SP_TRY(const auto q, record_from_json<Question>(rest));
  return answer_to(q, given);
}

}  // namespace
}  // namespace sallyport

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto said = sallyport::answer(line);
    if (!said) {
      std::cerr << "policy_probe: " << said.error().what << '\n';
      return 1;
    }
    std::cout << sallyport::to_text(*said) << '\n';
  }
  return 0;
}
