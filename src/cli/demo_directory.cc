#include "cli/demo_directory.h"

#include <filesystem>
#include <system_error>

#include "base/text.h"
#include "cli/demo_process.h"
#include "cli/files.h"
#include "shell/directories/embedded_directory.h"

namespace sallyport::cli {
namespace {

using Passwords = std::map<std::string, SecretBytes>;
constexpr int ldap_invalid_credentials = 49;  // RFC 4511 appendix A.1; ppolicy says the same of a locked account

const SecretBytes* find(const Passwords& passwords, const std::string& login) {
  const auto found = passwords.find(login);
  return found == passwords.end() ? nullptr : &found->second;
}

Result<Passwords> read_passwords(const std::string& path) {
  SP_TRY(const auto content, read_private_file(path));
  Passwords out;
  for (auto rest = text_of(content.reveal()); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto tab = line.find('\t');
    if (tab == line.npos) return fault(FaultKind::invalid, concat("`", path, "` is no list of logins and passwords"));
    out.emplace(line.substr(0, tab), SecretBytes::copy_of(view_of(line.substr(tab + 1))));
  }
  return out;
}

class LdapDemo final : public DemoDirectory {
 public:
  LdapDemo(std::map<std::string, std::string> settings, Passwords passwords, std::string folder)
      : settings_(std::move(settings)), passwords_(std::move(passwords)), folder_(std::move(folder)) {}

  [[nodiscard]] std::vector<std::string> init_arguments() const override {
    return {"--ldap-url",
            settings_.at("LDAPS_URL"),
            "--ldap-ca",
            settings_.at("CA"),
            "--ldap-bind-dn",
            settings_.at("BIND_DN"),
            "--ldap-bind-password-file",
            settings_.at("BIND_PW_FILE"),
            "--ldap-people",
            settings_.at("PEOPLE_BASE"),
            "--ldap-groups",
            settings_.at("GROUPS_BASE")};
  }
  [[nodiscard]] const SecretBytes* starting_password(const std::string& login) const override {
    return find(passwords_, login);
  }
  [[nodiscard]] std::string check_name() const override { return "ldapwhoami"; }

  [[nodiscard]] Answer<bool> lets_in(const std::string& login, const SecretBytes& password) override {
    const auto file = concat(folder_, "/whoami.password");
    SP_CHECK(write_private_file(file, text_of(password.reveal()), IfExists::replace));
    const auto ran = run_to_end({"ldapwhoami", "-x", "-H", settings_.at("LDAPS_URL"), "-D",
                                 concat("uid=", login, ",", settings_.at("PEOPLE_BASE")), "-y", file},
                                {concat("LDAPTLS_CACERT=", settings_.at("CA"))});
    SP_CHECK(remove_file(file));
    if (!ran) return std::unexpected(Problem(ran.error()));
    if (ran->status == 0) return true;
    if (ran->status == ldap_invalid_credentials) return false;
    return std::unexpected(Problem(Fault{FaultKind::unavailable, concat("ldapwhoami: ", ran->output)}));
  }

 private:
  std::map<std::string, std::string> settings_;
  Passwords passwords_;
  std::string folder_;
};

class EmbeddedDemo final : public DemoDirectory {
 public:
  EmbeddedDemo(std::string seed, std::string original, std::string copy, Passwords passwords, Entropy& entropy)
      : seed_(std::move(seed)),
        original_(std::move(original)),
        copy_(std::move(copy)),
        passwords_(std::move(passwords)),
        entropy_(entropy) {}

  [[nodiscard]] std::vector<std::string> init_arguments() const override { return {"--embedded-seed", seed_}; }
  [[nodiscard]] const SecretBytes* starting_password(const std::string& login) const override {
    return find(passwords_, login);
  }
  [[nodiscard]] std::string check_name() const override { return "sign-in at the directory"; }

