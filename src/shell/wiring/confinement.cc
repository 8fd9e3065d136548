#include "shell/wiring/confinement.h"

#include <charconv>

#include "base/text.h"
#include "shell/wiring/process.h"

namespace sallyport {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

constexpr std::uint16_t dns_over_tcp = 53;  // long answers; most come by UDP

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void add(std::vector<std::string>& paths, const std::string& path) {
  if (!path.empty()) paths.push_back(path);
}

void may_call(Confinement& out, std::string_view url) {
  if (const auto port = tcp_port_of(url); port != 0) out.connects_to = {port, dns_over_tcp};
}

void add_directory(Confinement& out, const LdapDirectoryConfig& directory) {
  add(out.readable, directory.ca_file);
  add(out.readable, directory.bind_password_file);
  may_call(out, directory.url);
}
void add_directory(Confinement& out, const EmbeddedDirectoryConfig& directory) {
  out.writable.push_back(folder_of(directory.file));
}

}  // namespace

std::uint16_t tcp_port_of(std::string_view url) noexcept {
  const auto scheme_end = url.find("://");
  if (scheme_end == url.npos) return 0;
  const auto scheme = url.substr(0, scheme_end);
  auto host = url.substr(scheme_end + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (const auto at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
  const auto colon = host.rfind(':');
  if (colon != host.npos && host.find(']', colon) == host.npos) {
    std::uint16_t port = 0;
    const auto text = host.substr(colon + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() ? port : 0;
  }
  if (scheme == "smtp") return 25;
  if (scheme == "smtps") return 465;
  if (scheme == "ldap") return 389;
  if (scheme == "ldaps") return 636;
  return 0;
}

Confinement confinement_of(const DaemonConfig& config) {
  Confinement out;
  for (const auto* path : {&config.certificate, &config.private_key, &config.mail.ca_file, &config.mail.password_file})
    add(out.readable, *path);
  out.writable = {folder_of(config.store), config.sockets};
  out.listens_on = config.port;
  may_call(out, config.mail.url);
  return out;
}

Confinement confinement_of(const ExecutorConfig& config) {
  Confinement out;
  // Whoever reads a store that another process writes has a lock and a page of it to write.
  out.writable = {folder_of(config.store), config.sockets, folder_of(config.key_file)};
  std::visit([&](const auto& directory) { add_directory(out, directory); }, config.directory);
  return out;
}

template <typename Config>
Result<void> confine_as_configured(std::string_view program, const Config& config) {
  if (sanitized) {
    log_line(program, "not confined: a sanitizer's build asks the kernel for more than a server does");
    return {};
  }
  if (!config.sandbox) {
    log_line(program, "not confined: the configuration says `sandbox: none`");
    return {};
  }
  SP_TRY(const auto what, confine(confinement_of(config)));
  log_line(program, concat("confined: ", what));
  return {};
}
template Result<void> confine_as_configured(std::string_view program, const DaemonConfig& config);
template Result<void> confine_as_configured(std::string_view program, const ExecutorConfig& config);

}  // namespace sallyport
