// What a case needs before its action may happen, and how two requirements become one.
// The join takes the stricter of the two in every field, so it is commutative, associative and
// idempotent, and adding a requirement never makes a case easier (a property test holds it so).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/record.h"
#include "core/model/ids.h"

namespace sallyport {

// "At least `at_least` persons, each with seat `role`, not of team `outside`, of organization `from`."
// Every seat is filled by another person: two constraints of one need two persons.
struct ApproverConstraint {
  std::uint32_t at_least = 1;
  std::optional<RoleName> role;
  std::optional<TeamId> outside;
  std::optional<OrganizationId> from;

  static constexpr auto fields() {
    using C = ApproverConstraint;
    return record_fields("at_least", &C::at_least, "role", &C::role, "outside", &C::outside, "from", &C::from);
  }
  friend bool operator==(const ApproverConstraint&, const ApproverConstraint&) = default;
};

struct Review {
  Duration within;
  bool batch = false;  // may be signed together with others

  static constexpr auto fields() { return record_fields("within", &Review::within, "batch", &Review::batch); }
  friend bool operator==(const Review&, const Review&) = default;
};

struct Requirement {
  std::uint32_t signals = 0;                     // independent signals that count
  std::uint32_t strong = 0;                      // of these, strong ones
  std::vector<SignalName> include;               // each of these must be among them; sorted
  std::optional<std::vector<SignalName>> allow;  // nothing else counts; sorted; absent: all of the policy
  std::vector<ApproverConstraint> approvers;
  // How long the account holder has to object after door one shut. Two values, because "30m unless
  // strong" joined with "10m" still waits ten minutes when the evidence is strong.
  Duration hold_with_strong;
  Duration hold_without_strong;
  std::optional<Review> review;
  std::optional<Duration> lasts;  // the effect ends by itself after this
  std::optional<bool> alarm;      // true: the holder was told by a way no proof needs; a hold runs from then
  // How many cases one signature may approve together. Every tier says it, 1 where it is silent; absent: nobody did.
  std::optional<std::uint32_t> lists;

  static constexpr auto fields() {
    using R = Requirement;
    return record_fields("signals", &R::signals, "strong", &R::strong, "include", &R::include, "allow", &R::allow,
                         "approvers", &R::approvers, "hold_with_strong", &R::hold_with_strong, "hold_without_strong",
                         &R::hold_without_strong, "review", &R::review, "lasts", &R::lasts, "alarm", &R::alarm, "lists",
                         &R::lists);
  }
  friend bool operator==(const Requirement&, const Requirement&) = default;
};

[[nodiscard]] Requirement join(const Requirement& a, const Requirement& b);

}  // namespace sallyport
