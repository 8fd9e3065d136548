#include "cli/demo_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "base/limits.h"
#include "base/text.h"
#include "cli/changes.h"
#include "cli/claimant.h"
#include "cli/files.h"
#include "cli/signing.h"
#include "crypto/base32.h"

namespace sallyport::cli {
namespace {

constexpr std::uint16_t usual_port = 8443;
constexpr std::chrono::seconds healthy_within{20};
constexpr std::chrono::seconds mail_within{20};

// The port asked for if it is free, else one that is. Somebody may take it before the site does: then
// the site says so, and the demo is run again.
Result<std::uint16_t> free_port(std::uint16_t wanted) {
  for (const auto port : {wanted, std::uint16_t{0}}) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) break;
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    ::close(fd);
    if (bound) return ntohs(address.sin_port);
  }
  return fault(FaultKind::unavailable, "no port is free on the loopback address");
}

// The mails say "The code is ..." on a line of its own.
std::optional<std::string> code_in(const Mail& mail) {
  constexpr std::string_view words = "The code is ";
  const auto at = mail.text.find(words);
  if (at == mail.text.npos) return std::nullopt;
  const auto rest = std::string_view(mail.text).substr(at + words.size());
  return std::string(rest.substr(0, rest.find_first_of("\r\n ")));
}

std::string last_lines(const std::string& file) {
  constexpr std::size_t shown_bytes = 1500;
  auto text = read_file(file);
  if (!text) return {};
  return text->size() <= shown_bytes ? *text : text->substr(text->size() - shown_bytes);
}

}  // namespace

struct DemoWorld::Appointment {
  std::string id, team;
  std::vector<std::string> roles, seats;
};

DemoWorld::~DemoWorld() {
  if (site_) site_->stop();
  if (!remove_folder_) return;
  std::error_code ignored;  // a temporary folder that stays behind harms nobody
  std::filesystem::remove_all(folder_, ignored);
}

std::string DemoWorld::person_file(std::string_view name) const { return concat(folder_, "/people/", name, ".key"); }

Result<void> DemoWorld::choose_folder(const std::string& wanted) {
  if (wanted.empty()) {
    const char* temporary = ::getenv("TMPDIR");
    auto pattern = concat(temporary == nullptr ? "/tmp" : temporary, "/sallyport-demo.XXXXXX");
    if (::mkdtemp(pattern.data()) == nullptr)
      return fault(FaultKind::unavailable, "no temporary folder can be made", "name one with --folder");
    folder_ = pattern;
    remove_folder_ = true;
  } else {
    folder_ = std::filesystem::absolute(wanted).lexically_normal().string();
    SP_CHECK(make_private_folder(folder_));
  }
  site_folder_ = concat(folder_, "/site");
  std::error_code error;
  if (std::filesystem::exists(site_folder_, error))
    return fault(FaultKind::conflict, concat("`", folder_, "` holds a demo already"),
                 concat("remove it, or run it: sallyport up ", site_folder_));
  return make_private_folder(concat(folder_, "/people"));
}

Result<std::string> DemoWorld::find_policy(const std::string& wanted) const {
  if (!wanted.empty()) return read_file(wanted, policy_text_bytes_max);
  for (const auto* place : {"/../../examples/policies/demo.yaml", "/../share/sallyport/policies/demo.yaml"}) {
    auto text = read_file(concat(programs_, place), policy_text_bytes_max);
    if (text || text.error().kind != FaultKind::not_found) return text;
  }
  return fault(FaultKind::not_found, "the demo's policy is not near the program",
               "name it with --policy examples/policies/demo.yaml");
}

