// The process that holds the directory's credentials, as the process that faces the network sees it:
// it answers what an account looks like, and it is told that a case may be ready. It decides for
// itself whether to act. Thread-safe; calls block until a deadline.
#pragma once

#include <string_view>

#include "base/result.h"
#include "core/model/ids.h"
#include "ports/directory.h"

namespace sallyport {

class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual Result<AccountRecord> find_account(std::string_view login) = 0;
  // The executor has looked at the case, acted or not, and recorded what it did.
  [[nodiscard]] virtual Result<void> execute(const CaseId& id) = 0;
};

// The way back: the executor asks the ledger's writer to record an intent or an outcome. It gives
// the case's new version once the event is durable, and the executor then reads it for itself.
class CaseRecorder {
 public:
  virtual ~CaseRecorder() = default;
  [[nodiscard]] virtual Result<void> record_intent(const CaseId& id, const struct IntentRecorded& intent) = 0;
  [[nodiscard]] virtual Result<void> record_outcome(const CaseId& id, const struct OutcomeRecorded& outcome) = 0;
};

}  // namespace sallyport
