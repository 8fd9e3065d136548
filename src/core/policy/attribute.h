// What conditions may read, by name and type, and one request's values of it. A value that is not
// known is absent, never a default: a condition that needs it cannot be evaluated and so holds
// (docs/policy_language.md, section 3).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/instant.h"
#include "core/model/account.h"
#include "core/model/action.h"
#include "core/model/request.h"

namespace sallyport {

enum class Attribute : std::uint8_t {
  account_groups,
  account_admin,
  account_executive,
  account_active,
  account_locked,
  account_employment,
  account_organization,
  account_usual_country,
  account_proofed_age,
  account_recovery_factor_age,
  agent_organization,
  agent_team,
  request_channel,
  request_network_country,
  request_cases_24h,
  request_cases_1h,
  agent_cases_1h,
  request_overdue_reviews,
  request_objected_24h,
  risk_points,
  action,
};
inline constexpr std::size_t attribute_count = 21;

enum class AttributeType : std::uint8_t { boolean, integer, duration, text, list_of_text };
[[nodiscard]] std::string_view to_string(AttributeType type) noexcept;  // CEL's word for it: "bool", "int", ...

struct AttributeInfo {
  Attribute attribute;
  std::string_view name;
  AttributeType type;
  std::string_view meaning;
};
// In the order of the enumeration.
inline constexpr std::array<AttributeInfo, attribute_count> all_attributes{{
    {Attribute::account_groups, "account.groups", AttributeType::list_of_text, "the groups that hold the account"},
    {Attribute::account_admin, "account.admin", AttributeType::boolean, "the account administers a system"},
    {Attribute::account_executive, "account.executive", AttributeType::boolean, "the account is an executive's"},
    {Attribute::account_active, "account.active", AttributeType::boolean, "the account is in use in its directory"},
    {Attribute::account_locked, "account.locked", AttributeType::boolean, "failed sign-ins have locked it"},
    {Attribute::account_employment, "account.employment", AttributeType::text,
     "what the holder is: employee, contractor, ..."},
    {Attribute::account_organization, "account.organization", AttributeType::text, "the organization it belongs to"},
    {Attribute::account_usual_country, "account.usual_country", AttributeType::text, "the country it is used from"},
    {Attribute::account_proofed_age, "account.proofed_age", AttributeType::duration,
     "time since the holder was last proofed"},
    {Attribute::account_recovery_factor_age, "account.recovery_factor_age", AttributeType::duration,
     "time since a way to recover it was last bound or changed"},
    {Attribute::agent_organization, "agent.organization", AttributeType::text,
     "the organization of the agent who opens the case"},
    {Attribute::agent_team, "agent.team", AttributeType::text, "the team of that agent"},
    {Attribute::request_channel, "request.channel", AttributeType::text, "how the request came: phone, chat, walk_in"},
    {Attribute::request_network_country, "request.network_country", AttributeType::text,
     "the country the request comes from"},
    {Attribute::request_cases_24h, "request.cases_24h", AttributeType::integer,
     "cases opened on the account in the 24 hours before"},
    {Attribute::request_cases_1h, "request.cases_1h", AttributeType::integer,
     "cases opened on any account in the hour before"},
    {Attribute::agent_cases_1h, "agent.cases_1h", AttributeType::integer,
     "cases opened by this agent in the hour before"},
    {Attribute::request_overdue_reviews, "request.overdue_reviews", AttributeType::integer,
     "done cases of this action, of the account or of this agent, whose review is overdue"},
    {Attribute::request_objected_24h, "request.objected_24h", AttributeType::boolean,
     "in the 24 hours before the holder said of a case on the account that it was not theirs"},
    {Attribute::risk_points, "risk.points", AttributeType::integer, "the sum of the points that apply"},
    {Attribute::action, "action", AttributeType::text, "what is asked for"},
}};
[[nodiscard]] constexpr const AttributeInfo& info_of(Attribute attribute) noexcept {
  return all_attributes[static_cast<std::size_t>(attribute)];
}
[[nodiscard]] constexpr AttributeType type_of(Attribute attribute) noexcept { return info_of(attribute).type; }
[[nodiscard]] std::optional<Attribute> attribute_named(std::string_view name) noexcept;

struct PolicyQuestion;

// One request, as conditions see it. A view: texts and groups belong to the caller and must outlive it.
class Facts {
 public:
  Facts() = default;
  [[nodiscard]] bool knows(Attribute a) const noexcept { return ((known_ >> index(a)) & 1U) != 0; }
  // Each asserts nothing: ask knows() first.
  [[nodiscard]] bool boolean(Attribute a) const noexcept { return ((booleans_ >> index(a)) & 1U) != 0; }
  [[nodiscard]] std::int64_t number(Attribute a) const noexcept { return numbers_[place(a)]; }  // durations in ms
  [[nodiscard]] std::string_view text(Attribute a) const noexcept { return texts_[place(a)]; }
  [[nodiscard]] std::span<const std::string> groups() const noexcept { return groups_; }

  // The setters say whose type the value is; the attribute must be of that type.
  void set_boolean(Attribute a, bool value) noexcept {
    SALLYPORT_ASSERT(type_of(a) == AttributeType::boolean);
    known_ |= 1U << index(a);
    booleans_ = value ? booleans_ | (1U << index(a)) : booleans_ & ~(1U << index(a));
  }
  void set_number(Attribute a, std::int64_t value) noexcept {
    SALLYPORT_ASSERT(type_of(a) == AttributeType::integer || type_of(a) == AttributeType::duration);
    known_ |= 1U << index(a);
    numbers_[place(a)] = value;
  }
  void set_text(Attribute a, std::string_view value) noexcept {
    SALLYPORT_ASSERT(type_of(a) == AttributeType::text);
    known_ |= 1U << index(a);
    texts_[place(a)] = value;
  }
  void set_groups(std::span<const std::string> groups) noexcept {
    known_ |= 1U << index(Attribute::account_groups);
    groups_ = groups;
  }
  void forget(Attribute a) noexcept { known_ &= ~(1U << index(a)); }

 private:
  friend Facts facts_of(const PolicyQuestion& question);
  static constexpr std::size_t index(Attribute a) noexcept { return static_cast<std::size_t>(a); }
  // Among the attributes of its type: Facts are made for each decision, so they are kept small.
  static constexpr std::array<std::uint8_t, attribute_count> places{0, 0, 0, 0, 0, 0, 1, 2, 0, 1, 3,
                                                                    4, 5, 6, 2, 3, 4, 6, 0, 5, 7};
  static constexpr std::size_t place(Attribute a) noexcept { return places[index(a)]; }
  // Each value where it stays: to clear everything and then set one after the other takes a tenth of a decision.
  explicit Facts(const PolicyQuestion& question) noexcept;

  std::uint32_t known_ = 0;
  std::uint32_t booleans_ = 0;
  std::array<std::int64_t, 7> numbers_{};
  std::array<std::string_view, 8> texts_{};
  std::span<const std::string> groups_;
};

// What a policy is asked about: one action on one account, as things were when the case was opened.
struct PolicyQuestion {
  const AccountFacts& account;
  Action action;
  const RequestFacts& request;
  std::string_view channel;
  std::uint32_t cases_24h = 0;
  Instant at;  // ages are counted from here
};

// Empty texts, and moments after `at`, are not known.
[[nodiscard]] Facts facts_of(const PolicyQuestion& question);

}  // namespace sallyport