Answer<std::unique_ptr<DemoWorld>> DemoWorld::make(const DemoOptions& options, Interruptions& interruptions) {
  if (!options.embedded && options.ldap_env.empty())
    return std::unexpected(
        Problem(Fault{FaultKind::invalid, "no directory is named",
                      "--embedded, or --ldap-env FILE; scripts/demo starts an OpenLDAP and does this for you"}));
  std::unique_ptr<DemoWorld> world(new DemoWorld(interruptions));
  SP_TRY(world->programs_, folder_of_program());
  SP_TRY(world->policy_, world->find_policy(options.policy));
  SP_CHECK(world->choose_folder(options.folder));
  SP_TRY(world->mail_, SmtpSink::start());
  if (options.embedded) {
    SP_TRY(world->directory_, make_embedded_demo(world->folder_, world->site_folder_, world->entropy_));
  } else {
    SP_TRY(world->directory_, open_ldap_demo(options.ldap_env, world->folder_));
  }
  SP_TRY(const auto port, free_port(usual_port));
  world->origin_ = concat("https://localhost:", port);
  world->server_ = world->origin_;
  world->listen_ = concat("127.0.0.1:", port);
  world->ca_ = concat(world->site_folder_, "/", site_ca_file);
  return world;
}

Answer<SoftwarePasskey> DemoWorld::make_passkey(const std::string& name) {
  SP_TRY(auto passkey, SoftwarePasskey::create(entropy_, *StaffId::parse(name), "localhost", origin_));
  SP_CHECK(passkey.save(person_file(name)));
  SP_CHECK(write_public_file(concat(person_file(name), ".registration.json"), to_text(passkey.registration()),
                             IfExists::refuse));
  return passkey;
}

Answer<void> DemoWorld::start_site() {
  SP_TRY(auto passkey, make_passkey("root"));
  const auto program = concat(programs_, "/sallyport");
  std::vector<std::string> init{program,
                                "init",
                                site_folder_,
                                "--environment",
                                "demo",
                                "--organization",
                                "alderfinch",
                                "--rp-id",
                                "localhost",
                                "--origin",
                                origin_,
                                "--listen",
                                listen_,
                                "--admin-group",
                                "Domain Admins",
                                "--executive-group",
                                "Executives",
                                "--account-mail-domain",
                                "alderfinch.example",
                                "--smtp",
                                mail_->url(),
                                "--mail-from",
                                "recovery@alderfinch.example",
                                "--root",
                                "root",
                                "--root-registration",
                                concat(person_file("root"), ".registration.json")};
  for (auto& argument : directory_->init_arguments()) init.push_back(std::move(argument));
  SP_TRY(const auto made, run_to_end(init));
  SP_CHECK(remove_file(concat(folder_, "/people.json")));  // starting passwords of the embedded directory, needed once
  if (made.status != 0)
    return std::unexpected(Problem(Fault{FaultKind::rejected, concat("`sallyport init` failed: ", made.output)}));
  SP_TRY(auto started, ChildProcess::start({program, "up", site_folder_}, concat(folder_, "/site.log")));
  site_.emplace(std::move(started));
  SP_CHECK(wait_until_healthy());
  SP_TRY(auto desk, at_desk(std::move(passkey)));
  root_.emplace(std::move(desk));
  return {};
}

Answer<void> DemoWorld::wait_until_healthy() {
  const auto deadline = std::chrono::steady_clock::now() + healthy_within;
  const auto log = concat(folder_, "/site.log");
  while (std::chrono::steady_clock::now() < deadline) {
    if (auto api = nobody(); api && api->get("/healthz")) return {};
    if (!site_->running())
      return std::unexpected(
          Problem(Fault{FaultKind::unavailable, concat("the site stopped: ", last_lines(log)), concat("see ", log)}));
    if (interruptions_.wait(std::chrono::milliseconds(100)))
      return std::unexpected(Problem(Fault{FaultKind::rejected, "interrupted"}));
  }
  return std::unexpected(Problem(Fault{FaultKind::unavailable, "the site does not answer", concat("see ", log)}));
}

