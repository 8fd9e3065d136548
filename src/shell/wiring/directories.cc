#include "shell/wiring/directories.h"

#include "shell/directories/embedded_directory.h"
#include "shell/directories/ldap_directory.h"

namespace sallyport {
namespace {

constexpr std::size_t bind_password_bytes_max = 1024;

Result<std::unique_ptr<Directory>> open(const LdapDirectoryConfig& d, Entropy& /*entropy*/) {
  LdapConfig config;
  config.directory = d.id;
  config.organization = d.organization;
  config.url = d.url;
  config.start_tls = d.start_tls;
  config.ca_file = d.ca_file;
  config.bind_dn = d.bind_dn;
  SP_TRY(auto password, read_text_file(d.bind_password_file, bind_password_bytes_max));
  while (password.ends_with('\n')) password.pop_back();
  config.bind_password = SecretBytes::take(std::move(password));
  config.people_base = d.people_base;
  config.groups_base = d.groups_base;
  config.mail_attribute = d.mail_attribute;
  config.admin_groups = d.admin_groups;
  config.executive_groups = d.executive_groups;
  SP_TRY(auto directory, LdapDirectory::open(std::move(config)));
  return directory;
}

Result<std::unique_ptr<Directory>> open(const EmbeddedDirectoryConfig& d, Entropy& entropy) {
  EmbeddedConfig config;
  config.directory = d.id;
  config.organization = d.organization;
  config.path = d.file;
  config.admin_groups = d.admin_groups;
  config.executive_groups = d.executive_groups;
  if (d.kdf_iterations > 0) config.kdf_iterations = d.kdf_iterations;
  SP_TRY(auto directory, EmbeddedDirectory::open(std::move(config), entropy));
  return directory;
}

}  // namespace

Result<std::unique_ptr<Directory>> open_directory(const ExecutorConfig& config, Entropy& entropy) {
  return std::visit([&](const auto& d) { return open(d, entropy); }, config.directory);
}

DirectoryId directory_id(const ExecutorConfig& config) {
  return std::visit([](const auto& d) { return d.id; }, config.directory);
}

}  // namespace sallyport
