// What `sallyport init`, `sallyport up` and `sallyport rebuild` ask of the wiring. The command line
// reads arguments and nothing more; src/bin/sallyport.cc hands it the functions that do the work, so
// this folder does not link the server.
//
// Each function prints its own messages, blocks until done (`up`: until SIGINT or SIGTERM) and gives
// the exit status of the program (exit_code.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/instant.h"

namespace sallyport {

// Where `init` puts what others look for in the site's folder.
inline constexpr std::string_view site_ca_file = "tls/ca.pem";  // signs the self-made server certificate
inline constexpr std::string_view site_embedded_directory_file = "directory.sallyport";  // EmbeddedConfig::path

struct LdapSource {
  std::string url, ca_file, bind_dn, bind_password_file, people_base, groups_base;
};

struct EmbeddedSource {
  std::string seed_file;  // JSON, as EmbeddedDirectory::import_seed reads it
  std::uint32_t kdf_iterations = 0;  // of password hashing; 0: what fits the environment
};

struct InitOptions {
  std::string folder;                        // made by init, or empty
  std::string environment = "production";    // or "demo", which accepts software passkeys
  std::string rp_id = "localhost";
  std::string origin = "https://localhost:8443";
  std::string listen = "127.0.0.1:8443";
  std::string tls_certificate_file, tls_key_file;  // both or none; none: a self-made one, environment demo only
  std::string organization = "main";
  std::variant<LdapSource, EmbeddedSource> directory;
  std::vector<std::string> admin_groups, executive_groups;
  std::vector<std::string> account_mail_domains;  // mailboxes that are opened with the very accounts
  std::string smtp_url, smtp_ca_file, smtp_username, smtp_password_file, mail_from;
  std::string root_id;                 // the first operator
  std::string root_person;                   // their employee number; empty: they have no account to recover
  std::string root_registration_file;  // written by `sallyport passkey create`
  Duration root_appointment = days(365);
};

struct UpOptions {
  std::string folder;
  std::string clock_is;  // what another clock shows (clock_keeper.h); empty: nobody has looked
};

struct RebuildOptions {
  std::string folder;
};

int run_init(const InitOptions& options);
int run_up(const UpOptions& options);
int run_rebuild(const RebuildOptions& options);

struct Operations {
  std::function<int(const InitOptions&)> init;
  std::function<int(const UpOptions&)> up;
  std::function<int(const RebuildOptions&)> rebuild;
};

}  // namespace sallyport
