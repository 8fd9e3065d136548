// The right to act once, as a value. Directories accept nothing else, and only authorize()
// (core/ledger/readjudicate.h) can make one, out of a ledger slice whose decision it re-derived and
// whose approvals' signatures it checked. A program that acts without a decision does not compile
// (tests/compile_fail/).
//
// Move-only: it stands for one attempt. Holds no secret.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/instant.h"
#include "core/model/account.h"
#include "core/model/action.h"
#include "core/model/ids.h"

namespace sallyport {

class AuthorizedAction {
 public:
  AuthorizedAction(AuthorizedAction&&) noexcept = default;
  AuthorizedAction& operator=(AuthorizedAction&&) noexcept = default;
  AuthorizedAction(const AuthorizedAction&) = delete;
  AuthorizedAction& operator=(const AuthorizedAction&) = delete;
  ~AuthorizedAction() = default;

  [[nodiscard]] const CaseId& case_id() const noexcept { return case_id_; }
  [[nodiscard]] const ExecutionId& execution() const noexcept { return execution_; }
  [[nodiscard]] Action action() const noexcept { return action_; }
  [[nodiscard]] const DirectoryId& directory() const noexcept { return directory_; }
  [[nodiscard]] const AccountId& account() const noexcept { return account_; }
  [[nodiscard]] const StateToken& state_token() const noexcept { return state_token_; }
  [[nodiscard]] Instant expires_at() const noexcept { return expires_at_; }
  // The effect has to end by itself after this: the directory is told so in the one write, or does not act.
  [[nodiscard]] const std::optional<Duration>& lasts() const noexcept { return lasts_; }

 private:
  friend class Adjudication;  // core/ledger/readjudicate.cc, the only maker
  AuthorizedAction(CaseId case_id, ExecutionId execution, Action action, DirectoryId directory, AccountId account,
                   StateToken state_token, Instant expires_at, std::optional<Duration> lasts)
      : case_id_(std::move(case_id)),
        execution_(std::move(execution)),
        action_(action),
        directory_(std::move(directory)),
        account_(std::move(account)),
        state_token_(std::move(state_token)),
        expires_at_(expires_at),
        lasts_(lasts) {}

  CaseId case_id_;
  ExecutionId execution_;
  Action action_;
  DirectoryId directory_;
  AccountId account_;
  StateToken state_token_;
  Instant expires_at_;
  std::optional<Duration> lasts_;
};

}  // namespace sallyport