Answer<Staff> DemoWorld::at_desk(SoftwarePasskey passkey) {
  SP_TRY(auto api, nobody());
  SP_TRY(const auto session, sign_in(api, passkey));
  SP_TRY(auto token, session.string_at("token"));
  api.use_token(SecretBytes::take(std::move(token)));
  return Staff{std::move(passkey), std::move(api)};
}

Answer<Staff> DemoWorld::appoint(const Appointment& a) {
  SP_TRY(auto passkey, make_passkey(a.id));
  const auto list = [](const std::vector<std::string>& values) {
    return Json(Json::Array(values.begin(), values.end()));
  };
  const auto member = Json::object({{"id", a.id},
                                    {"person", concat("staff-", a.id)},
                                    {"organization", "alderfinch"},
                                    {"team", a.team},
                                    {"roles", list(a.roles)},
                                    {"seats", list(a.seats)},
                                    {"ends_at", to_rfc3339(clock_.now() + days(30))},
                                    {"registration", passkey.registration()}});
  SP_TRY(const auto changed, change_organization(root_->api, Json::object({{"enrol", member}}), root_->passkey));
  static_cast<void>(changed);  // the number of the change
  return at_desk(std::move(passkey));
}

Answer<void> DemoWorld::appoint_staff() {
  SP_TRY(auto una, appoint({"una", "security", {"operator"}, {}}));
  una_.emplace(std::move(una));
  SP_TRY(auto uwe, appoint({"uwe", "security", {"operator"}, {}}));
  uwe_.emplace(std::move(uwe));
  SP_TRY(auto tom, appoint({"tom", "help_desk", {"agent", "approver"}, {"desk_lead"}}));
  tom_.emplace(std::move(tom));
  SP_TRY(auto ada, appoint({"ada", "people", {"approver"}, {"desk_lead"}}));
  ada_.emplace(std::move(ada));
  SP_TRY(auto rea, appoint({"rea", "audit", {"reviewer"}, {}}));
  rea_.emplace(std::move(rea));
  return {};
}

Answer<void> DemoWorld::activate_policy() {
  SP_TRY(const auto proposed, propose_policy(rea_->api, {policy_, ""}, rea_->passkey));
  SP_TRY(const auto number, proposed.int_at("number"));
  for (auto* by : {&*una_, &*uwe_}) {
    SP_TRY(const auto request, fetch_change(by->api, static_cast<std::uint64_t>(number)));
    SP_TRY(const auto approved, approve_change(by->api, request, by->passkey));
    static_cast<void>(approved);  // the number of the approval
  }
  return {};
}

Answer<Drawer> DemoWorld::enrol_holder(const std::string& login) {
  SP_TRY(const auto invited, root_->api.post("/v1/enrolments", Json::object({{"account", login}})));
  static_cast<void>(invited);
  const auto mail = mail_->wait_for(concat(login, "@alderfinch.example"), mail_within);
  const auto code = mail ? code_in(*mail) : std::nullopt;
  if (!code) return std::unexpected(Problem(Fault{FaultKind::unavailable, concat("no invitation reached ", login)}));
  SP_TRY(auto api, nobody());
  SP_TRY(const auto enrolled, enrol_claimant(api, SecretBytes::copy_of(view_of(*code))));
  SP_TRY(const auto* totp, enrolled.object_at("totp"));
  SP_TRY(const auto secret, totp->string_at("secret"));
  SP_TRY(const auto* codes, enrolled.array_at("recovery_codes"));
  Drawer out;
  auto seed = from_base32(secret);
  if (!seed) return std::unexpected(Problem(Fault{FaultKind::invalid, "the authenticator's secret is not base32"}));
  out.totp_seed = *std::move(seed);
  for (const auto& item : *codes)
    if (item.is_string()) out.recovery_codes.push_back(SecretBytes::copy_of(view_of(item.as_string())));
  if (out.recovery_codes.empty())
    return std::unexpected(Problem(Fault{FaultKind::invalid, "no recovery codes were given"}));
  return out;
}

}  // namespace sallyport::cli
