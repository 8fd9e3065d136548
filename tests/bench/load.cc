#include "load.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <type_traits>

#include "base/text.h"
#include "cli/claimant.h"
#include "core/cases/statement.h"
#include "crypto/hpke.h"
#include "crypto/totp.h"

namespace sallyport::bench {
namespace {

using cli::Answer;
using cli::Problem;
using Clock = std::chrono::steady_clock;
using Latencies = std::map<std::string, std::vector<std::int64_t>>;

constexpr std::chrono::seconds outcome_within{60};

std::int64_t us_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

std::unexpected<Problem> went_wrong(std::string what) {
  return std::unexpected(Problem(Fault{FaultKind::unknown, std::move(what)}));
}

// Accounts whose authenticator has a code that was not used. The one that rested longest goes first.
class Pool {
 public:
  explicit Pool(std::vector<Account>& accounts) {
    for (auto& account : accounts) resting_.push_back(&account);
    std::ranges::sort(resting_, {}, &Account::last_step);
  }
  Account* take() {
    const std::lock_guard lock(mutex_);
    const auto step = totp_step_at(SystemClock().now());
    if (resting_.empty() || resting_.front()->last_step > step) return nullptr;
    auto* account = resting_.front();
    resting_.pop_front();
    // One step ahead is within the server's window, so a rested account serves twice in 30 seconds.
    account->last_step = std::max(account->last_step + 1, step);
    return account;
  }
  void give_back(Account* account) {
    const std::lock_guard lock(mutex_);
    resting_.push_back(account);
  }

 private:
  std::mutex mutex_;
  std::deque<Account*> resting_;
};

struct Finished {
  Clock::time_point at;
  Latencies calls;
};

class User {
 public:
  User(const Site& site, cli::Api api)
      : site_(site), api_(std::move(api)), agent_(site.agent_token()), approver_(site.approver_token()) {}

  Answer<Latencies> play(Account& account) {
    calls_.clear();
    const auto start = Clock::now();
    act_as(agent_);
    SP_TRY(const auto opened, timed("open", [&] {
             return api_.post("/v1/cases", Json::object({{"account", account.login},
                                                         {"action", "password_reset"},
                                                         {"channel", "phone"},
                                                         {"ticket", "B-1"},
                                                         {"reason", "measured"}}));
           }));
    SP_TRY(const auto id, opened.string_at("case"));
    SP_TRY(const auto code, opened.string_at("join_code"));
    SP_TRY(const auto joined, timed("join", [&] { return cli::join_case(api_, SecretBytes::copy_of(view_of(code))); }));
    const auto claimant = SecretBytes::copy_of(view_of(joined.token));
    act_as(claimant);
    SP_CHECK(give_signals(account));
    SP_CHECK(seal(id));
    SP_CHECK(approve(id));
    act_as(claimant);
    SP_CHECK(timed("outcome", [&] { return wait_for_outcome(); }));
    calls_["whole case"].push_back(us_since(start));
    return std::move(calls_);
  }

 private:
  template <typename Call>
  std::invoke_result_t<Call> timed(const std::string& name, Call call) {
    const auto start = Clock::now();
    auto answer = call();
    calls_[name].push_back(us_since(start));
    return answer;
  }
  void act_as(const SecretBytes& token) { api_.use_token(SecretBytes::copy_of(token.reveal())); }

  Answer<void> give_signals(Account& account) {
    const auto six_digits = totp_code(account.totp_seed, account.last_step);
    SP_TRY(const auto first,
           timed("totp", [&] { return cli::give_signal(api_, "totp", SecretBytes::copy_of(view_of(six_digits))); }));
    SP_TRY(const auto first_result, first.string_at("result"));
    SP_TRY(const auto second,
           timed("recovery_code", [&] { return cli::give_signal(api_, "recovery_code", account.recovery_code); }));
    SP_TRY(const auto second_result, second.string_at("result"));
    if (first_result != "passed" || second_result != "passed") return went_wrong("a signal did not pass");
    SP_TRY(auto replacement, second.string_at("replacement"));
    account.recovery_code = SecretBytes::take(std::move(replacement));
    return {};
  }

  Answer<void> seal(const std::string& id) {
    SP_TRY(const auto offered, timed("executor_key", [&] { return api_.get("/claimant/v1/executor-key"); }));
    SP_TRY(const auto key_text, offered.string_at("key"));
    const auto key = from_base64url(key_text);
    if (!key) return went_wrong("the executor's key is not base64url");
    SP_TRY(auto ephemeral, entropy_.bytes(hpke_ikm_length_min));
    SP_TRY(const auto password, entropy_.bytes(18));
    SP_TRY(const auto sealed,
           hpke_seal(*key, view_of(cli::sealed_secret_info), view_of(id), SecretBytes::take(to_base64url(password)),
                     SecretBytes::take(std::move(ephemeral))));
    SP_CHECK(timed("seal", [&] {
      return api_.post("/claimant/v1/sealed-secret", Json::object({{"enc", to_base64url(sealed.enc)},
                                                                   {"ciphertext", to_base64url(sealed.ciphertext)}}));
    }));
    return {};
  }

  Answer<void> approve(const std::string& id) {
    act_as(approver_);
    SP_TRY(const auto asked, timed("statement", [&] { return api_.get(concat("/v1/cases/", id, "/statement")); }));
    SP_TRY(const auto statement, asked.string_at("statement"));
    const auto body = Json::object({{"assertion", site_.approver().sign(approval_domain, statement)}});
    SP_CHECK(timed("approve", [&] { return api_.post(concat("/v1/cases/", id, "/approvals"), body); }));
    return {};
  }

