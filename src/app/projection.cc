#include "app/projection.h"

#include "base/text.h"
#include "core/cases/assess.h"

namespace sallyport {
namespace {

std::string hex_key(std::string_view prefix, const Digest& digest) { return concat(prefix, to_hex(digest)); }

}  // namespace

std::string account_cases_prefix(Action action, const DirectoryId& directory, const AccountId& account) {
  return concat(only_takes_away(action) ? "suspensions/" : "by_account/", directory.text(), "/", account.text(), "/");
}

std::string agent_opened_prefix(const StaffId& agent) { return concat("opened_by/", agent.text(), "/"); }
std::string failed_prefix(const DirectoryId& directory, const AccountId& account, const SignalName& signal) {
  return concat("failed/", directory.text(), "/", account.text(), "/", signal.text(), "/");
}
std::string passed_row(const DirectoryId& directory, const AccountId& account, const SignalName& signal) {
  return concat("passed/", directory.text(), "/", account.text(), "/", signal.text());
}
std::string approved_in_list(const Digest& root) { return concat("list-", to_hex(root)); }
std::array<std::string, 2> due_review_prefixes(Action action, const AccountFacts& account, const StaffId& agent) {
  return {concat("due_of_account/", to_string(action), "/", account.directory.text(), "/", account.account.text(), "/"),
          concat("due_of_agent/", to_string(action), "/", agent.text(), "/")};
}
std::string approvals_prefix(const PersonId& person) { return concat("approved/", person.text(), "/"); }
std::string recovered_row(const PersonId& holder) { return concat("recovered/", holder.text()); }
std::string factor_row(const DirectoryId& directory, const AccountId& account) {
  return concat("factor/", directory.text(), "/", account.text());
}
std::string objected_row(const DirectoryId& directory, const AccountId& account) {
  return concat("objected/", directory.text(), "/", account.text());
}
std::string fence_row(const DirectoryId& directory, const AccountId& account) {
  return concat(fence_prefix, directory.text(), "/", account.text());
}
bool is_time_row(std::string_view key) {
  return key.starts_with("recovered/") || key.starts_with("factor/") || key.starts_with("passed/") ||
         key.starts_with("objected/");
}

Json summary_of(const CaseState& state) {
  const auto& o = state.opened;
  Json json = Json::object({{"case", state.id.text()},
                            {"phase", std::string(to_string(phase_of(state)))},
                            {"action", std::string(to_string(o.action))},
                            {"class", o.account_class.text()},
                            {"account", o.account.account.text()},
                            {"directory", o.account.directory.text()},
                            {"requested_by", o.requested_by.text()},
                            {"ticket", o.ticket},
                            {"opened_at", to_rfc3339(state.opened_at)},
                            {"expires_at", to_rfc3339(o.expires_at)},
                            {"updated_at", to_rfc3339(state.last_at)}});
  json.set("result", state.closed ? Json(std::string(to_string(state.closed->result))) : Json());
  return json;
}

std::vector<RowWrite> project(const CaseState& before, const CaseState& after) {
  const auto& o = after.opened;
  const auto& id = after.id.text();
  std::vector<RowWrite> rows;
  rows.push_back({concat("case/", id), to_text(summary_of(after))});
  if (!before.exists()) {
    rows.push_back({concat("open/", id), ""});
    rows.push_back({concat("agent/", o.requested_by.text(), "/", id), ""});
    rows.push_back({concat(account_cases_prefix(o.action, o.account.directory, o.account.account),
                           to_rfc3339(after.opened_at), "/", id),
                    ""});
    rows.push_back({hex_key("join/", o.join_code), id});
    rows.push_back({concat(opened_prefix, to_rfc3339(after.opened_at), "/", id), ""});
    rows.push_back({concat(agent_opened_prefix(o.requested_by), to_rfc3339(after.opened_at), "/", id), ""});
  }
  for (auto i = before.evidence.size(); i < after.evidence.size(); ++i) {
    const auto& e = after.evidence[i];
    const auto& a = o.account;
    if (e.result == EvidenceResult::passed)
      rows.push_back({passed_row(a.directory, a.account, e.signal), to_rfc3339(e.at)});
    else
      rows.push_back(
          {concat(failed_prefix(a.directory, a.account, e.signal), to_rfc3339(e.at), "/", id, "/", e.number), ""});
  }
  if (after.joined && !before.joined) rows.push_back({hex_key("claimant/", after.joined->token), id});
  if (after.permit.has_value() != before.permit.has_value())
    rows.push_back({concat("permitted/", id), after.permit ? std::optional<std::string>("") : std::nullopt});
  if (after.intent.has_value() != before.intent.has_value())
    rows.push_back({concat("executing/", id), after.intent ? std::optional<std::string>("") : std::nullopt});
  if (after.intent && !before.intent)
    rows.push_back(
        {fence_row(after.intent->directory, after.intent->account), std::to_string(after.intent->fence_token)});
  // Approvals of an earlier verification are void, not undone: they were given all the same.
  const bool renewed = after.identity && (!before.identity || before.identity->number != after.identity->number);
  for (auto i = renewed ? 0 : before.approvals.size(); i < after.approvals.size(); ++i) {
    const auto& approval = after.approvals[i];
    rows.push_back({concat(approvals_prefix(approval.person), to_rfc3339(after.last_at), "/",
                           approval.list ? approved_in_list(approval.list->root) : id),
                    ""});
  }
  if (after.last_outcome && begins_cooldown(before, *after.last_outcome))
    rows.push_back({recovered_row(o.account.holder), to_rfc3339(after.last_at)});
  if (after.objections > before.objections)
    rows.push_back({objected_row(o.account.directory, o.account.account), to_rfc3339(after.last_at)});
  const bool join_over = (after.joined && !before.joined) || (after.closed && !before.closed && !after.joined);
  if (join_over) rows.push_back({hex_key("join/", o.join_code), std::nullopt});
  if (after.closed && !before.closed) rows.push_back({concat("open/", id), std::nullopt});
  const auto review_awaited = [](const CaseState& state) { return state.review_due && !state.review; };
  if (review_awaited(after) != review_awaited(before)) {
    const auto value = review_awaited(after) ? std::optional<std::string>("") : std::nullopt;
    const auto due = to_rfc3339(*after.review_due);
    rows.push_back({concat(review_prefix, due, "/", id), value});
    for (const auto& prefix : due_review_prefixes(o.action, o.account, o.requested_by))
      rows.push_back({concat(prefix, due, "/", id), value});
  }
  return rows;
}

std::vector<RowWrite> project(const LedgerEntry& entry) {
  std::vector<RowWrite> rows{{concat("version/", entry.stream), std::to_string(entry.version + 1)}};
  const auto* change = std::get_if<OrganizationEvent>(&entry.event);
  if (change != nullptr && std::holds_alternative<LedgerOpened>(*change))
    rows.push_back({std::string(reviews_complete_row), ""});
  const auto* event = std::get_if<EnrolmentEvent>(&entry.event);
  if (event == nullptr) return rows;
  if (const auto* enrolled = std::get_if<SignalEnrolled>(event))
    rows.push_back({factor_row(enrolled->directory, enrolled->account), to_rfc3339(entry.at)});
  if (const auto* issued = std::get_if<TokenIssued>(event))
    rows.push_back({hex_key("token/", issued->token),
                    to_text(Json::object({{"staff", issued->staff.text()},
                                          {"expires_at", to_rfc3339(issued->expires_at)},
                                          {"credential_id", to_base64url(issued->assertion.credential_id)}}))});
  if (const auto* revoked = std::get_if<TokenRevoked>(event))
    rows.push_back({hex_key("token/", revoked->token), std::nullopt});
  return rows;
}

Result<std::vector<RowWrite>> ViewRebuilder::rows_of(const StoredEntry& stored) {
  SP_TRY(const auto entry, decode_entry(stored.bytes));
  const auto* event = std::get_if<CaseEvent>(&entry.event);
  if (event == nullptr) return project(entry);
  const auto id = case_of_stream(entry.stream);
  if (!id) return fault(FaultKind::corrupt, "a case's event stands in another stream");
  auto& state = cases_[*id];
  state.id = *id;
  const auto before = state;
  SP_CHECK(evolve(state, *event, entry.at));
  return project(before, state);
}

}  // namespace sallyport