  [[nodiscard]] Answer<bool> lets_in(const std::string& login, const SecretBytes& password) override {
    std::error_code error;
    std::filesystem::copy_file(original_, copy_, std::filesystem::copy_options::overwrite_existing, error);
    if (error)
      return std::unexpected(
          Problem(Fault{FaultKind::unavailable, concat("copying `", original_, "`: ", error.message())}));
    EmbeddedConfig config;
    config.directory = *DirectoryId::parse("demo");
    config.organization = *OrganizationId::parse("demo");
    config.path = copy_;
    SP_TRY(const auto directory, EmbeddedDirectory::open(std::move(config), entropy_));
    SP_TRY(const auto answer, directory->verify_password(login, password));
    return answer == SignIn::accepted;
  }

 private:
  std::string seed_, original_, copy_;
  Passwords passwords_;
  Entropy& entropy_;
};

struct MadeUp {
  std::string_view login, name, number, group;
  bool locked;
};
// A few of the people of tests/servers/people.tsv, so that both demos tell one story.
constexpr std::array made_up{
    MadeUp{"milo.hart", "Milo Hart", "1020", "Sales", true},
    MadeUp{"zoe.crane", "Zoë Crane", "1021", "Sales", false},
    MadeUp{"ines.marlow", "Inês Marlow", "1022", "Sales", false},
    MadeUp{"gita.rao", "Gita Rao", "1011", "Finance", false},
    MadeUp{"lena.brandt", "Lena Brandt", "1005", "Domain Admins", false},
};
constexpr std::size_t made_up_password_bytes = 18;  // 24 characters of base64url

Result<std::map<std::string, std::string>> parse_settings(const std::string& text) {
  std::map<std::string, std::string> out;
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto equals = line.find('=');
    if (equals != line.npos) out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  for (const auto* name :
       {"LDAPS_URL", "CA", "BIND_DN", "BIND_PW_FILE", "PEOPLE_BASE", "GROUPS_BASE", "PASSWORDS_FILE"})
    if (!out.contains(name))
      return fault(FaultKind::invalid, concat("the LDAP settings lack ", name),
                   "give what `tests/servers/openldap.sh start` printed");
  return out;
}

}  // namespace

Answer<std::unique_ptr<DemoDirectory>> open_ldap_demo(const std::string& settings, const std::string& folder) {
  SP_TRY(const auto text, read_file(settings));
  SP_TRY(auto values, parse_settings(text));
  SP_TRY(auto passwords, read_passwords(values.at("PASSWORDS_FILE")));
  return std::make_unique<LdapDemo>(std::move(values), std::move(passwords), folder);
}

Answer<std::unique_ptr<DemoDirectory>> make_embedded_demo(const std::string& folder, const std::string& site,
                                                          Entropy& entropy) {
  Passwords passwords;
  Json accounts = Json::array();
  for (const auto& person : made_up) {
    SP_TRY(const auto drawn, entropy.bytes(made_up_password_bytes));
    const auto password = to_base64url(drawn);
    const std::string_view department = person.group == "Domain Admins" ? "Infrastructure" : person.group;
    accounts.push(Json::object({{"login", person.login},
                                {"display_name", person.name},
                                {"mail", concat(person.login, "@alderfinch.example")},
                                {"employee_number", person.number},
                                {"groups", Json::array({"All Staff", department, person.group})},
                                {"employment", "employee"},
                                {"password", password},
                                {"locked", person.locked},
                                {"active", true}}));
    passwords.emplace(person.login, SecretBytes::copy_of(view_of(password)));
  }
  const auto seed = concat(folder, "/people.json");
  SP_CHECK(write_private_file(seed, to_text(Json::object({{"accounts", std::move(accounts)}})), IfExists::refuse));
  return std::make_unique<EmbeddedDemo>(seed, concat(site, "/", site_embedded_directory_file),
                                        concat(folder, "/directory.copy"), std::move(passwords), entropy);
}

}  // namespace sallyport::cli
