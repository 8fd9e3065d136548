#include "shell/config/config.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>

#include "base/text.h"
#include "core/policy/yaml.h"

namespace sallyport {
namespace {

constexpr std::size_t config_bytes_max = 64 * 1024;

// One mapping of a configuration: takes its members one by one, then refuses what is left.
class Section {
 public:
  Section(const YamlNode& node, std::string source, std::string folder)
      : node_(node), source_(std::move(source)), folder_(std::move(folder)) {}

  Result<std::string> text(std::string_view key) {
    SP_TRY(const auto* value, required(key));
    return scalar(key, *value);
  }
  Result<std::string> text_or(std::string_view key, std::string fallback) {
    const auto* value = take(key);
    if (value == nullptr) return fallback;
    return scalar(key, *value);
  }
  Result<std::string> path(std::string_view key) {
    SP_TRY(auto value, text(key));
    return absolute(std::move(value));
  }
  Result<std::string> path_or_empty(std::string_view key) {
    SP_TRY(auto value, text_or(key, ""));
    return value.empty() ? value : absolute(std::move(value));
  }
  template <typename Number>
  Result<Number> number_or(std::string_view key, Number fallback, Number least, Number most) {
    const auto* value = take(key);
    if (value == nullptr) return fallback;
    SP_TRY(const auto written, scalar(key, *value));
    Number number{};
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), number);
    if (error != std::errc{} || end != written.data() + written.size() || number < least || number > most)
      return wrong(*value, concat("`", key, "` must be a whole number from ", least, " to ", most), "write digits");
    return number;
  }
  Result<bool> flag(std::string_view key) {
    const auto* value = take(key);
    if (value == nullptr) return false;
    SP_TRY(const auto written, scalar(key, *value));
    if (written != "true" && written != "false") return wrong(*value, concat("`", key, "` must be true or false"), "");
    return written == "true";
  }
  template <typename Id>
  Result<Id> id(std::string_view key) {
    SP_TRY(const auto* value, required(key));
    SP_TRY(const auto written, scalar(key, *value));
    auto parsed = Id::parse(written);
    if (!parsed) return wrong(*value, concat("`", key, "` must be a name"), "use a-z, 0-9, - _ . (at most 64)");
    return *std::move(parsed);
  }
  Result<std::vector<std::string>> list(std::string_view key) {
    std::vector<std::string> out;
    const auto* value = take(key);
    if (value == nullptr) return out;
    if (value->kind != YamlNode::Kind::sequence)
      return wrong(*value, concat("`", key, "` must be a list"), "write [a, b]");
    for (const auto& item : value->items) {
      SP_TRY(auto written, scalar(key, item));
      out.push_back(std::move(written));
    }
    return out;
  }
  Result<Section> section(std::string_view key) {
    SP_TRY(const auto* value, required(key));
    if (value->kind != YamlNode::Kind::mapping)
      return wrong(*value, concat("`", key, "` must be a mapping"), "write {key: value}");
    return Section(*value, source_, folder_);
  }
  [[nodiscard]] bool has(std::string_view key) const { return node_.find(key) != nullptr; }

  Result<void> end() const {
    if (node_.kind != YamlNode::Kind::mapping) return wrong(node_, "a mapping is expected", "write `key: value` lines");
    for (const auto& [key, value] : node_.members)
      if (std::ranges::find(taken_, std::string_view(key.text)) == taken_.end())
        return wrong(key, concat("`", key.text, "` is not known here"), concat("known here: ", names()));
    return {};
  }
  std::unexpected<Fault> wrong(const YamlNode& at, std::string what, std::string next_step) const {
    return yaml_fault(source_, at, std::move(what), std::move(next_step));
  }
  std::unexpected<Fault> wrong_member(std::string_view key, std::string what, std::string next_step) const {
    const auto* at = node_.find(key);
    return wrong(at != nullptr ? *at : node_, std::move(what), std::move(next_step));
  }

