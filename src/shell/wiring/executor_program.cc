#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "app/action_executor.h"
#include "base/text.h"
#include "crypto/locked_memory.h"
#include "shell/config/config.h"
#include "shell/ipc/ipc_server.h"
#include "shell/store/sqlite_event_reader.h"
#include "shell/wiring/clock_keeper.h"
#include "shell/wiring/confinement.h"
#include "shell/wiring/directories.h"
#include "shell/wiring/executor_link.h"
#include "shell/wiring/process.h"
#include "shell/wiring/programs.h"
#include "shell/wiring/system.h"

namespace sallyport {
namespace {

constexpr std::string_view program = "sallyport-exec";
constexpr std::size_t recorder_connections = 24;
constexpr std::chrono::seconds recorder_timeout{10};
constexpr std::chrono::milliseconds reconcile_every{500};
constexpr std::chrono::milliseconds store_wait_step{50};
constexpr int store_wait_steps = 200;  // ten seconds: the daemon makes the store ready at its start

Result<std::unique_ptr<SqliteEventReader>> open_ledger(const std::string& path) {
  auto reader = SqliteEventReader::open(path);
  for (int i = 0; i < store_wait_steps && !reader && reader.error().kind != FaultKind::corrupt; ++i) {
    std::this_thread::sleep_for(store_wait_step);
    reader = SqliteEventReader::open(path);
  }
  return reader;
}

// A daemon that is just starting may have the store to itself.
Result<Instant> newest_time_of(const EventReader& ledger) {
  auto newest = time_of_newest_entry(ledger);
  for (int i = 0; i < store_wait_steps && !newest && newest.error().kind != FaultKind::corrupt; ++i) {
    std::this_thread::sleep_for(store_wait_step);
    newest = time_of_newest_entry(ledger);
  }
  return newest;
}

// Finds out about intents without an outcome: those of an earlier life of this process, and those
// whose answer was lost.
class Reconciler {
 public:
  Reconciler(ActionExecutor& executor, ClockKeeper& clock)
      : thread_([this, &executor, &clock] { run(executor, clock); }) {}
  ~Reconciler() {
    stopping_ = true;
    thread_.join();
  }
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

 private:
  void run(ActionExecutor& executor, ClockKeeper& clock) {
    while (!stopping_) {
      clock.look();
      const auto unresolved = executor.unresolved();
      if (!unresolved) say(unresolved.error().what);
      if (unresolved)
        for (const auto& id : *unresolved) {
          const auto ruling = executor.reconcile(id);
          if (!ruling) say(concat("case ", id.text(), " cannot be reconciled yet: ", ruling.error().what));
        }
      for (auto waited = std::chrono::milliseconds{0}; waited < reconcile_every && !stopping_;
           waited += store_wait_step)
        std::this_thread::sleep_for(store_wait_step);
    }
  }
  // Once for each new message: a directory that is down for an hour is one line.
  void say(std::string message) {
    if (message == last_said_) return;
    log_line(program, message);
    last_said_ = std::move(message);
  }
  std::atomic<bool> stopping_ = false;
  std::string last_said_;
  std::thread thread_;
};

// Whoever asked may keep a no to themselves, so what does not fit together is written down here as well;
// once for each case, for the question is repeated. Thread-safe.
class Misfits {
 public:
  void note(const Json& request, const Result<Json>& answer) {
    if (answer) return;
    const auto& what = answer.error().what;
    const bool misfit = answer.error().kind == FaultKind::corrupt ||
                        what.starts_with(to_string(DenialCode::account_changed)) ||
                        what.starts_with(to_string(DenialCode::statement_differs));
    const auto id = request.string_at("case");
    if (!misfit || !id) return;
    const std::lock_guard lock(mutex_);
    if (noted_.size() >= noted_max) noted_.clear();
    if (noted_.insert(*id).second) log_line(program, concat("case ", *id, " is not acted upon: ", what));
  }

 private:
  static constexpr std::size_t noted_max = 1000;
  std::mutex mutex_;
  std::set<std::string> noted_;
};

Result<void> serve(const ProgramOptions& options) {
  SP_TRY(const auto config, read_executor_config(options.config));
  SP_TRY(const auto key_material, read_key_file(config.key_file));
  SP_CHECK(confine_as_configured(program, config));
  SP_TRY(const auto key, HpkePrivateKey::derive(key_material));
  const SystemClock system_clock;
  SystemEntropy entropy;
  SP_TRY(const auto ledger, open_ledger(config.store));
  SP_TRY(const auto newest, newest_time_of(*ledger));
  SP_TRY(const auto clock, ClockKeeper::open(system_clock, {program, concat(config.key_file, clock_file_suffix),
                                                            options.clock_is, newest}));
  SP_TRY(const auto directory, open_directory(config, entropy));
  SP_TRY(auto recorder_client, IpcClient::create(concat(config.sockets, "/", daemon_socket_name), config.daemon_uid,
                                                 recorder_connections, recorder_timeout));
  RecorderClient recorder(std::move(recorder_client));
  ActionExecutor executor(
      {*ledger, recorder, {{directory_id(config), directory.get()}}, key, clock->clock(), config.genesis});
  Misfits misfits;
  SP_TRY(const auto server, IpcServer::start(concat(config.sockets, "/", executor_socket_name), {config.daemon_uid},
                                             [&](const Json& request) {
                                               auto answer = answer_executor_request(request, executor, *directory,
                                                                                     clock->clock());
                                               misfits.note(request, answer);
                                               return answer;
                                             }));
  log_line(program, "ready");
  {
    const Reconciler reconciler(executor, *clock);
    wait_for_stop();
  }
  log_line(program, "stopping");
  server->stop();
  return {};
}

}  // namespace

int run_executor(const ProgramOptions& options) {
  if (auto ok = keep_secrets_in_locked_memory(); !ok) return report_fault(program, ok.error());
  if (auto ok = harden_process(); !ok) return report_fault(program, ok.error());
  const auto served = serve(options);
  return served ? 0 : report_fault(program, served.error());
}

}  // namespace sallyport
