// The two processes' words to each other over their local sockets (shell/ipc): requests and answers
// as JSON, and nothing that is not in this file.
//
//   sallyportd -> sallyport-exec   {"op":"find_account","login":..}  {"op":"execute","case":..}
//   sallyport-exec -> sallyportd   {"op":"record_intent","case":..,"intent":{..}}
//                                  {"op":"record_outcome","case":..,"outcome":{..}}
#pragma once

#include <memory>
#include <string>

#include "app/action_executor.h"
#include "app/adjudicator.h"
#include "ports/executor.h"
#include "shell/ipc/ipc_client.h"

namespace sallyport {

// What the executor's process answers.
[[nodiscard]] Result<Json> answer_executor_request(const Json& request, ActionExecutor& executor, Directory& directory,
                                                   const WatchedClock& clock);
// What the daemon answers.
[[nodiscard]] Result<Json> answer_recorder_request(const Json& request, Adjudicator& adjudicator);

class ExecutorClient final : public Executor {
 public:
  explicit ExecutorClient(std::unique_ptr<IpcClient> client) : client_(std::move(client)) {}
  [[nodiscard]] Result<AccountRecord> find_account(std::string_view login) override;
  [[nodiscard]] Result<void> execute(const CaseId& id) override;

 private:
  std::unique_ptr<IpcClient> client_;
};

class RecorderClient final : public CaseRecorder {
 public:
  explicit RecorderClient(std::unique_ptr<IpcClient> client) : client_(std::move(client)) {}
  [[nodiscard]] Result<void> record_intent(const CaseId& id, const IntentRecorded& intent) override;
  [[nodiscard]] Result<void> record_outcome(const CaseId& id, const OutcomeRecorded& outcome) override;

 private:
  std::unique_ptr<IpcClient> client_;
};

}  // namespace sallyport
