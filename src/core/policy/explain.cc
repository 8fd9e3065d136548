#include "core/policy/explain.h"

#include <algorithm>

#include "base/text.h"

namespace sallyport {
namespace {

std::string value_text(const Facts& facts, Attribute a) {
  if (!facts.knows(a)) return "unknown";
  switch (info_of(a).type) {
    case AttributeType::boolean: return facts.boolean(a) ? "true" : "false";
    case AttributeType::integer: return std::to_string(facts.number(a));
    case AttributeType::duration: return age_text({facts.number(a)});
    case AttributeType::text: return std::string(facts.text(a));
    case AttributeType::list_of_text: break;
  }
  std::string out;
  for (const auto& group : facts.groups()) out += concat(out.empty() ? "" : ", ", group);
  return out.empty() ? "none" : out;
}

std::string_view unless_known(bool known) { return known ? "" : " (it could not be evaluated, so it holds)"; }

std::string level_of(const Policy& policy, std::uint32_t points) {
  std::string out;
  for (const auto& level : policy.risk_levels())
    if (points >= level.at_least) out = level.name;
  return out;
}

std::string effect_of(const PolicyRule& rule) {
  if (rule.deny) return concat("refuses: ", *rule.deny);
  return concat("raises", rule.raise ? concat(" to ", rule.raise->text()) : std::string(), ": ",
                words_for(rule.raises));
}

// What a condition reads, in the order in which it does.
std::vector<Attribute> read_by(const Condition& condition) {
  using Kind = Condition::Test::Kind;
  std::vector<Attribute> out;
  const auto reads = [&](Attribute a) {
    if (std::ranges::find(out, a) == out.end()) out.push_back(a);
  };
  for (const auto& t : condition.tests()) {
    if (t.kind == Kind::constant) continue;
    reads(t.kind == Kind::group ? Attribute::account_groups : t.left);
    if (t.kind == Kind::same || t.kind == Kind::numbers) reads(t.right);
    if (t.kind == Kind::text_is_group) reads(Attribute::account_groups);
  }
  return out;
}

// The facts on which a condition was judged. Points are counted and never among the facts.
std::string facts_text(const Condition& condition, const Facts& facts, std::uint32_t points) {
  std::string out;
  for (const auto a : read_by(condition))
    out += concat(out.empty() ? "" : ", ", info_of(a).name, " is ",
                  a == Attribute::risk_points ? std::to_string(points) : value_text(facts, a));
  return out;
}

Json value_json(const Facts& facts, Attribute a) {
  if (!facts.knows(a)) return {};
  switch (info_of(a).type) {
    case AttributeType::boolean: return facts.boolean(a);
    case AttributeType::integer: return facts.number(a);
    case AttributeType::duration: return to_string(Duration{facts.number(a)});
    case AttributeType::text: return facts.text(a);
    case AttributeType::list_of_text: break;
  }
  Json out = Json::array();
  for (const auto& group : facts.groups()) out.push(group);
  return out;
}

Json facts_json(const Condition& condition, const Facts& facts, std::uint32_t points) {
  Json out = Json::object();
  for (const auto a : read_by(condition))
    out.set(info_of(a).name, a == Attribute::risk_points ? Json(points) : value_json(facts, a));
  return out;
}

Json list_of(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const auto& text : texts) out.push(text);
  return out;
}

}  // namespace

std::string filled_in(std::string_view text, const Facts& facts) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    const auto close = text.find('}', open == std::string_view::npos ? 0 : open);
    if (open == std::string_view::npos || close == std::string_view::npos) break;
    out += text.substr(0, open);
    const auto attribute = attribute_named(text.substr(open + 1, close - open - 1));
    out += attribute ? value_text(facts, *attribute) : std::string(text.substr(open, close - open + 1));
    text.remove_prefix(close + 1);
  }
  return out.append(text);
}

