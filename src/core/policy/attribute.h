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
  risk_points,
  action,
};
inline constexpr std::size_t attribute_count = 17;

enum class AttributeType : std::uint8_t { boolean, integer, duration, text, list_of_text };
[[nodiscard]] std::string_view to_string(AttributeType type) noexcept;  // CEL's word for it: "bool", "int", ...

struct AttributeInfo {
  Attribute attribute;
  std::string_view name;
  AttributeType type;
  std::string_view meaning;
};
extern const std::array<AttributeInfo, attribute_count> all_attributes;  // in the order of the enumeration
[[nodiscard]] const AttributeInfo& info_of(Attribute attribute) noexcept;
[[nodiscard]] std::optional<Attribute> attribute_named(std::string_view name) noexcept;

// One request, as conditions see it. A view: texts and groups belong to the caller and must outlive it.
class Facts {
 public:
  [[nodiscard]] bool knows(Attribute a) const noexcept { return ((known_ >> index(a)) & 1U) != 0; }
  // Each asserts nothing: ask knows() first.
  [[nodiscard]] bool boolean(Attribute a) const noexcept { return ((booleans_ >> index(a)) & 1U) != 0; }
  [[nodiscard]] std::int64_t number(Attribute a) const noexcept { return numbers_[place(a)]; }  // durations in ms
  [[nodiscard]] std::string_view text(Attribute a) const noexcept { return texts_[place(a)]; }
  [[nodiscard]] std::span<const std::string> groups() const noexcept { return groups_; }

  // The setters say whose type the value is; the attribute must be of that type.
  void set_boolean(Attribute a, bool value) noexcept;
  void set_number(Attribute a, std::int64_t value) noexcept;
  void set_text(Attribute a, std::string_view value) noexcept;
  void set_groups(std::span<const std::string> groups) noexcept;
  void forget(Attribute a) noexcept { known_ &= ~(1U << index(a)); }

 private:
  static constexpr std::size_t index(Attribute a) noexcept { return static_cast<std::size_t>(a); }
  // Among the attributes of its type: Facts are copied for each decision, so they are kept small.
  static constexpr std::array<std::uint8_t, attribute_count> places{0, 0, 0, 0, 0, 0, 1, 2, 0, 1, 3, 4, 5, 6, 2, 3, 7};
  static constexpr std::size_t place(Attribute a) noexcept { return places[index(a)]; }
  std::uint32_t known_ = 0;
  std::uint32_t booleans_ = 0;
  std::array<std::int64_t, 4> numbers_{};
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
