// The C++ side of the twins in this folder: reads one JSON object a line from stdin, answers one a line.
//
//   {"yaml": TEXT}            {"tree": T} or {"refused": FAULT}; T: a string, a list, or {"map": [[key, T], ...]}
//   {"policy": TEXT, "account": ..., "action": ..., "evidence": [...], "approvers": [...], "now": ...}
//                             {"refused": FAULT}, {"denied": CODE}, or what section 4 to 6 of
//                             docs/policy_language.md give for it
#include <iostream>
#include <string>

#include "core/policy/judge.h"
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
  static constexpr auto fields() {
    return record_fields("person", &Approver::person, "organization", &Approver::organization, "team", &Approver::team,
                         "seats", &Approver::seats);
  }
};

struct Question {
  std::string policy;
  AccountFacts account;
  Action action = Action::unlock;
  std::vector<Evidence> evidence;
  std::vector<Approver> approvers;
  Instant now;
  static constexpr auto fields() {
    using Q = Question;
    return record_fields("policy", &Q::policy, "account", &Q::account, "action", &Q::action, "evidence", &Q::evidence,
                         "approvers", &Q::approvers, "now", &Q::now);
  }
};

Json decide(const Question& q) {
  const auto policy = Policy::compile(q.policy, "policy.yaml");
  if (!policy) return refused(policy.error());
  const auto required = policy->required(q.account, q.action);
  if (!required) return Json::object({{"denied", std::string(to_string(required.error().code))}});
  const auto& requirement = required->requirement;
  const auto identity = judge_identity(*policy, requirement, q.evidence, q.now);
  std::vector<ApproverFacts> approvers;
  Json fits = Json::array();
  for (const auto& a : q.approvers) {
    approvers.push_back({a.person, a.organization, a.team, a.seats});
    fits.push(fits_a_seat(requirement, q.account, approvers.back()));
  }
  Json counted = Json::array();
  for (const auto number : identity.counted) counted.push(number);
  return Json::object(
      {{"class", required->account_class.text()},
       {"requirement", record_to_json(requirement)},
       {"limits", Json::array({policy->limits().cases_per_account_24h, policy->limits().tries_per_signal,
                               to_string(policy->limits().case_lifetime), to_string(policy->limits().verified_for)})},
       {"verified", identity.satisfied},
       {"strong", identity.strong},
       {"counted", std::move(counted)},
       {"fits", std::move(fits)},
       {"approved", judge_approvals(requirement, q.account, approvers).satisfied}});
}

Result<Json> answer(const std::string& line) {
  SP_TRY(const auto question, parse_json(line));
  if (const auto* text = question.find("yaml"); text != nullptr && text->is_string()) {
    const auto node = parse_yaml(text->as_string(), "text");
    return node ? Json::object({{"tree", tree(*node)}}) : refused(node.error());
  }
  SP_TRY(const auto q, record_from_json<Question>(question));
  return decide(q);
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
