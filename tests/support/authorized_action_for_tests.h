// For test programs only: makes an AuthorizedAction without a ledger. The real maker is the class of
// the same name in core/ledger/readjudicate.cc; never include this where that one can be seen.
#pragma once

#include "core/cases/authorized_action.h"

namespace sallyport {

class Adjudication {
 public:
  [[nodiscard]] static AuthorizedAction make_for_tests(CaseId case_id, ExecutionId execution, Action action,
                                                       DirectoryId directory, AccountId account, StateToken state_token,
                                                       Instant expires_at,
                                                       std::optional<Duration> lasts = std::nullopt) {
    return {std::move(case_id), std::move(execution),   action,     std::move(directory),
            std::move(account), std::move(state_token), expires_at, lasts};
  }
};

}  // namespace sallyport
