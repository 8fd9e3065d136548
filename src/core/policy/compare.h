// What changes between two policies, request by request. Every request is of one of finitely many kinds:
// what the two policies' conditions can tell apart. Each kind is asked of both, and the answers are compared.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/policy/policy.h"
#include "core/policy/trial.h"

namespace sallyport {

enum class Direction : std::uint8_t { easier, harder, both };  // both: something less is asked, and something more
[[nodiscard]] std::string_view to_string(Direction direction) noexcept;

// Kinds of request of one class (of the old policy) and action that change in one direction.
struct PolicyChange {
  Direction direction = Direction::harder;
  std::string account_class;
  Action action = Action::unlock;
  std::uint64_t kinds = 0;
  std::vector<std::string> witness;  // "account.admin: true", ...: the first of them
  std::string was;                   // what the old policy gives for the witness, and the new one
  std::string is;
};

// What no request shows: "signals.totp.fresh" was "5m" and is "30d".
struct SettingChange {
  Direction direction = Direction::harder;
  std::string setting;
  std::string was;
  std::string is;
};

struct PolicyComparison {
  std::uint64_t kinds = 0;   // compared
  bool drawn = false;        // there are more kinds than kinds_compared_max, so these were drawn among them
  bool few_groups = false;   // groups were taken at most two at a time
  std::vector<PolicyChange> changes;  // easier ones first
  std::vector<SettingChange> settings;
  [[nodiscard]] std::uint64_t changed(Direction direction) const;  // kinds of request
  // Nothing is easier, and nothing was left out in which something could be.
  [[nodiscard]] bool only_tightens() const;
};

inline constexpr std::uint64_t kinds_compared_max = 1'000'000;

// Everything is taken as known: what is not known tightens under both. Deterministic. Of policies whose classes, tiers
// and rules are the same no request has to be asked. Where kinds are drawn, what either of the policies has alone is
// looked at more closely: every answer of such a condition, with whatever else is drawn.
[[nodiscard]] PolicyComparison compare(const Policy& before, const Policy& after);

}  // namespace sallyport
