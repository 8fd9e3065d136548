// bench_load: the measuring half of scripts/bench. Prints JSON with integers (microseconds, KiB, counts).
//
//   bench_load cases PROGRAMS FOLDER ACCOUNTS USERS,USERS SECONDS SLAPD_PID DIRECTORY_ARGUMENT...
//   bench_load slapd URL CA BIND_DN BIND_PASSWORD_FILE PEOPLE ACCOUNTS CONNECTIONS,CONNECTIONS SECONDS
//   bench_load fdatasync FILE SECONDS
//   bench_load store LEDGER STORE LOG_KEY        fills a store, with its views, from a ledger of bench_make_ledger
//   bench_load start URL CA PROGRAM CONFIG       from exec to the first answer of GET /healthz
//
// It drives a site of its own over HTTPS and knows nothing of the servers' insides, but for `store`.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <thread>

#include "app/projection.h"
#include "base/text.h"
#include "cli/files.h"
#include "core/ledger/ledger_file.h"
#include "load.h"
#include "shell/directories/ldap_connection.h"
#include "shell/store/sqlite_event_store.h"

namespace sallyport::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Arguments = std::vector<std::string>;

[[noreturn]] void stop(const std::string& why) {
  std::fprintf(stderr, "bench_load: %s\n", why.c_str());
  std::exit(1);
}

template <typename T>
T must(Result<T> result) {
  if (!result) stop(result.error().what);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

template <typename T>
T must(cli::Answer<T> answer) {
  if (!answer) stop(concat(answer.error().title, ": ", answer.error().detail));
  if constexpr (!std::is_void_v<T>) return *std::move(answer);
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) stop(concat("`", text, "` is not a number"));
  return value;
}

