// `sallyport init`: makes a site's folder: keys, configurations, the ledger with its first entry.
// Nothing is overwritten: the folder must be new or empty.
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <future>

#include "app/projection.h"
#include "app/registration.h"
#include "base/text.h"
#include "core/ledger/entry.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "shell/config/config.h"
#include "shell/directories/embedded_directory.h"
#include "shell/store/sqlite_event_store.h"
#include "shell/wiring/operate.h"
#include "shell/wiring/process.h"
#include "shell/wiring/system.h"

extern char** environ;

namespace sallyport {
namespace {

constexpr std::string_view program = "sallyport init";
constexpr std::size_t registration_bytes_max = 64 * 1024;
constexpr std::size_t seed_bytes_max = 16 * 1024 * 1024;
constexpr unsigned demo_kdf_iterations = 10'000;  // made-up passwords: a demo should not take a minute to begin

Result<void> write_file(const std::string& path, std::string_view text, mode_t mode) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return fault(FaultKind::conflict, concat("cannot make ", path), "choose a new folder");
  std::size_t written = 0;
  while (written < text.size()) {
    const auto n = write(file, text.data() + written, text.size() - written);
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  const bool synced = fsync(file) == 0;
  const bool closed = close(file) == 0;
  if (written != text.size() || !synced || !closed)
    return fault(FaultKind::unavailable, concat("cannot write ", path), "check the disk");
  return {};
}

Result<SecretBytes> new_key(const std::string& path, Entropy& entropy) {
  SP_TRY(auto bytes, entropy.bytes(32));
  auto hex = to_hex(bytes) + "\n";
  const auto written = write_file(path, hex, 0600);
  wipe(hex);
  SP_CHECK(written);
  return SecretBytes::take(std::move(bytes));
}

Result<void> make_folders(const std::string& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) && !std::filesystem::is_empty(folder, error))
    return fault(FaultKind::conflict, concat(folder, " is not empty"),
                 "choose a new folder; an existing site is never overwritten");
  for (const auto* part : {"", "/keys", "/tls", "/run"}) {
    std::filesystem::create_directories(folder + part, error);
    if (error || chmod((folder + part).c_str(), 0700) != 0)
      return fault(FaultKind::unavailable, concat("cannot make ", folder, part),
                   "check the rights on the folder above");
  }
  return {};
}

