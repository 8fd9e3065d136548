#include "core/policy/attribute.h"

#include "base/assert.h"

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

namespace {
using A = Attribute;
using T = AttributeType;
}  // namespace

constexpr std::array<AttributeInfo, attribute_count> all_attributes{{
    {A::account_groups, "account.groups", T::list_of_text, "the groups that hold the account"},
    {A::account_admin, "account.admin", T::boolean, "the account administers a system"},
    {A::account_executive, "account.executive", T::boolean, "the account is an executive's"},
    {A::account_active, "account.active", T::boolean, "the account is in use in its directory"},
    {A::account_locked, "account.locked", T::boolean, "failed sign-ins have locked it"},
    {A::account_employment, "account.employment", T::text, "what the holder is: employee, contractor, ..."},
    {A::account_organization, "account.organization", T::text, "the organization it belongs to"},
    {A::account_usual_country, "account.usual_country", T::text, "the country it is used from"},
    {A::account_proofed_age, "account.proofed_age", T::duration, "time since the holder was last proofed"},
    {A::account_recovery_factor_age, "account.recovery_factor_age", T::duration,
     "time since a way to recover it was last bound or changed"},
    {A::agent_organization, "agent.organization", T::text, "the organization of the agent who opens the case"},
    {A::agent_team, "agent.team", T::text, "the team of that agent"},
    {A::request_channel, "request.channel", T::text, "how the request came: phone, chat, walk_in"},
    {A::request_network_country, "request.network_country", T::text, "the country the request comes from"},
    {A::request_cases_24h, "request.cases_24h", T::integer, "cases opened on the account in the 24 hours before"},
    {A::risk_points, "risk.points", T::integer, "the sum of the points that apply"},
    {A::action, "action", T::text, "what is asked for"},
}};

const AttributeInfo& info_of(Attribute attribute) noexcept {
  return all_attributes[static_cast<std::size_t>(attribute)];
}

std::optional<Attribute> attribute_named(std::string_view name) noexcept {
  for (const auto& info : all_attributes)
    if (info.name == name) return info.attribute;
  return std::nullopt;
}

void Facts::set_boolean(Attribute a, bool value) noexcept {
  SALLYPORT_ASSERT(info_of(a).type == T::boolean);
  known_ |= 1U << index(a);
  booleans_ = value ? booleans_ | (1U << index(a)) : booleans_ & ~(1U << index(a));
}

void Facts::set_number(Attribute a, std::int64_t value) noexcept {
  SALLYPORT_ASSERT(info_of(a).type == T::integer || info_of(a).type == T::duration);
  known_ |= 1U << index(a);
  numbers_[place(a)] = value;
}

void Facts::set_text(Attribute a, std::string_view value) noexcept {
  SALLYPORT_ASSERT(info_of(a).type == T::text);
  known_ |= 1U << index(a);
  texts_[place(a)] = value;
}

void Facts::set_groups(std::span<const std::string> groups) noexcept {
  known_ |= 1U << index(A::account_groups);
  groups_ = groups;
}

Facts facts_of(const PolicyQuestion& q) {
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
  out.set_text(A::action, to_string(q.action));
  return out;
}

}  // namespace sallyport
