// What an approver signs: the exact action, on the exact account in the exact state, on the exact
// evidence, under the exact policy, until a time. Change any of them and the signature is worth
// nothing (R9).
//
// The WebAuthn challenge is SHA-256(domain || 0x00 || canonical JSON of the statement); see
// docs/ledger_format.md, "Statements".
#pragma once

#include <string>
#include <string_view>

#include "core/cases/state.h"

namespace sallyport {

inline constexpr std::string_view approval_domain = as_approval.alone;

// REQUIRES: state.identity. The canonical JSON.
[[nodiscard]] std::string approval_statement(const CaseState& state);
[[nodiscard]] Digest statement_digest(const CaseState& state);
// What a case did: what was approved, by whom, and the execution that followed. Canonical JSON.
[[nodiscard]] std::string deed_text(const CaseState& state);
// What a reviewer signs: their judgement of this deed. REQUIRES: state.closed. Canonical JSON.
[[nodiscard]] std::string review_statement(const CaseState& state, ReviewVerdict verdict, std::string_view ticket);

}  // namespace sallyport
