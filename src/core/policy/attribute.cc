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

namespace {

// Of a moment that is not known, or still to come: less than nothing.
std::int64_t age_at(Instant now, const std::optional<Instant>& since) noexcept {
  return since && *since <= now ? (now - *since).milliseconds : -1;
}

}  // namespace

Facts::Facts(const PolicyQuestion& q) noexcept
    : numbers_{age_at(q.at, q.request.proofed_at),
               age_at(q.at, q.request.recovery_factor_changed_at),
               q.cases_24h,
               q.request.cases_1h.value_or(0),
               q.request.agent_cases_1h.value_or(0),
               0,
               q.request.overdue_reviews.value_or(0)},
      texts_{q.account.employment,        q.account.organization.text(),
             q.request.usual_country,     q.request.agent_organization.text(),
             q.request.agent_team.text(), q.channel,
             q.request.network_country,   to_string(q.action)},
      groups_(q.account.groups) {
  using A = Attribute;
  static_assert(place(A::account_proofed_age) == 0 && place(A::account_recovery_factor_age) == 1 &&
                place(A::request_cases_24h) == 2 && place(A::request_cases_1h) == 3 && place(A::agent_cases_1h) == 4 &&
                place(A::request_overdue_reviews) == 6);
  static_assert(place(A::account_employment) == 0 && place(A::account_organization) == 1 &&
                place(A::account_usual_country) == 2 && place(A::agent_organization) == 3 &&
                place(A::agent_team) == 4 && place(A::request_channel) == 5 && place(A::request_network_country) == 6 &&
                place(A::action) == 7);
  const auto bit = [](A a, bool yes = true) { return std::uint32_t{yes} << index(a); };
  const auto text = [&](A a) { return bit(a, !texts_[place(a)].empty()); };
  const auto age = [&](A a) { return bit(a, numbers_[place(a)] >= 0); };
  known_ = bit(A::account_groups) | bit(A::account_admin) | bit(A::account_executive) | bit(A::account_active) |
           bit(A::account_locked) | text(A::account_employment) | text(A::account_organization) |
           text(A::account_usual_country) | age(A::account_proofed_age) | age(A::account_recovery_factor_age) |
           text(A::agent_organization) | text(A::agent_team) | text(A::request_channel) |
           text(A::request_network_country) | bit(A::request_cases_24h) |
           bit(A::request_cases_1h, q.request.cases_1h.has_value()) |
           bit(A::agent_cases_1h, q.request.agent_cases_1h.has_value()) |
           bit(A::request_overdue_reviews, q.request.overdue_reviews.has_value()) |
           bit(A::request_objected_24h, q.request.objected_24h.has_value()) | bit(A::action);
  booleans_ = bit(A::account_admin, q.account.admin) | bit(A::account_executive, q.account.executive) |
              bit(A::account_active, q.account.active) | bit(A::account_locked, q.account.locked) |
              bit(A::request_objected_24h, q.request.objected_24h.value_or(false));
}

Facts facts_of(const PolicyQuestion& question) { return Facts(question); }

}  // namespace sallyport