std::string words_for(const Requirement& r) {
  std::vector<std::string> parts;
  if (r.signals != 0)
    parts.push_back(concat(r.signals, r.signals == 1 ? " signal" : " signals",
                           r.strong != 0 ? concat(" (", r.strong, " strong)") : std::string()));
  else if (r.strong != 0) parts.push_back(concat(r.strong, " strong"));
  for (const auto& name : r.include) parts.push_back(concat(name.text(), " among them"));
  if (r.allow) {
    std::vector<std::string> names;
    for (const auto& name : *r.allow) names.push_back(name.text());
    parts.push_back(names.empty() ? std::string("no signal at all allowed") : concat("only ", or_list(names)));
  }
  for (const auto& c : r.approvers) parts.push_back(words_for_seats(c.at_least, c));
  if (r.hold_without_strong != Duration{})
    parts.push_back(concat("a hold of ", to_string(r.hold_without_strong),
                           r.hold_with_strong == r.hold_without_strong ? std::string()
                           : r.hold_with_strong == Duration{}
                               ? std::string(" unless a signal is strong")
                               : concat(" (", to_string(r.hold_with_strong), " when a signal is strong)")));
  if (r.review) parts.push_back(concat("review within ", to_string(r.review->within)));
  if (r.lasts) parts.push_back(concat("ends after ", to_string(*r.lasts)));
  if (r.alarm) parts.push_back("the holder told by a way that the proof does not need");
  if (r.lists.value_or(1) > 1) parts.push_back(concat("up to ", *r.lists, " cases under one signature"));
  std::string out;
  for (const auto& part : parts) out += concat(out.empty() ? "" : ", ", part);
  return out.empty() ? "nothing" : out;
}

Denial denial_of(const Policy& policy, const Demand& d, const Facts& facts, Action action) {
  const auto is = [](DenialCode code, std::string detail, std::string next_step, Json said = Json::object()) {
    return Denial{code, std::move(detail), std::move(next_step), std::move(said)};
  };
  switch (d.refusal) {
    case PolicyRefusal::none: break;
    case PolicyRefusal::action_not_in_policy:
      return is(DenialCode::action_not_in_policy,
                concat("policy `", policy.name(), "` gives no floor for ", to_string(action)),
                "ask whoever keeps the policy to name the action", Json::object({{"action", to_string(action)}}));
    case PolicyRefusal::account_inactive:
      return is(DenialCode::account_inactive, "the account is not active in its directory",
                "an account that was closed is restored by its owner's process, not by recovery");
    case PolicyRefusal::unlock_of_administrator:
      return is(DenialCode::action_not_in_policy, "an administrator's account is not unlocked by `unlock`",
                "open the case for admin_unlock", Json::object({{"action", "unlock"}, {"instead", "admin_unlock"}}));
    case PolicyRefusal::rule: {
      const auto& rule = policy.rules()[d.rule];
      const auto fired = std::ranges::find(d.rules, d.rule, &Fired::index);
      const bool known = fired != d.rules.end() && fired->known;
      return is(DenialCode::refused_by_rule,
                concat("rule `", rule.id.text(), "` refuses: ", filled_in(*rule.deny, facts), unless_known(known)),
                known ? "recovery is not the way here; ask the security team"
                      : "find out what is not known, and open the case again",
                Json::object({{"rule", rule.id.text()}, {"condition", rule.when.text()}, {"known", known}}));
    }
    case PolicyRefusal::too_many_cases: {
      const auto most = policy.limits().cases_per_account_24h;
      if (!facts.knows(Attribute::request_cases_24h))
        return is(DenialCode::too_many_cases, "it is not known how many cases this account had in 24 hours",
                  "find out, and open the case again", Json::object({{"limit", most}}));
      const auto had = facts.number(Attribute::request_cases_24h);
      return is(
          DenialCode::too_many_cases, concat("this account had ", had, " cases in 24 hours, the policy allows ", most),
          "wait, or ask the security team to look at the account", Json::object({{"cases_24h", had}, {"limit", most}}));
    }
    case PolicyRefusal::too_much_asked:
      return is(DenialCode::limit_reached,
                concat("the rules that hold ask for more than ", seat_kinds_max, " kinds of approvers"),
                "ask whoever keeps the policy: no case can have so many", Json::object({{"limit", seat_kinds_max}}));
  }
  return is(DenialCode::limit_reached, "the policy refuses", "ask whoever keeps the policy");
}