  Answer<void> wait_for_outcome() {
    const auto deadline = Clock::now() + outcome_within;
    SP_TRY(auto view, cli::claimant_case(api_));
    for (;;) {
      SP_TRY(const auto phase, view.string_at("phase"));
      if (phase == "closed") break;
      if (Clock::now() > deadline) return went_wrong(concat("the case is still ", phase));
      SP_TRY(const auto version, view.int_at("version"));
      SP_TRY(view, cli::claimant_case(api_, std::to_string(version)));
    }
    SP_TRY(const auto result, view.string_at("result"));
    if (result != "done") return went_wrong(concat("the case ended ", result));
    return {};
  }

  const Site& site_;
  cli::Api api_;
  SecretBytes agent_, approver_;
  SystemEntropy entropy_;
  Latencies calls_;
};

// User and system time of a process so far; 0 when it is gone.
std::int64_t cpu_us(pid_t pid) {
  std::ifstream file(concat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(file, text);
  const auto close = text.rfind(')');
  if (close == text.npos) return 0;
  std::istringstream rest(text.substr(close + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) rest >> skipped;  // proc(5): utime and stime are the 14th and 15th
  std::int64_t user = 0, system = 0;
  rest >> user >> system;
  return (user + system) * 1'000'000 / ::sysconf(_SC_CLK_TCK);
}

std::vector<ServerProcess> watched(const Site& site, pid_t slapd) {
  auto all = site.processes();
  if (slapd != 0) all.push_back({"slapd", slapd});
  return all;
}

std::map<std::string, std::int64_t> cpu_of(const std::vector<ServerProcess>& processes) {
  std::map<std::string, std::int64_t> out;
  for (const auto& p : processes) out[p.name] = cpu_us(p.pid);
  return out;
}

std::int64_t at_rank(const std::vector<std::int64_t>& sorted, std::size_t percent) {
  return sorted.empty() ? 0 : sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

Json spread(std::vector<std::int64_t> values) {
  std::ranges::sort(values);
  return Json::object({{"n", values.size()}, {"p50_us", at_rank(values, 50)}, {"p99_us", at_rank(values, 99)}});
}

// What the cases took that ended in the window.
void add_cases(Json& report, const std::vector<Finished>& finished, Clock::time_point from, Clock::time_point to) {
  Latencies all;
  std::size_t cases = 0;
  for (const auto& one : finished) {
    if (one.at < from || one.at > to) continue;
    ++cases;
    std::int64_t requests = 0;
    for (const auto& [name, values] : one.calls) {
      all[name].insert(all[name].end(), values.begin(), values.end());
      if (name != "whole case" && name != "outcome")
        for (const auto value : values) requests += value;
    }
    all["all requests before the outcome"].push_back(requests);
  }
  Json calls = Json::object();
  for (const auto& [name, values] : all) calls.set(name, spread(values));
  report.set("cases", cases);
  report.set("calls", std::move(calls));
}

}  // namespace

Answer<Json> run_load(const Site& site, std::vector<Account>& accounts, const LoadOptions& options) {
  Pool pool(accounts);
  std::mutex mutex;
  std::vector<Finished> finished;
  std::size_t failed = 0, starved = 0;
  std::string first_failure;
  const auto begin = Clock::now();
  const auto from = begin + options.warm_up;
  const auto to = from + options.measured;
  const auto work = [&] {
    auto api = site.connect();
    if (!api) return;
    User user(site, *std::move(api));
    while (Clock::now() < to) {
      auto* account = pool.take();
      if (account == nullptr) {
        const std::lock_guard lock(mutex);
        ++starved;
        return;
      }
      auto played = user.play(*account);
      const std::lock_guard lock(mutex);
      if (played) {
        finished.push_back({Clock::now(), *std::move(played)});
        pool.give_back(account);
        continue;
      }
      // Its recovery code may be lost with the answer: such an account is put aside.
      if (failed++ == 0) first_failure = concat(played.error().title, ": ", played.error().detail);
    }
  };
  const auto processes = watched(site, options.slapd);
  std::vector<std::jthread> users;
  for (std::size_t i = 0; i < options.users; ++i) users.emplace_back(work);
  std::this_thread::sleep_until(from);
  const auto cpu_before = cpu_of(processes);
  SP_TRY(const auto size_before, site.ledger_size());
  std::this_thread::sleep_until(to);
  const auto cpu_after = cpu_of(processes);
  SP_TRY(const auto size_after, site.ledger_size());
  users.clear();  // joins

  Json report = Json::object({{"users", options.users},
                              {"window_us", std::chrono::duration_cast<std::chrono::microseconds>(to - from).count()},
                              {"failed", failed},
                              {"first_failure", first_failure},
                              {"starved", starved},
                              {"entries", size_after - size_before}});
  Json cpu = Json::object();
  for (const auto& [name, after] : cpu_after) cpu.set(name, after - cpu_before.at(name));
  report.set("cpu_us", std::move(cpu));
  add_cases(report, finished, from, to);
  return report;
}

Json resident_set(const Site& site) {
  Json out = Json::object();
  for (const auto& process : site.processes()) {
    std::ifstream status(concat("/proc/", process.pid, "/status"));
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) out.set(process.name, std::atoll(line.c_str() + 6));
    // What two processes share counts half for each: the sum is what both take from the machine.
    std::ifstream shared(concat("/proc/", process.pid, "/smaps_rollup"));
    for (std::string line; std::getline(shared, line);)
      if (line.starts_with("Pss:")) out.set(concat(process.name, " (PSS)"), std::atoll(line.c_str() + 4));
  }
  return out;
}

}  // namespace sallyport::bench
