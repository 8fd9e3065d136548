// What was known of a request beside the account, as values that rules may read and the ledger may
// keep. Nothing here identifies a person beyond what the case names already.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/instant.h"
#include "base/record.h"
#include "core/model/ids.h"

namespace sallyport {

struct RequestFacts {
  OrganizationId agent_organization;  // of the agent who opened the case
  TeamId agent_team;
  std::string network_country;  // where the request came from, ISO 3166-1 alpha-2; empty: not known
  std::string usual_country;    // where the account is used from; empty: not known
  std::optional<Instant> proofed_at;                  // when the holder's identity was last proofed
  std::optional<Instant> recovery_factor_changed_at;  // the latest binding or change of a way to recover
  std::optional<std::uint32_t> cases_1h;        // opened on any account in the hour before, at most 1,000
  std::optional<std::uint32_t> agent_cases_1h;  // opened by this agent in the hour before, at most 1,000
  // Done cases of this action, of this account or opened by this agent, whose review is overdue; at most 1,000.
  std::optional<std::uint32_t> overdue_reviews;
  std::optional<bool> objected_24h;  // the holder said of a case on the account, in the 24 hours before, not theirs

  static constexpr auto fields() {
    using F = RequestFacts;
    return record_fields("agent_organization", &F::agent_organization, "agent_team", &F::agent_team, "network_country",
                         &F::network_country, "usual_country", &F::usual_country, "proofed_at", &F::proofed_at,
                         "recovery_factor_changed_at", &F::recovery_factor_changed_at, "cases_1h", &F::cases_1h,
                         "agent_cases_1h", &F::agent_cases_1h, "overdue_reviews", &F::overdue_reviews, "objected_24h",
                         &F::objected_24h);
  }
  friend bool operator==(const RequestFacts&, const RequestFacts&) = default;
};

}  // namespace sallyport
