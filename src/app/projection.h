// The views: what lists and look-ups read, derived from ledger entries and from nothing else, so
// they can be thrown away and made again (`sallyport rebuild`). Pure functions.
//
//   case/<id>                            summary of the case (JSON)
//   open/<id>                            present while the case is not closed
//   agent/<staff>/<id>                   the cases an agent opened
//   by_account/<dir>/<account>/<time>/<id>   for the limit of cases in 24 hours
//   suspensions/<dir>/<account>/<time>/<id>  the same of cases that only take access away
//   opened/<time>/<id>                   the same over all accounts
//   opened_by/<staff>/<time>/<id>        and by agent
//   failed/<dir>/<account>/<signal>/<time>/<id>/<number>   a signal that did not pass: its tries are counted over cases
//   passed/<dir>/<account>/<signal>      -> when it last passed, which begins that count anew
//   join/<digest of join code>           -> case id, until a browser joined or the case closed
//   claimant/<digest of token>           -> case id; a closed case is still shown to its claimant
//   executing/<id>                       present from intent to a known outcome
//   permitted/<id>                       present from permit to intent: the executor has work
//   fence/<dir>/<account>                highest fence token in the ledger
//   token/<digest>                       -> {"staff","expires_at"}
//   approved/<person>/<time>/<id>        for an approver's budget; of a list: approved/<person>/<time>/list-<root>
//   review/<time>/<id>                   a done case whose review is due then, until it was reviewed
//   due_of_account/<action>/<dir>/<account>/<time>/<id>   the same by account
//   due_of_agent/<action>/<staff>/<time>/<id>             and by the agent who opened it
//   recovered/<person>                   -> when an account of theirs was last recovered
//   factor/<dir>/<account>               -> when a way to recover it was last bound
//   version/<stream>                     entries in streams that are not replayed
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/cases/state.h"
#include "core/ledger/entry.h"
#include "ports/event_store.h"

namespace sallyport {

// Rows for the events that led to `after`, from `before`.
[[nodiscard]] std::vector<RowWrite> project(const CaseState& before, const CaseState& after);
[[nodiscard]] std::vector<RowWrite> project(const LedgerEntry& enrolment_entry);

[[nodiscard]] Json summary_of(const CaseState& state);
// Rows that rules count by: approvals of a person, the last recovery of a holder's account, the last
// binding, the holder's last no.
[[nodiscard]] std::string approvals_prefix(const PersonId& person);
[[nodiscard]] std::string recovered_row(const PersonId& holder);
[[nodiscard]] std::string factor_row(const DirectoryId& directory, const AccountId& account);
[[nodiscard]] std::string objected_row(const DirectoryId& directory, const AccountId& account);
[[nodiscard]] std::string passed_row(const DirectoryId& directory, const AccountId& account, const SignalName& signal);
[[nodiscard]] bool is_time_row(std::string_view key);  // one of the latter four: its value is when it was
[[nodiscard]] std::string fence_row(const DirectoryId& directory, const AccountId& account);
inline constexpr std::string_view fence_prefix = "fence/";
inline constexpr std::string_view opened_prefix = "opened/";
inline constexpr std::string_view review_prefix = "review/";
[[nodiscard]] std::string approved_in_list(const Digest& root);  // how the key of a list's row ends
[[nodiscard]] std::array<std::string, 2> due_review_prefixes(Action action, const AccountFacts& account,
                                                             const StaffId& agent);
[[nodiscard]] std::string agent_opened_prefix(const StaffId& agent);
[[nodiscard]] std::string failed_prefix(const DirectoryId& directory, const AccountId& account,
                                        const SignalName& signal);
// Suspensions are counted by themselves: else a few calls would keep the holder from every recovery.
[[nodiscard]] std::string account_cases_prefix(Action action, const DirectoryId& directory, const AccountId& account);
inline constexpr std::string_view reviews_complete_row = "complete/reviews";  // these views know every review to come

// Replays a whole ledger, entry by entry, into view rows: what `rebuild` does.
class ViewRebuilder {
 public:
  [[nodiscard]] Result<std::vector<RowWrite>> rows_of(const StoredEntry& entry);

 private:
  std::map<CaseId, CaseState> cases_;
};

}  // namespace sallyport
