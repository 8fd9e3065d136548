// What agents, approvers, reviewers and operators do from the command line. Each function is one
// command: options in, everything printed, and a Problem when it did not work.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/session.h"
#include "cli/terminal.h"

namespace sallyport::cli {

struct SignInOptions {
  std::string staff, key;
};
struct PasskeyCreateOptions {
  std::string staff, out;
  std::string rp_id, origin;  // empty: the server's, or those of a first try on this machine
};
[[nodiscard]] Answer<void> command_sign_in(const GlobalOptions& global, Terminal& terminal,
                                           const SignInOptions& options);
[[nodiscard]] Answer<void> command_sign_out(const GlobalOptions& global, Terminal& terminal);
[[nodiscard]] Answer<void> command_me(const GlobalOptions& global, Terminal& terminal);
[[nodiscard]] Answer<void> command_passkey_create(const GlobalOptions& global, Terminal& terminal,
                                                  const PasskeyCreateOptions& options);

struct CaseOpenOptions {
  std::string account, action, channel = "phone", ticket, reason;
};
struct CaseListOptions {
  std::string state = "open", after;
  int limit = 50;
};
[[nodiscard]] Answer<void> command_case_open(const GlobalOptions& global, Terminal& terminal,
                                             const CaseOpenOptions& options);
[[nodiscard]] Answer<void> command_case_show(const GlobalOptions& global, Terminal& terminal, const std::string& id);
[[nodiscard]] Answer<void> command_case_list(const GlobalOptions& global, Terminal& terminal,
                                             const CaseListOptions& options);
[[nodiscard]] Answer<void> command_case_object(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                               const std::string& through);
[[nodiscard]] Answer<void> command_case_cancel(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                               const std::string& detail);
// `action` empty: the case's own.
[[nodiscard]] Answer<void> command_case_execute(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                                const std::string& action);
[[nodiscard]] Answer<void> command_case_timeline(const GlobalOptions& global, Terminal& terminal,
                                                 const std::string& id);
[[nodiscard]] Answer<void> command_case_watch(const GlobalOptions& global, Terminal& terminal, const std::string& id);

struct ApproveOptions {
  std::vector<std::string> ids;  // several: one signature over their list
  std::string key;
  bool yes = false;  // was looked at before
};
struct ReviewOptions {
  std::vector<std::string> ids;
  std::string verdict = "proper", ticket, key;
  bool yes = false;
};
[[nodiscard]] Answer<void> command_review_list(const GlobalOptions& global, Terminal& terminal,
                                               const std::string& after);
[[nodiscard]] Answer<void> command_review_sign(const GlobalOptions& global, Terminal& terminal,
                                               const ReviewOptions& options);
[[nodiscard]] Answer<void> command_approve(const GlobalOptions& global, Terminal& terminal,
                                           const ApproveOptions& options);
[[nodiscard]] Answer<void> command_deny(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                        const std::string& reason);

struct StaffAddOptions {
  std::string id, person, organization, team, until, registration, key;
  std::vector<std::string> roles, seats;
};
// The API's member, with its registration. `until`: 2027-01-31, or a whole RFC 3339 time.
[[nodiscard]] Result<Json> member_of(const StaffAddOptions& options);
[[nodiscard]] Answer<void> command_staff_add(const GlobalOptions& global, Terminal& terminal,
                                             const StaffAddOptions& options);
[[nodiscard]] Answer<void> command_staff_list(const GlobalOptions& global, Terminal& terminal);
[[nodiscard]] Answer<void> command_staff_remove(const GlobalOptions& global, Terminal& terminal, const std::string& id,
                                                const std::string& key);

struct PolicyProposeOptions {
  std::string policy, organization, key;  // `organization` empty: the assumed one
};
// Proves it here first.
// 0, or 2 when one of the files is wrong, after showing all that is.
[[nodiscard]] Answer<int> command_policy_propose(const GlobalOptions& global, Terminal& terminal,
                                                 const PolicyProposeOptions& options);

struct ChangeApproveOptions {
  std::uint64_t number = 0;
  std::string key;
  bool yes = false;  // was looked at before
};
struct ChangeRejectOptions {
  std::string reason;
  ChangeApproveOptions change;
};
[[nodiscard]] Answer<void> command_change_list(const GlobalOptions& global, Terminal& terminal);
[[nodiscard]] Answer<void> command_change_show(const GlobalOptions& global, Terminal& terminal, std::uint64_t number);
[[nodiscard]] Answer<void> command_change_approve(const GlobalOptions& global, Terminal& terminal,
                                                  const ChangeApproveOptions& options);
[[nodiscard]] Answer<void> command_change_reject(const GlobalOptions& global, Terminal& terminal,
                                                 const ChangeRejectOptions& options);
// Does not ask: whoever withdraws a change knows it, and may ask for it anew.
[[nodiscard]] Answer<void> command_change_withdraw(const GlobalOptions& global, Terminal& terminal,
                                                   const ChangeApproveOptions& options);

[[nodiscard]] Answer<void> command_policy_show(const GlobalOptions& global, Terminal& terminal);
// Ends as the commands on policy files do: fine, answer_is_no (the request is refused) or could_not_run.
[[nodiscard]] int command_policy_explain(const GlobalOptions& global, Terminal& terminal, const std::string& account,
                                         const std::string& action);

}  // namespace sallyport::cli
