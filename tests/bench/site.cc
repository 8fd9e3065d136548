#include "site.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "cli/changes.h"
#include "cli/claimant.h"
#include "cli/files.h"
#include "cli/signing.h"
#include "crypto/base32.h"
#include "shell/wiring/operate.h"

namespace sallyport::bench {
namespace {

using cli::Answer;
using cli::Problem;

constexpr std::chrono::seconds healthy_within{30};
constexpr std::chrono::seconds mail_within{30};
constexpr std::size_t enrolling_threads = 8;  // the mail server takes one mail at a time anyway

// Two signals and one approver, as the demo's `standard`; only the limit of cases is another, so that
// one account serves many.
constexpr std::string_view policy_text = R"(policy: bench
language: 1
signals:
  totp:          {rests_on: [handset], fresh: 10m}
  recovery_code: {rests_on: [code_sheet]}
tiers:
  standard: {signals: 2, approvers: [{at_least: 1, role: desk_lead}], review: {within: 7d, batch: true}}
classes:
  - {name: workforce}
actions:
  password_reset: standard
limits:
  cases_per_account_24h: 1000
  tries_per_signal: 5
  case_lifetime: 8h
  verified_for: 1h
front_door:
  workforce: [[password]]
guarantees:
  - recovery_not_weaker_than_sign_in: all
)";

std::unexpected<Problem> went_wrong(std::string what) {
  return std::unexpected(Problem(Fault{FaultKind::unavailable, std::move(what)}));
}

Result<std::uint16_t> free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd >= 0) ::close(fd);
  if (!bound) return fault(FaultKind::unavailable, "no port is free on the loopback address");
  return ntohs(address.sin_port);
}

std::string code_in(const std::string& mail) {
  constexpr std::string_view words = "The code is ";
  const auto at = mail.find(words);
  if (at == mail.npos) return {};
  const auto rest = std::string_view(mail).substr(at + words.size());
  return std::string(rest.substr(0, rest.find_first_of("\r\n ")));
}

// The processes whose parent is `parent`, by /proc.
std::vector<ServerProcess> children_of(pid_t parent) {
  std::vector<ServerProcess> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    std::ifstream file(entry.path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == text.npos || close == text.npos) continue;
    pid_t ppid = 0;
    const auto after = std::string_view(text).substr(close + 4);  // ") S "
    std::from_chars(after.data(), after.data() + after.size(), ppid);
    if (ppid == parent) out.push_back({text.substr(open + 1, close - open - 1), std::atoi(text.c_str())});
  }
  return out;
}

}  // namespace

Answer<std::unique_ptr<Site>> Site::make(const SiteOptions& options) {
  std::unique_ptr<Site> site(new Site);
  SP_CHECK(site->start(options));
  return site;
}

Answer<cli::Api> Site::connect() const { return cli::Api::connect(server_, ca_); }

Answer<SecretBytes> Site::sign_in(const cli::SoftwarePasskey& passkey) const {
  SP_TRY(auto api, connect());
  SP_TRY(const auto session, cli::sign_in(api, passkey));
  SP_TRY(auto token, session.string_at("token"));
  return SecretBytes::take(std::move(token));
}

Answer<cli::SoftwarePasskey> Site::make_passkey(const std::string& staff) {
  SP_TRY(auto passkey, cli::SoftwarePasskey::create(entropy_, *StaffId::parse(staff), "localhost", server_));
  return passkey;
}

Answer<cli::SoftwarePasskey> Site::appoint(cli::Api& root, const cli::SoftwarePasskey& root_key, const std::string& id,
                                           const std::string& role) {
  SP_TRY(auto passkey, make_passkey(id));
  const auto member = Json::object({{"id", id},
                                    {"person", concat("staff-", id)},
                                    {"organization", "bench"},
                                    {"team", role},
                                    {"roles", Json::array({role})},
                                    {"seats", Json::array({"desk_lead"})},
                                    {"ends_at", to_rfc3339(SystemClock().now() + days(30))},
                                    {"registration", passkey.registration()}});
  SP_TRY(const auto changed, cli::change_organization(root, Json::object({{"enrol", member}}), root_key));
  static_cast<void>(changed);  // the number of the change
  return passkey;
}

Answer<void> Site::put_policy_in_force(cli::Api& root, const cli::SoftwarePasskey& root_key) {
  std::vector<cli::SoftwarePasskey> others;
  for (const auto* id : {"first", "second"}) {
    SP_TRY(auto passkey, appoint(root, root_key, id, "operator"));
    others.push_back(std::move(passkey));
  }
  SP_TRY(const auto proposed, cli::propose_policy(root, {std::string(policy_text), ""}, root_key));
  SP_TRY(const auto number, proposed.int_at("number"));
  for (const auto& passkey : others) {
    SP_TRY(auto api, connect());
    SP_TRY(auto token, sign_in(passkey));
    api.use_token(std::move(token));
    SP_TRY(const auto request, cli::fetch_change(api, static_cast<std::uint64_t>(number)));
    SP_TRY(const auto approved, cli::approve_change(api, request, passkey));
    static_cast<void>(approved);  // the number of the approval
  }
  return {};
}

