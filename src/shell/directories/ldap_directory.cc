#include "shell/directories/ldap_directory.h"

#include <ldap.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "shell/directories/ldap_answer.h"
#include "shell/directories/password_text.h"

namespace sallyport {
namespace {

WriteResult not_done(Refusal refusal, std::string detail) {
  return {WriteOutcome::not_done, refusal, std::move(detail)};
}

WriteResult not_done(const Fault& fault) {
  if (fault.kind == FaultKind::not_found) return not_done(Refusal::no_such_account, fault.what);
  return not_done(fault.kind == FaultKind::unavailable ? Refusal::unavailable : Refusal::other, fault.what);
}

std::string by_account(const AccountId& account) { return concat("(entryUUID=", filter_escaped(account.text()), ")"); }

std::vector<LdapChange> marker_exchange(const LdapConfig& config, const LdapAccount& account, const Marker& to) {
  static constexpr auto add = LdapChange::Kind::add;
  std::vector<LdapChange> changes;
  if (!account.has_marker_class) changes.push_back({add, "objectClass", {view_of(config.marker_class)}});
  if (!account.marker.empty())
    changes.push_back({LdapChange::Kind::remove, config.marker_attribute, {view_of(account.marker)}});
  changes.push_back({add, config.marker_attribute, {view_of(to)}});
  return changes;
}

}  // namespace

Result<std::unique_ptr<LdapDirectory>> LdapDirectory::open(LdapConfig config) {
  if (auto checked = config.check(); !checked) return with_context("configuring the directory", checked.error());
  return std::unique_ptr<LdapDirectory>(new LdapDirectory(std::move(config)));
}

Deadline LdapDirectory::deadline_from_now() const {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(config().deadline.milliseconds);
}

// Groups by memberOf, and where groups_base is set by membership, level by level.
Result<std::vector<std::string>> LdapDirectory::groups_of(LdapConnection& connection, const LdapEntry& entry,
                                                          Deadline deadline) {
  const auto& listed = entry.all("memberOf");
  std::set<std::string> found(listed.begin(), listed.end());
  if (config().groups_base.empty()) return std::vector(found.begin(), found.end());
  std::vector<std::string> level{entry.dn};
  level.insert(level.end(), listed.begin(), listed.end());
  for (int depth = 0; !level.empty(); ++depth) {
    if (depth == group_levels_max || level.size() > groups_per_level_max)
      return fault(FaultKind::rejected, "the account's groups are nested too deep or are too many");
    std::string filter = "(|";
    for (const auto& dn : level) {
      const auto member = filter_escaped(dn);
      filter += concat("(member=", member, ")(uniqueMember=", member, ")");
    }
    filter += ')';
    SP_TRY(const auto groups,
           connection.search({config().groups_base, filter, {"1.1"}, groups_per_level_max}, deadline));
    level.clear();
    for (const auto& group : groups)
      if (found.insert(group.dn).second) level.push_back(group.dn);
  }
  return std::vector(found.begin(), found.end());
}

Result<LdapAccount> LdapDirectory::read(LdapConnection& connection, const std::string& filter, Reading reading,
                                        Deadline deadline) {
  SP_TRY(auto entries, connection.search({config().people_base, filter, attributes_to_read(config()), 2}, deadline));
  if (entries.empty()) return fault(FaultKind::not_found, "the directory has no such account");
  if (entries.size() > 1)
    return fault(FaultKind::corrupt, "more than one account matches", "make logins unique in the directory");
  if (reading == Reading::marker) return account_of(config(), std::move(entries.front()), {});
  SP_TRY(auto groups, groups_of(connection, entries.front(), deadline));
  return account_of(config(), std::move(entries.front()), std::move(groups));
}

// Reads are repeatable, so a connection that died while idle is replaced once.
Result<LdapDirectory::Located> LdapDirectory::locate(const std::string& filter, Reading reading, Deadline deadline) {
  for (auto want = LdapPool::Want::any;; want = LdapPool::Want::fresh) {
    SP_TRY(auto lease, pool_.lend(deadline, want));
    auto account = read(*lease.operator->(), filter, reading, deadline);
    if (account) return Located{std::move(lease), std::move(*account)};
    if (!lease->broken() || !lease.used_before() || std::chrono::steady_clock::now() >= deadline)
      return std::unexpected(std::move(account).error());
  }
}

Result<AccountRecord> LdapDirectory::find_by_login(std::string_view login, Instant now) {
  if (login.empty() || login.size() > login_bytes_max) return fault(FaultKind::invalid, "a login has 1 to 256 bytes");
  SP_TRY(const auto located, locate(concat("(", config().login_attribute, "=", filter_escaped(login), ")"),
                                    Reading::whole, deadline_from_now()));
  // The server's matching rule also takes other spacing and other Unicode forms for equal; we do not.
  for (const auto& value : located.account.entry.all(config().login_attribute))
    if (equal_ignoring_ascii_case(value, login)) return record_of(config(), located.account, now);
  return fault(FaultKind::not_found, "the directory has no such account");
}

Result<AccountRecord> LdapDirectory::find_by_id(const AccountId& account, Instant now) {
  SP_TRY(const auto located, locate(by_account(account), Reading::whole, deadline_from_now()));
  return record_of(config(), located.account, now);
}

Result<Observation> LdapDirectory::observe(const AccountId& account) {
  SP_TRY(auto located, locate(by_account(account), Reading::marker, deadline_from_now()));
  auto& seen = located.account;
  return Observation{std::move(seen.marker), seen.locked, std::move(seen.csn)};
}

WriteResult LdapDirectory::write(const AccountId& account, const Marker& from, const Marker& to, const Write& write,
                                 const Objection& objection) {
  if (to.empty() || to == from) return not_done(Refusal::other, "the new marker is empty or not new");
  const auto deadline = deadline_from_now();
  for (int attempt = 0; attempt < assertion_attempts_max; ++attempt) {
    auto located = locate(by_account(account), objection ? Reading::whole : Reading::marker, deadline);
    if (!located) return not_done(located.error());
    const auto& seen = located->account;
    if (seen.marker != from) return not_done(Refusal::state_changed, "the account's marker is not the expected one");
    if (objection)
      if (auto objected = objection(seen)) return std::move(*objected);
    if (std::chrono::steady_clock::now() >= deadline)
      return not_done(Refusal::unavailable, "the directory was too slow: nothing was sent");
    LdapModify modify{seen.entry.dn, marker_exchange(config(), seen, to),
                      concat("(entryCSN=", filter_escaped(seen.csn), ")"), write.relax};
    modify.changes.insert(modify.changes.end(), write.changes.begin(), write.changes.end());
    if (write.unlocks && seen.suspended) modify.changes.push_back({LdapChange::Kind::replace, "pwdEndTime", {}});
    const auto answer = located->lease->modify(modify, deadline);
    const bool moved = answer.got == LdapAnswer::Got::answer && answer.code == LDAP_ASSERTION_FAILED;
    if (moved) continue;  // not applied; perhaps only a failed sign-in: look again
    auto result = meaning_of(answer, write.sets_password);
    const bool was_unlocked = result.outcome == WriteOutcome::done && write.unlocks && !seen.locked;
    if (was_unlocked) result.detail = "the account was not locked";
    return result;
  }
  return not_done(Refusal::state_changed, "the account keeps changing");
}

WriteResult LdapDirectory::act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                               const SecretBytes* secret) {
  if (action.directory() != config().directory)
    return not_done(Refusal::other, "the decision is for another directory");
  const bool unlocks = action.action() == Action::unlock || action.action() == Action::admin_unlock;
  const bool suspends = action.action() == Action::suspend;
  if (!unlocks && !suspends && action.action() != Action::password_reset)
    return not_done(Refusal::not_supported, concat("this directory cannot do ", to_string(action.action())));
  if (action.lasts())
    return not_done(Refusal::not_supported, "this directory cannot end an effect by itself, as the policy asks");
  if (needs_sealed_secret(action.action()) != (secret != nullptr))
    return not_done(Refusal::other, secret ? "this action takes no secret" : "the new password is missing");
  Write change;
  if (secret) {
    if (auto refused = password_text_refusal(*secret)) return not_done(Refusal::password_rejected, std::move(*refused));
    change = {{{LdapChange::Kind::replace, "userPassword", {secret->reveal()}}}, false, true};
  } else if (suspends) {
    change = {{{LdapChange::Kind::replace, "pwdEndTime", {view_of(suspended_since)}}}, true, false};
  } else {
    change = {
        {{LdapChange::Kind::replace, "pwdAccountLockedTime", {}}, {LdapChange::Kind::replace, "pwdFailureTime", {}}},
        true,
        false,
        true};
  }
  return write(action.account(), from, to, change, [&](const LdapAccount& seen) -> std::optional<WriteResult> {
    if (suspends && seen.has_end)
      return not_done(Refusal::not_permitted, "the account has an end of its own (pwdEndTime), which would be lost");
    if (seen.state_token != action.state_token())
      return not_done(Refusal::state_changed, "the account is not as it was when this was decided");
    if (seen.disabled)
      return not_done(Refusal::not_permitted, "an administrator disabled this account; recovery does not enable it");
    return std::nullopt;
  });
}

WriteResult LdapDirectory::fence(const AccountId& account, const Marker& from, const Marker& to) {
  return write(account, from, to, {}, nullptr);
}

}  // namespace sallyport
