// Evidence: what one signal gave in one case. It holds what rules read, by value, and no secret.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/record.h"
#include "core/model/ids.h"

namespace sallyport {

enum class EvidenceResult : std::uint8_t { passed, failed };
[[nodiscard]] std::string_view to_string(EvidenceResult result) noexcept;
template <>
struct EnumValues<EvidenceResult> {
  static constexpr std::array<EvidenceResult, 2> all{EvidenceResult::passed, EvidenceResult::failed};
};

struct Evidence {
  std::uint32_t number = 0;  // in its case, from 1
  SignalName signal;
  EvidenceResult result = EvidenceResult::failed;
  Instant at;                          // when the claimant gave it
  std::optional<Instant> enrolled_at;  // when the authenticator was bound; missing data never counts as old enough
  std::optional<Instant> unchanged_since;  // when the address or number on file last changed
  std::optional<Instant> data_at;  // when the data behind it was collected or last confirmed (R17)
  bool rests_on_account = false;  // e.g. a mailbox that is opened with the very account being recovered
  // Who says so, of a signal that rests on a person's word: a manager who vouches, whoever checked papers on site.
  std::optional<StaffId> attested_by;
  std::optional<PersonId> attester;  // the natural person behind them
  std::string detail;             // for the reader: "step 58814412", "code issued 10:02"; no secret, no address

  static constexpr auto fields() {
    return record_fields("number", &Evidence::number, "signal", &Evidence::signal, "result", &Evidence::result, "at",
                         &Evidence::at, "enrolled_at", &Evidence::enrolled_at, "unchanged_since",
                         &Evidence::unchanged_since, "data_at", &Evidence::data_at, "rests_on_account",
                         &Evidence::rests_on_account, "attested_by", &Evidence::attested_by, "attester",
                         &Evidence::attester, "detail", &Evidence::detail);
  }
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

// SHA-256 of the canonical JSON: what an approver's statement binds.
[[nodiscard]] Digest digest_of(const Evidence& evidence);

}  // namespace sallyport