Answer<void> Site::start(const SiteOptions& options) {
  folder_ = options.folder;
  const auto site = concat(folder_, "/site");
  SP_TRY(const auto port, free_port());
  server_ = concat("https://localhost:", port);
  ca_ = concat(site, "/", site_ca_file);
  SP_TRY(mail_, SmtpSink::start());
  SP_TRY(const auto root_key, make_passkey("root"));
  const auto registration = concat(folder_, "/root.registration.json");
  SP_CHECK(cli::write_public_file(registration, to_text(root_key.registration()), cli::IfExists::refuse));

  const auto program = concat(options.programs, "/sallyport");
  std::vector<std::string> init{program,
                                "init",
                                site,
                                "--environment",
                                "demo",
                                "--organization",
                                "bench",
                                "--rp-id",
                                "localhost",
                                "--origin",
                                server_,
                                "--listen",
                                concat("127.0.0.1:", port),
                                "--smtp",
                                mail_->url(),
                                "--mail-from",
                                "bench@bench.example",
                                "--root",
                                "root",
                                "--root-registration",
                                registration};
  init.insert(init.end(), options.directory_arguments.begin(), options.directory_arguments.end());
  SP_TRY(const auto made, cli::run_to_end(init));
  if (made.status != 0) return went_wrong(concat("`sallyport init` failed: ", made.output));
  SP_TRY(auto started, cli::ChildProcess::start({program, "up", site}, concat(folder_, "/site.log")));
  up_.emplace(std::move(started));
  const auto deadline = std::chrono::steady_clock::now() + healthy_within;
  for (;;) {
    if (auto api = connect(); api && api->get("/healthz")) break;
    if (!up_->running() || std::chrono::steady_clock::now() > deadline)
      return went_wrong(concat("the site does not answer; see ", folder_, "/site.log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  processes_ = children_of(up_->pid());

  SP_TRY(auto root, connect());
  SP_TRY(root_token_, sign_in(root_key));
  root.use_token(SecretBytes::copy_of(root_token_.reveal()));
  SP_TRY(const auto agent, appoint(root, root_key, "agent", "agent"));
  SP_TRY(auto approver, appoint(root, root_key, "approver", "approver"));
  approver_.emplace(std::move(approver));
  SP_CHECK(put_policy_in_force(root, root_key));
  // The executor reads every account of an embedded directory before it answers.
  const auto first = Json::object({{"account", "bench0"}, {"action", "password_reset"}});
  for (auto explained = root.post("/v1/policy/explain", first); !explained;
       explained = root.post("/v1/policy/explain", first)) {
    if (std::chrono::steady_clock::now() > deadline) return std::unexpected(explained.error());
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  SP_TRY(agent_token_, sign_in(agent));
  SP_TRY(approver_token_, sign_in(*approver_));
  return {};
}

Answer<Account> Site::enrol_one(cli::Api& operator_api, cli::Api& holder, std::string login) {
  SP_TRY(const auto invited, operator_api.post("/v1/enrolments", Json::object({{"account", login}})));
  static_cast<void>(invited);
  const auto mail = mail_->wait_for(concat(login, "@private.example"), mail_within);
  if (!mail) return went_wrong(concat("no invitation reached ", login));
  const auto code = code_in(mail->text);
  SP_TRY(const auto enrolled, cli::enrol_claimant(holder, SecretBytes::copy_of(view_of(code))));
  SP_TRY(const auto* totp, enrolled.object_at("totp"));
  SP_TRY(const auto secret, totp->string_at("secret"));
  SP_TRY(const auto* codes, enrolled.array_at("recovery_codes"));
  auto seed = from_base32(secret);
  if (!seed || codes->empty()) return went_wrong(concat("the enrolment of ", login, " gave no secrets"));
  return Account{std::move(login), *std::move(seed), SecretBytes::copy_of(view_of(codes->front().as_string()))};
}

Answer<std::vector<Account>> Site::enrol(std::size_t accounts) {
  std::vector<Account> out;
  std::optional<Problem> problem;
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    auto operator_api = connect();
    auto holder = connect();
    if (!operator_api || !holder) return;
    operator_api->use_token(SecretBytes::copy_of(root_token_.reveal()));
    for (auto n = next++; n < accounts; n = next++) {
      auto account = enrol_one(*operator_api, *holder, concat("bench", n));
      const std::lock_guard lock(mutex);
      if (account) out.push_back(*std::move(account));
      else problem = account.error();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < enrolling_threads; ++i) threads.emplace_back(work);
  }
  if (problem) return std::unexpected(*problem);
  if (out.size() != accounts) return went_wrong("not every account could be enrolled");
  return out;
}

Answer<std::int64_t> Site::ledger_size() const {
  SP_TRY(auto api, connect());
  api.use_token(SecretBytes::copy_of(root_token_.reveal()));
  SP_TRY(const auto note, api.get_text("/v1/ledger/checkpoint"));
  const auto line = note.find('\n') + 1;  // the size stands in the second line
  std::int64_t size = 0;
  std::from_chars(note.data() + line, note.data() + note.size(), size);
  return size;
}

}  // namespace sallyport::bench
