// For tests only: a slapd of our own (tests/servers/openldap.sh) for as long as this object lives,
// with its settings, the seeded passwords, and a second opinion on whether a password works.
#pragma once

#include <ldap.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>

namespace sallyport {

class OpenLdapForTests {
 public:
  OpenLdapForTests() {
    std::string folder = (std::filesystem::temp_directory_path() / "sallyport-slapd-XXXXXX").string();
    if (!mkdtemp(folder.data())) throw std::runtime_error("no temporary folder");
    folder_ = folder;
    start();
    std::ifstream words(setting("PASSWORDS_FILE"));
    for (std::string login, word; words >> login >> word;) passwords_[login] = word;
    if (passwords_.size() != 40) throw std::runtime_error("the seed is not the known one");
  }
  ~OpenLdapForTests() {
    run("stop");
    std::error_code ignored;  // a leftover folder under /tmp is no failure of the test
    std::filesystem::remove_all(folder_, ignored);
  }
  OpenLdapForTests(const OpenLdapForTests&) = delete;
  OpenLdapForTests& operator=(const OpenLdapForTests&) = delete;

  void start() {
    std::istringstream lines(run("start"));
    for (std::string line; std::getline(lines, line);)
      if (const auto at = line.find('='); at != line.npos) settings_[line.substr(0, at)] = line.substr(at + 1);
    if (!settings_.contains("LDAPS_URL")) throw std::runtime_error("slapd did not start");
  }
  void stop() { run("stop"); }
  void pause() const {
    kill(pid(), SIGSTOP);
    while (!stands_still()) usleep(1000);  // the signal reaches the threads one after the other
  }
  void resume() const { kill(pid(), SIGCONT); }

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const std::string& setting(const std::string& name) const { return settings_.at(name); }
  [[nodiscard]] const std::string& first_password(const std::string& login) const { return passwords_.at(login); }
  [[nodiscard]] std::uint16_t port() const {
    const auto& url = setting("LDAPS_URL");
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  [[nodiscard]] static std::string file_text(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // By a sign-in of its own, independent of the code under test.
  [[nodiscard]] bool signs_in(const std::string& login, const std::string& password) const {
    return with_handle("uid=" + login + "," + setting("PEOPLE_BASE"), password, [](LDAP*) { return true; });
  }
  // As the directory's administrator. An empty value removes the attribute.
  bool administer(const std::string& login, const std::string& attribute, const std::string& value) const {
    return change("uid=" + login + "," + setting("PEOPLE_BASE"), LDAP_MOD_REPLACE, attribute, value);
  }
  bool join_group(const std::string& login, const std::string& group) const {
    return add_member(group, "uid=" + login + "," + setting("PEOPLE_BASE"));
  }
  bool add_member(const std::string& group, const std::string& dn) const {
    return change("cn=" + group + "," + setting("GROUPS_BASE"), LDAP_MOD_ADD, "member", dn);
  }

 private:
  [[nodiscard]] bool stands_still() const {
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + setting("SLAPD_PID") + "/task")) {
      const auto status = file_text(task.path().string() + "/stat");
      if (status.find(") T ") == status.npos) return false;
    }
    return true;
  }
  [[nodiscard]] pid_t pid() const { return std::stoi(setting("SLAPD_PID")); }

  std::string run(const std::string& verb) const {
    const std::string command = std::string(SALLYPORT_SOURCE_DIR "/tests/servers/openldap.sh ") + verb + " " + folder_;
    FILE* out = popen(command.c_str(), "r");
    if (!out) throw std::runtime_error("cannot run openldap.sh");
    std::string text;
    char buffer[512];
    while (fgets(buffer, sizeof buffer, out)) text += buffer;
    if (pclose(out) != 0 && verb == "start") throw std::runtime_error("openldap.sh failed");
    return text;
  }
  bool change(const std::string& dn, int operation, const std::string& attribute, const std::string& value) const {
    return with_handle(setting("ROOT_DN"), file_text(setting("ROOT_PW_FILE")), [&](LDAP* handle) {
      char* values[] = {const_cast<char*>(value.c_str()), nullptr};
      LDAPMod mod{};
      mod.mod_op = operation;
      mod.mod_type = const_cast<char*>(attribute.c_str());
      mod.mod_values = value.empty() ? nullptr : values;
      LDAPMod* mods[] = {&mod, nullptr};
      return ldap_modify_ext_s(handle, dn.c_str(), mods, nullptr, nullptr) == LDAP_SUCCESS;
    });
  }
  template <typename Use>
  bool with_handle(const std::string& dn, const std::string& password, const Use& use) const {
    LDAP* handle = nullptr;
    if (ldap_initialize(&handle, setting("LDAPS_URL").c_str()) != LDAP_SUCCESS) return false;
    const int version = LDAP_VERSION3;
    const int client = 0;
    ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
    ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, setting("CA").c_str());
    ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client);
    berval word{password.size(), const_cast<char*>(password.c_str())};
    const int rc = ldap_sasl_bind_s(handle, dn.c_str(), LDAP_SASL_SIMPLE, &word, nullptr, nullptr, nullptr);
    const bool good = rc == LDAP_SUCCESS && use(handle);
    ldap_unbind_ext_s(handle, nullptr, nullptr);
    return good;
  }

  std::string folder_;
  std::map<std::string, std::string> settings_;
  std::map<std::string, std::string> passwords_;
};

}  // namespace sallyport
