#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "app/adjudicator.h"
#include "app/claimant_desk.h"
#include "app/exercise_desk.h"
#include "app/staff_desk.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/locked_memory.h"
#include "shell/api/api.h"
#include "shell/config/config.h"
#include "shell/http/server.h"
#include "shell/ipc/ipc_server.h"
#include "shell/notify/smtp_mailer.h"
#include "shell/store/ledger_export.h"
#include "shell/store/sqlite_event_store.h"
#include "shell/wiring/clock_keeper.h"
#include "shell/wiring/confinement.h"
#include "shell/wiring/executor_link.h"
#include "shell/wiring/process.h"
#include "shell/wiring/programs.h"
#include "shell/wiring/system.h"
#include "shell/wiring/worker_pool.h"

namespace sallyport {
namespace {

constexpr std::string_view program = "sallyportd";
constexpr std::size_t background_threads = 24;       // as many may wait for mail or the directory at once
constexpr std::chrono::seconds executor_timeout{20};  // above the directory's own deadlines, with reconciling
constexpr std::chrono::milliseconds tick_every{250};

class StoredLedger final : public LedgerReading {
 public:
  explicit StoredLedger(const EventReader& reader) : reader_(reader) {}
  Result<std::string> checkpoint() const override { return reader_.latest_checkpoint(); }
  Result<std::vector<StoredEntry>> entries(std::uint64_t from, std::size_t count) const override {
    return reader_.read_entries(from, count);
  }
  Result<std::vector<Digest>> inclusion(std::uint64_t index, std::uint64_t size) const override {
    return prove_inclusion(reader_, index, size);
  }
  Result<std::vector<Digest>> consistency(std::uint64_t from, std::uint64_t size) const override {
    return prove_consistency(reader_, from, size);
  }

 private:
  const EventReader& reader_;
};

// The disk failed: what was not acknowledged may or may not be written. Stop at once; the next start
// reads what is there.
void stop_for_broken_store(const Fault& fault) {
  log_line(program, concat("the ledger cannot be written: ", fault.what, "; stopping"));
  _exit(1);
}

Result<Digest> genesis_of(const EventReader& reader) {
  SP_TRY(const auto first, reader.read_entries(0, 1));
  if (first.empty())
    return fault(FaultKind::not_found, "the ledger has not been opened", "run `sallyport init FOLDER`");
  return hash_leaf(view_of(first.front().bytes));
}

// Calls tick() until told to stop.
class Ticker {
 public:
  Ticker(Api& api, ClockKeeper& clock) : thread_([this, &api, &clock] { run(api, clock); }) {}
  ~Ticker() {
    stopping_ = true;
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void run(Api& api, ClockKeeper& clock) {
    bool resuming = true;
    while (!stopping_) {
      if (resuming) {
        const auto more = api.resume();
        if (!more) log_line(program, concat("resuming open cases: ", more.error().what));
        resuming = more.value_or(true);
      }
      clock.look();
      api.tick();
      std::this_thread::sleep_for(tick_every);
    }
  }
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

Result<void> serve(const ProgramOptions& options) {
  SP_TRY(const auto config, read_daemon_config(options.config));
  SP_TRY(auto ledger_seed, read_key_file(config.ledger_key_file));
  SP_TRY(auto store_key, read_key_file(config.store_key_file));
  SP_CHECK(confine_as_configured(program, config));
  const SystemClock system_clock;
  SystemEntropy entropy;
  SP_TRY(const auto store,
         SqliteEventStore::open({config.store, config.origin, std::move(ledger_seed), stop_for_broken_store}));
  SP_TRY(const auto genesis, genesis_of(*store));
  SP_TRY(const auto newest, time_of_newest_entry(*store));
  SP_TRY(const auto clock,
         ClockKeeper::open(system_clock, {program, concat(config.store, clock_file_suffix), options.clock_is, newest}));
  SP_TRY(const auto adjudicator, Adjudicator::open(*store, clock->clock()));
  SP_TRY(const auto mailer, SmtpMailer::create({config.mail.url, config.mail.from, config.mail.ca_file,
                                                config.mail.username, config.mail.password_file}));
  SP_TRY(auto executor_client, IpcClient::create(concat(config.sockets, "/", executor_socket_name), config.executor_uid,
                                                 background_threads, executor_timeout));
  ExecutorClient executor(std::move(executor_client));
  const SealedRows rows(std::move(store_key), entropy);
  WorkerPool background(background_threads);
  ClaimantDesk claimants(*adjudicator, *store, rows, entropy, *mailer, background,
                         {config.account_mail_domains, "Sallyport"});
  StaffDesk staff(*adjudicator, *store, rows, entropy);
  const StoredLedger ledger(*store);
  PolicyProver prover;
  ExerciseDesk exercises(*adjudicator, *store, rows, entropy);
  Api api({*adjudicator, claimants, staff, prover, exercises, *store, ledger, rows, executor, background, entropy,
           to_string(store->verifier_key()), genesis});

  SP_TRY(const auto recorder,
         IpcServer::start(concat(config.sockets, "/", daemon_socket_name), {config.executor_uid},
                          [&](const Json& request) { return answer_recorder_request(request, *adjudicator); }));
  HttpServerConfig http;
  http.address = config.address;
  http.port = config.port;
  http.threads = static_cast<int>(config.threads);
  if (!config.certificate.empty()) http.tls = TlsFiles{config.certificate, config.private_key};
  SP_TRY(const auto server, HttpServer::start(std::move(http), [&](HttpRequest request, HttpReply reply) {
           api.handle(std::move(request), std::move(reply));
         }));
  log_line(program, concat("listening on ", config.address, ":", server->port(), ", ledger ", config.origin));
  {
    const Ticker ticker(api, *clock);
    wait_for_stop();
  }
  log_line(program, "stopping");
  server->stop();
  recorder->stop();
  background.stop();
  return {};
}

}  // namespace

int run_daemon(const ProgramOptions& options) {
  if (auto ok = keep_secrets_in_locked_memory(); !ok) return report_fault(program, ok.error());
  if (auto ok = harden_process(); !ok) return report_fault(program, ok.error());
  const auto served = serve(options);
  return served ? 0 : report_fault(program, served.error());
}

}  // namespace sallyport
