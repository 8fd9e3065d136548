#include "shell/directories/ldap_account.h"

#include <ldap.h>

#include <algorithm>

#include "base/text.h"
#include "shell/directories/state_token.h"

namespace sallyport {
namespace {

constexpr std::string_view locked_for_good = "000001010000Z";  // draft-behera section 5.3.3

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string folded(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return folded(c); });
  return out;
}

// The cn of a group's DN; the whole DN where it is named otherwise.
std::string group_name(const std::string& dn) {
  LDAPDN parsed = nullptr;
  if (ldap_str2dn(dn.c_str(), &parsed, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) return dn;
  std::string name = dn;
  if (parsed && parsed[0] && parsed[0][0]) {
    const LDAPAVA& first = *parsed[0][0];
    if (equal_ignoring_ascii_case({first.la_attr.bv_val, first.la_attr.bv_len}, "cn"))
      name.assign(first.la_value.bv_val, first.la_value.bv_len);
  }
  ldap_dnfree(parsed);
  return name;
}

bool any_named(const std::vector<std::string>& groups, const std::vector<std::string>& wanted) {
  return std::ranges::any_of(groups, [&](const auto& group) {
    return std::ranges::any_of(wanted, [&](const auto& name) { return equal_ignoring_ascii_case(group, name); });
  });
}

StateToken token_of(const LdapConfig& config, const LdapAccount& account) {
  const auto& entry = account.entry;
  std::vector<GuardedAttribute> guarded{
      {"dn", {entry.dn}}, {"disabled", {account.disabled ? "yes" : "no"}}, {"groups", account.group_dns}};
  for (const auto& name : {std::string("objectClass"), config.login_attribute, config.mail_attribute,
                           config.employment_attribute, config.person_attribute, std::string("mobile"),
                           std::string("telephoneNumber"), std::string("pwdChangedTime"), config.marker_attribute})
    guarded.push_back({"attribute " + folded(name), entry.all(name)});
  return state_token_of(std::move(guarded));
}

}  // namespace

bool equal_ignoring_ascii_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return folded(x) == folded(y); });
}

std::vector<std::string> attributes_to_read(const LdapConfig& config) {
  return {"objectClass",
          "entryUUID",
          "entryCSN",
          "memberOf",
          "pwdAccountLockedTime",
          "pwdEndTime",
          "pwdChangedTime",
          "mobile",
          "telephoneNumber",
          config.login_attribute,
          config.mail_attribute,
          config.display_name_attribute,
          config.employment_attribute,
          config.person_attribute,
          config.marker_attribute};
}

Result<LdapAccount> account_of(const LdapConfig& config, LdapEntry entry, std::vector<std::string> group_dns) {
  LdapAccount account;
  if (entry.all("entryUUID").size() != 1 || entry.all("entryCSN").size() != 1)
    return fault(FaultKind::rejected, "the directory does not show entryUUID and entryCSN",
                 "let the service account read operational attributes");
  if (entry.all(config.marker_attribute).size() > 1)
    return fault(FaultKind::corrupt, "the account has more than one marker",
                 "load the schema, which makes it single-valued");
  account.csn = entry.first("entryCSN");
  account.marker = entry.first(config.marker_attribute);
  account.suspended = entry.first("pwdEndTime") == suspended_since;
  account.has_end = !account.suspended && !entry.all("pwdEndTime").empty();
  account.locked = account.suspended || !entry.all("pwdAccountLockedTime").empty();
  account.disabled = entry.first("pwdAccountLockedTime") == locked_for_good;
  const auto& classes = entry.all("objectClass");
  account.has_marker_class = std::ranges::any_of(
      classes, [&](const auto& name) { return equal_ignoring_ascii_case(name, config.marker_class); });
  std::ranges::sort(group_dns);
  group_dns.erase(std::ranges::unique(group_dns).begin(), group_dns.end());
  account.group_dns = std::move(group_dns);
  account.entry = std::move(entry);
  account.state_token = token_of(config, account);
  return account;
}

Result<AccountRecord> record_of(const LdapConfig& config, const LdapAccount& account, Instant now) {
  const auto& entry = account.entry;
  const auto id = AccountId::parse(folded(entry.first("entryUUID")));
  if (!id) return fault(FaultKind::corrupt, "the directory shows an entryUUID that is none");
  AccountRecord record;
  record.facts.directory = config.directory;
  record.facts.organization = config.organization;
  record.facts.account = *id;
  // Nobody's account is somebody's way around "one person, one slot": who holds it has to be known.
  const auto holder = PersonId::parse(folded(entry.first(config.person_attribute)));
  if (!holder || entry.all(config.person_attribute).size() != 1)
    return fault(FaultKind::rejected,
                 concat("the directory does not say whose account this is: `", config.person_attribute,
                        "` must have one value of a-z 0-9 - _ . (at most 64)"),
                 "fill it in, the same for all accounts of one person");
  record.facts.holder = *holder;
  record.facts.state_token = account.state_token;
  record.facts.locked = account.locked;
  record.facts.active = !account.disabled;
  for (const auto& dn : account.group_dns) record.facts.groups.push_back(group_name(dn));
  std::ranges::sort(record.facts.groups);
  record.facts.groups.erase(std::ranges::unique(record.facts.groups).begin(), record.facts.groups.end());
  record.facts.admin = any_named(record.facts.groups, config.admin_groups);
  record.facts.executive = any_named(record.facts.groups, config.executive_groups);
  record.facts.employment = entry.first(config.employment_attribute);
  record.facts.read_at = now;
  record.login = entry.first(config.login_attribute);  // of several the first, however the account was found
  record.display_name = entry.first(config.display_name_attribute);
  record.mail = entry.first(config.mail_attribute);
  record.marker = account.marker;
  return record;
}

}  // namespace sallyport
