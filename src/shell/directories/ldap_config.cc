#include "shell/directories/ldap_config.h"

#include <ldap.h>
#include <unistd.h>

#include <memory>

#include "base/text.h"

namespace sallyport {
namespace {

bool is_attribute_name(std::string_view text) {  // RFC 4512 section 1.4, descr
  if (text.empty() || text.size() > 64) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!letter(text.front())) return false;
  for (const char c : text)
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '-') return false;
  return true;
}

bool is_dn(const std::string& text) {
  LDAPDN parsed = nullptr;
  const bool good = !text.empty() && ldap_str2dn(text.c_str(), &parsed, LDAP_DN_FORMAT_LDAPV3) == LDAP_SUCCESS;
  ldap_dnfree(parsed);
  return good;
}

Result<void> check_url(const std::string& url, bool start_tls) {
  LDAPURLDesc* raw = nullptr;
  if (url.find_first_of(" ,") != std::string::npos || ldap_url_parse(url.c_str(), &raw) != LDAP_URL_SUCCESS)
    return fault(FaultKind::invalid, concat("\"", url, "\" is not an LDAP URL"),
                 "write ldaps://host or ldaps://host:port");
  const std::unique_ptr<LDAPURLDesc, decltype(&ldap_free_urldesc)> parsed(raw, &ldap_free_urldesc);
  const std::string scheme = parsed->lud_scheme;
  if (!parsed->lud_host || !*parsed->lud_host || (parsed->lud_dn && *parsed->lud_dn) || parsed->lud_filter)
    return fault(FaultKind::invalid, "the LDAP URL must be a scheme, a host and a port, and no more");
  if (scheme == "ldap" && !start_tls)
    return fault(FaultKind::invalid, "plain LDAP without TLS is refused", "use ldaps://, or ldap:// with start_tls");
  if (scheme == "ldaps" && start_tls)
    return fault(FaultKind::invalid, "start_tls does not go with ldaps://", "remove one of the two");
  if (scheme != "ldap" && scheme != "ldaps")
    return fault(FaultKind::invalid, concat("scheme \"", scheme, "\" is not served"));
  return {};
}

}  // namespace

Result<void> LdapConfig::check() const {
  if (directory.empty() || organization.empty())
    return fault(FaultKind::invalid, "the directory has no id or organization");
  SP_CHECK(check_url(url, start_tls));
  if (ca_file.empty() || access(ca_file.c_str(), R_OK) != 0)
    return fault(FaultKind::invalid, concat("the CA file \"", ca_file, "\" cannot be read"),
                 "give the PEM file of the authority that signed the directory's certificate");
  if (!is_dn(bind_dn)) return fault(FaultKind::invalid, "bind_dn is not a distinguished name");
  // RFC 4513 section 5.1.2: a name with an empty password is an anonymous bind that looks like success.
  if (bind_password.empty()) return fault(FaultKind::invalid, "the bind password is empty");
  if (!is_dn(people_base)) return fault(FaultKind::invalid, "people_base is not a distinguished name");
  if (!groups_base.empty() && !is_dn(groups_base))
    return fault(FaultKind::invalid, "groups_base is not a distinguished name");
  for (const auto* name : {&login_attribute, &mail_attribute, &display_name_attribute, &employment_attribute,
                           &person_attribute, &marker_attribute, &marker_class})
    if (!is_attribute_name(*name)) return fault(FaultKind::invalid, concat("\"", *name, "\" is not an attribute name"));
  if (deadline < Duration{100} || deadline > minutes(1))
    return fault(FaultKind::invalid, "the deadline must lie between 100ms and 1m");
  return {};
}

}  // namespace sallyport