 private:
  const YamlNode* take(std::string_view key) {
    taken_.push_back(key);
    return node_.find(key);
  }
  Result<const YamlNode*> required(std::string_view key) {
    const auto* value = take(key);
    if (value == nullptr) return wrong(node_, concat("`", key, "` is missing"), concat("add `", key, ": ...`"));
    return value;
  }
  Result<std::string> scalar(std::string_view key, const YamlNode& value) const {
    if (value.kind != YamlNode::Kind::scalar || (value.text.empty() && !value.quoted))
      return wrong(value, concat("`", key, "` must be a value"), "write one value");
    return value.text;
  }
  std::string absolute(std::string path) const {
    if (path.starts_with('/')) return path;
    return concat(folder_, "/", path);
  }
  std::string names() const {
    std::string out;
    for (const auto name : taken_) out += concat(out.empty() ? "" : ", ", name);
    return out;
  }

  const YamlNode& node_;
  std::string source_, folder_;
  std::vector<std::string_view> taken_;
};

Result<YamlNode> read_yaml(const std::string& path) {
  SP_TRY(const auto text, read_text_file(path, config_bytes_max));
  return parse_yaml(text, path);
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::absolute(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Result<MailConfig> read_mail(Section section) {
  MailConfig mail;
  SP_TRY(mail.url, section.text("url"));
  SP_TRY(mail.from, section.text("from"));
  SP_TRY(mail.ca_file, section.path_or_empty("ca"));
  SP_TRY(mail.username, section.text_or("username", ""));
  SP_TRY(mail.password_file, section.path_or_empty("password_file"));
  SP_CHECK(section.end());
  return mail;
}

Result<void> read_listen(Section& section, DaemonConfig& config) {
  SP_TRY(const auto listen, section.text("listen"));
  const auto colon = listen.rfind(':');
  const auto port = colon == std::string::npos ? std::string() : listen.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), config.port);
  if (port.empty() || error != std::errc{} || end != port.data() + port.size())
    return section.wrong_member("listen", "`listen` must be an address and a port", "such as 127.0.0.1:8443");
  config.address = listen.substr(0, colon);
  if (config.address.starts_with('[') && config.address.ends_with(']'))
    config.address = config.address.substr(1, config.address.size() - 2);
  return {};
}

Result<bool> read_sandbox(Section& section) {
  SP_TRY(const auto written, section.text_or("sandbox", "full"));
  if (written != "full" && written != "none")
    return section.wrong_member("sandbox", concat("`", written, "` is no sandbox"), "write full, or none");
  return written == "full";
}

Result<LdapDirectoryConfig> read_ldap(Section& section) {
  LdapDirectoryConfig d;
  SP_TRY(d.id, section.id<DirectoryId>("id"));
  SP_TRY(d.organization, section.id<OrganizationId>("organization"));
  SP_TRY(d.url, section.text("url"));
  SP_TRY(d.start_tls, section.flag("start_tls"));
  SP_TRY(d.ca_file, section.path("ca"));
  SP_TRY(d.bind_dn, section.text("bind_dn"));
  SP_TRY(d.bind_password_file, section.path("bind_password_file"));
  SP_TRY(d.people_base, section.text("people_base"));
  SP_TRY(d.groups_base, section.text_or("groups_base", ""));
  SP_TRY(d.mail_attribute, section.text_or("mail_attribute", "mail"));
  SP_TRY(d.admin_groups, section.list("admin_groups"));
  SP_TRY(d.executive_groups, section.list("executive_groups"));
  SP_CHECK(section.end());
  return d;
}

Result<EmbeddedDirectoryConfig> read_embedded(Section& section) {
  EmbeddedDirectoryConfig d;
  SP_TRY(d.id, section.id<DirectoryId>("id"));
  SP_TRY(d.organization, section.id<OrganizationId>("organization"));
  SP_TRY(d.file, section.path("file"));
  SP_TRY(d.admin_groups, section.list("admin_groups"));
  SP_TRY(d.executive_groups, section.list("executive_groups"));
  SP_TRY(d.kdf_iterations, section.number_or<std::uint32_t>("kdf_iterations", 0, 1, 10'000'000));
  SP_CHECK(section.end());
  return d;
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (!file) return fault(FaultKind::not_found, concat("cannot open ", path), "check that it exists and may be read");
  std::string text(bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return fault(FaultKind::unavailable, concat("cannot read ", path), "check the disk");
  if (text.size() > bytes_max)
    return fault(FaultKind::invalid, concat(path, " is larger than ", bytes_max, " bytes"), "is it the right file?");
  return text;
}

Result<SecretBytes> read_key_file(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0)
    return fault(FaultKind::not_found, concat("there is no key file ", path),
                 "run `sallyport init`, or restore it from a backup");
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fault(FaultKind::invalid, concat("others may read the key file ", path),
                 concat("run `chmod 600 ", path, "`"));
  SP_TRY(auto text, read_text_file(path, 128));
  while (text.ends_with('\n')) text.pop_back();
  auto bytes = from_hex(text);
  wipe(text);
  if (!bytes || bytes->size() != 32)
    return fault(FaultKind::invalid, concat(path, " is not a key of 64 hex digits"), "restore it from a backup");
  return SecretBytes::take(*std::move(bytes));
}

