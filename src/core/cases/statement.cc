#include "core/cases/statement.h"

#include "base/assert.h"
#include "crypto/hash.h"

namespace sallyport {

std::string approval_statement(const CaseState& state) {
  SALLYPORT_ASSERT(state.identity.has_value());
  Json evidence = Json::array();
  for (const auto number : state.identity->evidence) {
    SALLYPORT_ASSERT(number >= 1 && number <= state.evidence.size());
    evidence.push(to_hex(digest_of(state.evidence[number - 1])));
  }
  const auto& o = state.opened;
  return to_text(Json::object({
      {"case", state.id.text()},
      {"action", std::string(to_string(o.action))},
      {"directory", o.account.directory.text()},
      {"account", o.account.account.text()},
      {"account_state", o.account.state_token},
      {"holder", to_hex(o.holder)},
      {"requested_by", o.requested_by.text()},
      {"reason", to_hex(o.reason)},
      {"ticket", o.ticket},
      {"evidence", std::move(evidence)},
      {"identity", Json(state.identity->number)},
      {"policy", to_hex(o.policy)},
      {"expires_at", to_rfc3339(state.identity->expires_at)},
  }));
}

std::string deed_text(const CaseState& state) {
  if (!state.identity || !state.last_outcome) return {};
  Json approvers = Json::array();
  for (const auto& approval : state.approvals) approvers.push(approval.by.text());
  return to_text(Json::object({
      {"approved", approval_statement(state)},
      {"approvers", std::move(approvers)},
      {"class", state.opened.account_class.text()},
      {"execution", state.last_outcome->execution.text()},
      {"marker", state.last_outcome->marker},
  }));
}

std::string review_statement(const CaseState& state, ReviewVerdict verdict, std::string_view ticket) {
  SALLYPORT_ASSERT(state.closed.has_value());
  return to_text(Json::object({
      {"case", state.id.text()},
      {"deed", to_hex(state.deed)},
      {"result", std::string(to_string(state.closed->result))},
      {"objections", Json(std::uint64_t{state.objections})},
      {"verdict", std::string(to_string(verdict))},
      {"ticket", std::string(ticket)},
  }));
}

Digest statement_digest(const CaseState& state) { return sha256(view_of(approval_statement(state))); }

}  // namespace sallyport