std::vector<std::string> reasons_of(const Policy& policy, const Demand& d, const Facts& facts, Action action) {
  std::vector<std::string> out;
  if (policy.actions().contains(action))
    out.push_back(concat(to_string(action), " has the floor ", policy.tier_name(d.tier).text()));
  for (const auto& [index, known] : d.classes) {
    const auto& c = policy.classes()[index];
    if (c.floor)
      out.push_back(concat("class ", c.name.text(), " has the floor ", c.floor->text(), unless_known(known)));
  }
  if (!d.points.empty()) {
    std::string because;
    for (const auto& [index, known] : d.points) {
      const auto& point = policy.risk_points()[index];
      because += concat(because.empty() ? "" : "; ", filled_in(point.because, facts), " (", point.add, ")");
    }
    const auto level = level_of(policy, d.risk_points);
    out.push_back(
        concat("risk is ", d.risk_points, level.empty() ? std::string() : concat(", ", level), ": ", because));
  }
  for (const auto& [index, known] : d.rules) {
    const auto& rule = policy.rules()[index];
    out.push_back(concat("rule ", rule.id.text(), " ", effect_of(rule), unless_known(known)));
  }
  return out;
}

std::vector<Missing> missing_of(const Policy& policy, const Decision& d) {
  auto out = missing_identity(policy, d.demand.needs, d.identity);
  for (std::size_t k = 0; k < d.open_seats.size(); ++k)
    if (d.open_seats[k] != 0)
      out.push_back(
          {words_for_seats(d.open_seats[k], policy.selectors()[d.demand.needs.seats[k].selector]), "approver"});
  if (d.identity.satisfied && !d.alarm)
    out.push_back(
        {"a notice to the holder by a way that the proof does not need: beside each way of the policy what "
         "was given does not suffice",
         "nobody"});
  if (d.hold_left != Duration{}) out.push_back({concat("the hold runs for ", to_string(d.hold_left)), "nobody"});
  return out;
}

std::string explain(const Policy& policy, const Decision& d, const DecisionInput& input) {
  std::string out(to_string(d.verdict));
  const auto line = [&](std::string_view text) { out += concat("\n  ", text); };
  if (d.verdict == Verdict::deny) {
    const auto denial = denial_of(policy, d.demand, input.facts, input.action);
    out += concat(": ", denial.detail);
    line(concat("next: ", denial.next_step));
  }
  line(concat("policy ", policy.name(), ", ", to_hex(policy.digest())));
  const bool named = policy.actions().contains(input.action);
  line(concat("class ", policy.classes()[d.demand.account_class].name.text(),
              named ? concat(", tier ", policy.tier_name(d.demand.tier).text()) : std::string(), ", needs ",
              words_for(policy.requirement_of(d.demand.needs))));
  for (const auto& reason : reasons_of(policy, d.demand, input.facts, input.action)) line(concat("because ", reason));
  for (const auto& [index, known] : d.demand.rules) {
    const auto& rule = policy.rules()[index];
    const auto judged_on = facts_text(rule.when, input.facts, d.demand.risk_points);
    line(concat("rule ", rule.id.text(), ", line ", rule.line, ", fires on ", rule.when.text(),
                judged_on.empty() ? "" : concat(": ", judged_on)));
  }
  for (std::size_t i = 0; i < d.evidence.size(); ++i)
    line(concat(input.evidence[i].signal.text(), ": ", words_for(d.evidence[i], input.evidence[i].signal)));
  for (std::size_t i = 0; i < d.approvers.size(); ++i)
    line(concat("approval by ", input.approvers[i].person.text(), ": ", words_for(d.approvers[i])));
  if (d.verdict == Verdict::pending)
    for (const auto& m : missing_of(policy, d)) line(concat("missing: ", m.what, " (", m.who, ")"));
  out += '\n';
  return out;
}