std::vector<std::size_t> numbers(std::string_view text) {
  std::vector<std::size_t> out;
  for (;;) {
    const auto comma = text.find(',');
    out.push_back(number(text.substr(0, comma)));
    if (comma == text.npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::int64_t us_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

Json cases(const Arguments& a) {
  if (a.size() < 7) stop("cases: arguments are missing");
  const auto site = must(Site::make({a[0], a[1], {a.begin() + 6, a.end()}}));
  Json report = Json::object({{"rss_idle_kib", resident_set(*site)}});
  const auto start = Clock::now();
  auto accounts = must(site->enrol(number(a[2])));
  report.set("enrolment", Json::object({{"accounts", accounts.size()}, {"us", us_since(start)}}));
  Json levels = Json::array();
  for (const auto users : numbers(a[3])) {
    LoadOptions options;
    options.users = users;
    options.measured = std::chrono::seconds(number(a[4]));
    options.slapd = static_cast<pid_t>(number(a[5]));
    levels.push(must(run_load(*site, accounts, options)));
  }
  report.set("levels", std::move(levels));
  report.set("rss_after_kib", resident_set(*site));
  return report;
}

// What the directory does in a second when nobody stands before it: userPassword replaced over the
// rights that the executor has, so hashed and checked by the server's own rules. On accounts of its
// own (`plain0`, ...): slapd compares with every password an account had, so used ones are slower.
Json slapd(const Arguments& a) {
  if (a.size() != 8) stop("slapd: arguments are missing");
  const auto accounts = number(a[5]);
  const auto length = std::chrono::seconds(number(a[7]));
  Json levels = Json::array();
  for (const auto connections : numbers(a[6])) {
    std::atomic<std::size_t> done = 0, failed = 0;
    const auto begin = Clock::now();
    const auto work = [&](std::size_t which) {
      LdapConfig config;
      config.url = a[0];
      config.ca_file = a[1];
      config.bind_dn = a[2];
      config.bind_password = must(cli::read_private_file(a[3]));
      config.people_base = a[4];
      const auto connection = must(LdapConnection::open(config, Clock::now() + std::chrono::seconds(20)));
      for (std::size_t n = which; Clock::now() < begin + length; n += connections) {
        const auto password = concat("Measured-", which, "-", us_since(begin), "-", ::getpid());
        const auto answer = connection->modify({concat("uid=plain", n % accounts, ",", a[4]),
                                                {{LdapChange::Kind::replace, "userPassword", {view_of(password)}}},
                                                "(objectClass=inetOrgPerson)",  // no write goes out unguarded
                                                false},
                                               Clock::now() + std::chrono::seconds(20));
        if (answer.got == LdapAnswer::Got::answer && answer.code == 0) ++done;
        else if (failed++ == 0)
          std::fprintf(stderr, "slapd refuses a write: %d %s\n", answer.code, answer.diagnostic.c_str());
        if (connection->broken()) return;
      }
    };
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < connections; ++i) threads.emplace_back(work, i);
    }
    levels.push(Json::object(
        {{"connections", connections}, {"writes", done.load()}, {"failed", failed.load()}, {"us", us_since(begin)}}));
  }
  return Json::object({{"levels", std::move(levels)}});
}

Json fdatasyncs(const Arguments& a) {
  if (a.size() != 2) stop("fdatasync: FILE SECONDS");
  const int file = ::open(a[0].c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) stop(concat("cannot make `", a[0], "`"));
  const Bytes page(4096, 0x5a);
  const auto begin = Clock::now();
  const auto length = std::chrono::seconds(number(a[1]));
  std::size_t count = 0;
  for (; Clock::now() < begin + length; ++count)
    if (::write(file, page.data(), page.size()) != 4096 || ::fdatasync(file) != 0)
      stop("the disk does not take the file");
  ::close(file);
  return Json::object({{"flushes", count}, {"us", us_since(begin)}});
}

// Entries as the daemon would have written them: one batch a decision would be fewer batches, so the
// time this takes says little.
Json fill_store(const Arguments& a) {
  if (a.size() != 3) stop("store: LEDGER STORE LOG_KEY");
  constexpr std::string_view origin = "ledger.example.org/test";  // bench_make_ledger's
  constexpr std::ptrdiff_t in_flight_max = 2048;                  // half the store's queue
  const auto seed = [&] { return SecretBytes::take(Bytes(32, static_cast<std::uint8_t>(number(a[2])))); };
  const auto trusted = must(verifier_key_of(origin, must(Ed25519SigningKey::from_seed(seed()))));
  const int file = ::open(a[0].c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) stop(concat("cannot read `", a[0], "`"));
  LedgerFileReader reader([file](std::span<std::uint8_t> target) -> Result<std::size_t> {
    std::size_t got = 0;
    while (got < target.size()) {
      const auto n = ::read(file, target.data() + got, target.size() - got);
      if (n < 0) return fault(FaultKind::unavailable, "the ledger cannot be read");
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  });
  const auto begin = Clock::now();
  std::counting_semaphore<> free(in_flight_max);
  std::map<CaseId, CaseState> open;
  std::uint64_t entries = 0;
  {
    const auto store =
        must(SqliteEventStore::open({a[1], std::string(origin), seed(), [](const Fault& f) { stop(f.what); }}));
    const auto report = must(verify_ledger_file(reader, trusted, [&](std::uint64_t, std::string_view bytes) {
      const auto entry = must(decode_entry(bytes));
      std::vector<RowWrite> rows;
      if (const auto* event = std::get_if<CaseEvent>(&entry.event)) {
        const auto id = case_of_stream(entry.stream);
        if (!id) stop("a case's event stands in another stream");
        auto& state = open[*id];
        state.id = *id;
        const auto before = state;
        must(evolve(state, *event, entry.at));
        rows = project(before, state);
        if (state.closed) open.erase(*id);
      } else {
        rows = project(entry);
      }
      ++entries;
      free.acquire();
      store->append({entry.stream, entry.version, {std::string(bytes)}, std::move(rows), {}},
                    [&free](Result<Appended> done) {
                      if (!done) stop(done.error().what);
                      free.release();
                    });
    }));
    if (!report.sound()) stop("the ledger is not sound");
  }
  ::close(file);
  return Json::object({{"entries", entries}, {"us", us_since(begin)}});
}

Json first_answer(const Arguments& a) {
  if (a.size() != 4) stop("start: URL CA PROGRAM CONFIG");
  constexpr std::chrono::seconds patience{120};
  auto client = must(HttpClient::create({.base_url = a[0], .ca_file = a[1]}));
  const auto begin = Clock::now();
  auto child = must(cli::ChildProcess::start({a[2], a[3]}, concat(a[3], ".log")));
  for (;;) {
    const auto answer = client.request("GET", "/healthz");
    if (answer && answer->status == 200) break;
    if (!child.running() || Clock::now() > begin + patience)
      stop(concat("the server does not answer; see ", a[3], ".log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const auto took = us_since(begin);
  child.stop();
  return Json::object({{"us", took}});
}

int run(int argc, char** argv) {
  if (argc < 2) stop("usage: bench_load cases|slapd|fdatasync|store|start ARGUMENTS; scripts/bench calls it");
  const std::string_view verb = argv[1];
  const Arguments arguments(argv + 2, argv + argc);
  const auto report = verb == "cases"       ? cases(arguments)
                      : verb == "slapd"     ? slapd(arguments)
                      : verb == "fdatasync" ? fdatasyncs(arguments)
                      : verb == "store"     ? fill_store(arguments)
                      : verb == "start"     ? first_answer(arguments)
                                            : (stop(concat("unknown: ", verb)), Json());
  std::puts(to_text(report).c_str());
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) { return sallyport::bench::run(argc, argv); }
