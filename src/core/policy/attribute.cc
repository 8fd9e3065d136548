#include "core/policy/attribute.h"

namespace sallyport {

std::string_view to_string(AttributeType type) noexcept {
  switch (type) {
    case AttributeType::boolean: return "bool";
    case AttributeType::integer: return "int";
    case AttributeType::duration: return "duration";
    case AttributeType::text: return "string";
    case AttributeType::list_of_text: return "list of strings";
  }
  return "";
}

std::optional<Attribute> attribute_named(std::string_view name) noexcept {
  for (const auto& info : all_attributes)
    if (info.name == name) return info.attribute;
  return std::nullopt;
}

Facts facts_of(const PolicyQuestion& q) {
  using A = Attribute;
  Facts out;
  const auto text = [&](Attribute a, std::string_view value) {
    if (!value.empty()) out.set_text(a, value);
  };
  const auto age = [&](Attribute a, const std::optional<Instant>& since) {
    if (since && *since <= q.at) out.set_number(a, (q.at - *since).milliseconds);
  };
  out.set_groups(q.account.groups);
  out.set_boolean(A::account_admin, q.account.admin);
  out.set_boolean(A::account_executive, q.account.executive);
  out.set_boolean(A::account_active, q.account.active);
  out.set_boolean(A::account_locked, q.account.locked);
  text(A::account_employment, q.account.employment);
  text(A::account_organization, q.account.organization.text());
  text(A::account_usual_country, q.request.usual_country);
  age(A::account_proofed_age, q.request.proofed_at);
  age(A::account_recovery_factor_age, q.request.recovery_factor_changed_at);
  text(A::agent_organization, q.request.agent_organization.text());
  text(A::agent_team, q.request.agent_team.text());
  text(A::request_channel, q.channel);
  text(A::request_network_country, q.request.network_country);
  out.set_number(A::request_cases_24h, q.cases_24h);
  if (q.request.cases_1h) out.set_number(A::request_cases_1h, *q.request.cases_1h);
  if (q.request.agent_cases_1h) out.set_number(A::agent_cases_1h, *q.request.agent_cases_1h);
  out.set_text(A::action, to_string(q.action));
  return out;
}

}  // namespace sallyport