Json explain_json(const Policy& policy, const Decision& d, const DecisionInput& input) {
  auto out = Json::object({{"decision", to_string(d.verdict)},
                           {"policy", to_hex(policy.digest())},
                           {"class", policy.classes()[d.demand.account_class].name.text()},
                           {"risk_points", d.demand.risk_points},
                           {"requirement", record_to_json(policy.requirement_of(d.demand.needs))},
                           {"reasons", list_of(reasons_of(policy, d.demand, input.facts, input.action))}});
  if (policy.actions().contains(input.action)) out.set("tier", policy.tier_name(d.demand.tier).text());
  if (const auto level = level_of(policy, d.demand.risk_points); !level.empty()) out.set("risk_level", level);
  // Whatever held says where it stands, its condition, and the facts on which that was judged.
  const auto held = [&](bool known, std::size_t line, const Condition* when) {
    auto json = Json::object({{"known", known}, {"line", line}});
    json.set("when", when == nullptr ? Json() : Json(when->text()));
    json.set("facts", when == nullptr ? Json::object() : facts_json(*when, input.facts, d.demand.risk_points));
    return json;
  };
  Json classes = Json::array();
  for (const auto& [index, known] : d.demand.classes) {
    const auto& c = policy.classes()[index];
    auto json = held(known, c.line, c.when ? &*c.when : nullptr);
    json.set("name", c.name.text());
    json.set("floor", c.floor ? Json(c.floor->text()) : Json());
    classes.push(std::move(json));
  }
  out.set("classes", std::move(classes));
  Json points = Json::array();
  for (const auto& [index, known] : d.demand.points) {
    const auto& point = policy.risk_points()[index];
    auto json = held(known, point.line, &point.when);
    json.set("add", point.add);
    json.set("because", filled_in(point.because, input.facts));
    points.push(std::move(json));
  }
  out.set("points", std::move(points));
  Json rules = Json::array();
  for (const auto& [index, known] : d.demand.rules) {
    const auto& rule = policy.rules()[index];
    auto json = held(known, rule.line, &rule.when);
    json.set("id", rule.id.text());
    json.set("effect", effect_of(rule));
    rules.push(std::move(json));
  }
  out.set("rules", std::move(rules));
  Json evidence = Json::array();
  for (std::size_t i = 0; i < d.evidence.size(); ++i)
    evidence.push(Json::object({{"number", d.evidence[i].number},
                                {"signal", input.evidence[i].signal.text()},
                                {"counts", d.evidence[i].objection == Objection::none},
                                {"why", words_for(d.evidence[i], input.evidence[i].signal)}}));
  out.set("evidence", std::move(evidence));
  Json approvals = Json::array();
  for (std::size_t i = 0; i < d.approvers.size(); ++i)
    approvals.push(Json::object({{"person", input.approvers[i].person.text()},
                                 {"counts", d.approvers[i] == SeatObjection::none},
                                 {"why", words_for(d.approvers[i])}}));
  out.set("approvals", std::move(approvals));
  Json missing = Json::array();
  if (d.verdict == Verdict::pending)
    for (const auto& m : missing_of(policy, d)) missing.push(record_to_json(m));
  out.set("missing", std::move(missing));
  if (d.verdict == Verdict::deny) {
    auto denial = denial_of(policy, d.demand, input.facts, input.action);
    out.set("denial", Json::object({{"code", to_string(denial.code)},
                                    {"detail", denial.detail},
                                    {"next_step", denial.next_step},
                                    {"facts", std::move(denial.facts)}}));
  }
  return out;
}

std::string in_words(const std::vector<Compensation>& compensations) {
  std::string out;
  for (const auto one : compensations) {
    const std::string_view words = one == Compensation::approvers ? "two approvers or more"
                                   : one == Compensation::hold    ? "a hold"
                                   : one == Compensation::alarm   ? "an alarm to the holder"
                                                                  : "an effect that ends by itself";
    out += concat(out.empty() ? "" : ", ", words);
  }
  return out;
}

std::string in_words(const Acceptance& accepted) {
  if (!accepted.is_of_a_way())
    return concat("once people can be talked over, recovering an account of ", accepted.account_class.text(),
                  " is not as hard as signing in; ", in_words(accepted.compensated_by), " make up for it until ",
                  accepted.until_day, ", accepted because: ", accepted.because);
  std::string way;
  for (const auto& part : accepted.way) way += concat(way.empty() ? "" : ", ", part);
  return concat("accounts of ", accepted.account_class.text(), " may be taken with ", way, " until ",
                accepted.until_day, ", accepted because: ", accepted.because);
}

}  // namespace sallyport