Result<DaemonConfig> read_daemon_config(const std::string& path) {
  SP_TRY(const auto root, read_yaml(path));
  Section section(root, path, folder_of(path));
  DaemonConfig config;
  SP_TRY(const auto version, section.number_or<int>("sallyportd", 0, 1, 1));
  if (version != 1)
    return section.wrong(root, "this is not a configuration of sallyportd", "begin it with `sallyportd: 1`");
  SP_TRY(config.origin, section.text("origin"));
  SP_TRY(config.store, section.path("store"));
  SP_TRY(config.ledger_key_file, section.path("ledger_key"));
  SP_TRY(config.store_key_file, section.path("store_key"));
  SP_CHECK(read_listen(section, config));
  if (section.has("tls")) {
    SP_TRY(auto tls, section.section("tls"));
    SP_TRY(config.certificate, tls.path("certificate"));
    SP_TRY(config.private_key, tls.path("key"));
    SP_CHECK(tls.end());
  } else {
    SP_CHECK(section.text_or("tls", ""));
    if (!config.address.starts_with("127.") && config.address != "::1")
      return section.wrong_member("listen", "without `tls` it can be listened on loopback only",
                                  "add `tls: {certificate: ..., key: ...}`, or listen on 127.0.0.1");
  }
  SP_TRY(config.sockets, section.path("sockets"));
  SP_TRY(config.executor_uid, section.number_or<uid_t>("executor_uid", 0, 0, 4'294'967'294U));
  SP_TRY(auto mail, section.section("mail"));
  SP_TRY(config.mail, read_mail(std::move(mail)));
  SP_TRY(config.account_mail_domains, section.list("account_mail_domains"));
  SP_TRY(config.threads, section.number_or<std::uint32_t>("threads", 2, 1, 64));
  SP_TRY(config.sandbox, read_sandbox(section));
  SP_CHECK(section.end());
  return config;
}

Result<ExecutorConfig> read_executor_config(const std::string& path) {
  SP_TRY(const auto root, read_yaml(path));
  Section section(root, path, folder_of(path));
  ExecutorConfig config;
  SP_TRY(const auto version, section.number_or<int>("sallyport_exec", 0, 1, 1));
  if (version != 1)
    return section.wrong(root, "this is not a configuration of sallyport-exec", "begin it with `sallyport_exec: 1`");
  SP_TRY(config.store, section.path("store"));
  SP_TRY(const auto genesis, section.text("genesis"));
  const auto digest = digest_from_hex(genesis);
  if (!digest)
    return section.wrong_member("genesis", "`genesis` must be 64 lower-case hex digits", "`sallyport init` prints it");
  config.genesis = *digest;
  SP_TRY(config.key_file, section.path("key"));
  SP_TRY(config.sockets, section.path("sockets"));
  SP_TRY(config.daemon_uid, section.number_or<uid_t>("daemon_uid", 0, 0, 4'294'967'294U));
  SP_TRY(config.sandbox, read_sandbox(section));
  SP_TRY(auto directory, section.section("directory"));
  SP_TRY(const auto kind, directory.text("kind"));
  if (kind == "ldap") {
    SP_TRY(config.directory, read_ldap(directory));
  } else if (kind == "embedded") {
    SP_TRY(config.directory, read_embedded(directory));
  } else {
    return directory.wrong_member("kind", concat("`", kind, "` is not a kind of directory"), "write ldap or embedded");
  }
  SP_CHECK(section.end());
  return config;
}

}  // namespace sallyport
