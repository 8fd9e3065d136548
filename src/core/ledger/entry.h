// A ledger entry: one event in its envelope, as canonical JSON text. The bytes are what is hashed.
//
//   {"at":"2026-...","body":{...},"kind":"case_opened","stream":"case/c-4f6k","v":1,"version":0}
//
// `version` is the entry's place in its stream, from 0. Unknown kinds and unknown keys are faults.
// Format and every kind's body: docs/ledger_format.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/instant.h"
#include "base/result.h"
#include "core/cases/event.h"
#include "core/organization/enrolment.h"
#include "core/organization/organization.h"

namespace sallyport {

using LedgerEvent = std::variant<OrganizationEvent, CaseEvent, EnrolmentEvent>;

struct LedgerEntry {
  std::string stream;
  std::uint64_t version = 0;
  Instant at;
  LedgerEvent event;
};

inline constexpr std::string_view organization_stream = "organization";
[[nodiscard]] std::string case_stream(const CaseId& id);                       // "case/<id>"
[[nodiscard]] std::optional<CaseId> case_of_stream(std::string_view stream);
[[nodiscard]] std::string account_stream(const DirectoryId& directory, const AccountId& account);
[[nodiscard]] std::string staff_stream(const StaffId& id);

[[nodiscard]] std::string_view kind_of(const LedgerEvent& event) noexcept;  // "case_opened", ...
[[nodiscard]] std::string encode_entry(const LedgerEntry& entry);
[[nodiscard]] Result<LedgerEntry> decode_entry(std::string_view bytes);

}  // namespace sallyport