// A certificate for demos, made by the openssl command; production brings its own.
Result<void> make_demo_certificate(const std::string& folder) {
  const auto key = concat(folder, "/tls/key.pem");
  const auto certificate = concat(folder, "/tls/ca.pem");
  std::array<std::string, 18> words{"openssl",
                                    "req",
                                    "-x509",
                                    "-newkey",
                                    "ec",
                                    "-pkeyopt",
                                    "ec_paramgen_curve:P-256",
                                    "-nodes",
                                    "-days",
                                    "30",
                                    "-subj",
                                    "/CN=localhost",
                                    "-addext",
                                    "subjectAltName=DNS:localhost,IP:127.0.0.1",
                                    "-keyout",
                                    key,
                                    "-out",
                                    certificate};
  std::array<char*, 19> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int spawned = posix_spawnp(&child, "openssl", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 1;
  if (spawned == 0) waitpid(child, &status, 0);
  if (spawned != 0 || status != 0 || chmod(key.c_str(), 0600) != 0)
    return fault(FaultKind::unavailable, "the openssl command could not make a certificate",
                 "install openssl, or give --tls-certificate and --tls-key");
  return {};
}

// A path of the user's becomes absolute: configurations are read from another folder.
std::string absolute(const std::string& path) { return path.empty() ? path : std::filesystem::absolute(path).string(); }

// YAML single quotes: the one character to double is the quote itself.
std::string yaml_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string yaml_quoted_list(const std::vector<std::string>& items) {
  std::string out = "[";
  for (const auto& item : items) out += concat(out.size() > 1 ? ", " : "", yaml_quoted(item));
  return out + "]";
}

std::string daemon_config(const InitOptions& o, const std::string& origin) {
  const bool own_certificate = !o.tls_certificate_file.empty();
  auto text =
      concat("# sallyportd: faces the network, holds no directory credential. Paths are relative to this file.\n",
             "sallyportd: 1\norigin: ", yaml_quoted(origin), "\nstore: ledger.sqlite\nledger_key: keys/ledger.key\n",
             "store_key: keys/store.key\nlisten: ", yaml_quoted(o.listen),
             "\ntls: {certificate: ", yaml_quoted(own_certificate ? absolute(o.tls_certificate_file) : "tls/ca.pem"),
             ", key: ", yaml_quoted(own_certificate ? absolute(o.tls_key_file) : "tls/key.pem"),
             "}\nsockets: run\nexecutor_uid: ", geteuid(), "\nmail:\n  url: ", yaml_quoted(o.smtp_url),
             "\n  from: ", yaml_quoted(o.mail_from), "\n");
  if (!o.smtp_ca_file.empty()) text += concat("  ca: ", yaml_quoted(absolute(o.smtp_ca_file)), "\n");
  if (!o.smtp_username.empty())
    text += concat("  username: ", yaml_quoted(o.smtp_username),
                   "\n  password_file: ", yaml_quoted(absolute(o.smtp_password_file)), "\n");
  text +=
      concat("# Mailboxes at these domains are opened with the very accounts that are recovered, and never count.\n",
             "account_mail_domains: ", yaml_quoted_list(o.account_mail_domains), "\n");
  return text;
}

// 0: the directory's default.
std::uint32_t kdf_iterations(const InitOptions& o) {
  const auto* embedded = std::get_if<EmbeddedSource>(&o.directory);
  if (embedded == nullptr) return 0;
  if (embedded->kdf_iterations == 0 && o.environment == "demo") return demo_kdf_iterations;
  return embedded->kdf_iterations;
}

std::string executor_config(const InitOptions& o, const Digest& genesis) {
  auto text = concat(
      "# sallyport-exec: holds the directory's credentials, listens on a local socket only.\n",
      "sallyport_exec: 1\nstore: ledger.sqlite\n# Hash of the ledger's first entry: the root of trust.\ngenesis: ",
      to_hex(genesis), "\nkey: keys/executor.key\nsockets: run\ndaemon_uid: ", geteuid(),
      "\ndirectory:\n  id: main\n  organization: ", o.organization, "\n");
  if (const auto* ldap = std::get_if<LdapSource>(&o.directory)) {
    text += concat("  kind: ldap\n  url: ", yaml_quoted(ldap->url), "\n");
    if (ldap->url.starts_with("ldap://")) text += "  start_tls: true\n";
    text += concat("  ca: ", yaml_quoted(absolute(ldap->ca_file)), "\n  bind_dn: ", yaml_quoted(ldap->bind_dn),
                   "\n  bind_password_file: ", yaml_quoted(absolute(ldap->bind_password_file)),
                   "\n  people_base: ", yaml_quoted(ldap->people_base), "\n");
    if (!ldap->groups_base.empty()) text += concat("  groups_base: ", yaml_quoted(ldap->groups_base), "\n");
  } else {
    text += concat("  kind: embedded\n  file: ", site_embedded_directory_file, "\n");
    const auto iterations = kdf_iterations(o);
    if (iterations > 0) text += concat("  kdf_iterations: ", iterations, "\n");
  }
  text += concat("  admin_groups: ", yaml_quoted_list(o.admin_groups),
                 "\n  executive_groups: ", yaml_quoted_list(o.executive_groups), "\n");
  return text;
}

Result<LedgerOpened> opening(const InitOptions& o, const std::string& origin, const HpkePublicKey& executor_key,
                             Instant now) {
  LedgerOpened opened;
  opened.origin = origin;
  if (o.environment != "demo" && o.environment != "production")
    return fault(FaultKind::invalid, concat("`", o.environment, "` is not an environment"), "write demo or production");
  opened.environment = o.environment == "demo" ? Environment::demo : Environment::production;
  opened.rp_id = o.rp_id;
  opened.origins = {o.origin};
  opened.executor_key.assign(executor_key.begin(), executor_key.end());
  const auto id = StaffId::parse(o.root_id);
  const auto organization = OrganizationId::parse(o.organization);
  const auto person = PersonId::parse(o.root_person.empty() ? concat("staff-", o.root_id) : o.root_person);
  if (!id || !organization || !person)
    return fault(FaultKind::invalid, "the operator's, their person's and the organization's names must be ids",
                 "use a-z, 0-9, - _ .");
  SP_TRY(const auto text, read_text_file(o.root_registration_file, registration_bytes_max));
  SP_TRY(const auto registration, parse_json(text));
  opened.root = {
      *id, *person, *organization, *TeamId::parse("operators"), {StaffRole::operator_}, {}, now + o.root_appointment,
      {}};
  SP_TRY(opened.root.passkey,
         passkey_from_registration(registration, *id, {opened.environment, o.rp_id, opened.origins}));
  if (opened.root.passkey.software && opened.environment == Environment::production)
    return fault(FaultKind::rejected, "a production ledger takes no software passkey",
                 "register a security key or platform authenticator with attestation");
  return opened;
}

struct Opened {
  Digest genesis;
  std::string verifier_key;
};

Result<Opened> open_ledger(const InitOptions& o, const std::string& origin, SecretBytes seed,
                           const HpkePublicKey& executor_key) {
  SP_TRY(const auto opened, opening(o, origin, executor_key, SystemClock().now()));
  SP_TRY(const auto store,
         SqliteEventStore::open({o.folder + "/ledger.sqlite", origin, std::move(seed), [](const Fault&) {}}));
  const LedgerEntry entry{std::string(organization_stream), 0, SystemClock().now(), OrganizationEvent(opened)};
  const auto bytes = encode_entry(entry);
  auto promise = std::make_shared<std::promise<Result<Appended>>>();
  auto future = promise->get_future();
  store->append({entry.stream, 0, {bytes}, project(entry), {}},
                [promise](Result<Appended> r) { promise->set_value(std::move(r)); });
  SP_TRY(const auto appended, future.get());
  if (appended.first_index != 0) return fault(FaultKind::conflict, "the ledger was not empty", "choose a new folder");
  return Opened{hash_leaf(view_of(bytes)), to_string(store->verifier_key())};
}

Result<std::size_t> fill_embedded(const InitOptions& o, const EmbeddedSource& source) {
  SP_TRY(const auto text, read_text_file(source.seed_file, seed_bytes_max));
  SP_TRY(const auto seed, parse_json(text));
  SystemEntropy entropy;
  EmbeddedConfig config;
  config.directory = *DirectoryId::parse("main");
  config.organization = *OrganizationId::parse(o.organization);
  config.path = concat(o.folder, "/", site_embedded_directory_file);
  if (const auto iterations = kdf_iterations(o); iterations > 0) config.kdf_iterations = iterations;
  SP_TRY(const auto directory, EmbeddedDirectory::open(std::move(config), entropy));
  return directory->import_seed(seed);
}

Result<Opened> init(const InitOptions& o) {
  if (o.environment != "demo" && o.tls_certificate_file.empty())
    return fault(FaultKind::invalid, "production needs a certificate", "give --tls-certificate and --tls-key");
  if (!OrganizationId::parse(o.organization))
    return fault(FaultKind::invalid, "the organization's name must be an id", "use a-z, 0-9, - _ .");
  SP_CHECK(make_folders(o.folder));
  SystemEntropy entropy;
  SP_TRY(auto ledger_seed, new_key(o.folder + "/keys/ledger.key", entropy));
  SP_TRY(const auto store_key, new_key(o.folder + "/keys/store.key", entropy));
  SP_TRY(const auto executor_material, new_key(o.folder + "/keys/executor.key", entropy));
  SP_TRY(const auto executor_key, HpkePrivateKey::derive(executor_material));
  if (o.tls_certificate_file.empty()) SP_CHECK(make_demo_certificate(o.folder));
  const auto origin = concat(o.rp_id, "/sallyport/", o.organization);
  SP_TRY(auto opened, open_ledger(o, origin, std::move(ledger_seed), executor_key.public_key()));
  if (const auto* embedded = std::get_if<EmbeddedSource>(&o.directory)) SP_CHECK(fill_embedded(o, *embedded));
  SP_CHECK(write_file(o.folder + "/sallyportd.yaml", daemon_config(o, origin), 0600));
  SP_CHECK(write_file(o.folder + "/sallyport-exec.yaml", executor_config(o, opened.genesis), 0600));
  SP_CHECK(write_file(o.folder + "/ledger.vkey", opened.verifier_key + "\n", 0644));
  SP_CHECK(write_file(o.folder + "/ledger.genesis", to_hex(opened.genesis) + "\n", 0644));
  return opened;
}

}  // namespace

int run_init(const InitOptions& options) {
  const auto opened = init(options);
  if (!opened) return report_fault(program, opened.error());
  const auto text = concat(
      "made ", options.folder, "\n  ledger key  ", opened->verifier_key, "\n  first entry ", to_hex(opened->genesis),
      "\nGive both to your auditors: what they check rests on them.\nnext: sallyport up ", options.folder, "\n");
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}

}  // namespace sallyport
