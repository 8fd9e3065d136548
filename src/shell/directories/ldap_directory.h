// Sallyport's hands in an OpenLDAP directory (libldap 2.5, slapd 2.5 with ppolicy).
//
// One Modify does it all or nothing: the RFC 4528 assertion control on entryCSN, the marker exchange
// (delete the old value, add the new) and the change itself. What slapd 2.5.13 does, measured:
//
//   - A replay answers noSuchAttribute (16), a stale entryCSN assertionFailed (122); nothing changes.
//     The Password Modify operation takes no assertion (12), so passwords go by Modify over TLS and
//     ppolicy hashes them (olcPPolicyHashCleartext must be on).
//   - Failed sign-ins write pwdFailureTime AND MOVE entryCSN. Were entryCSN the state token, whoever
//     tries a wrong password could void every decision about the account. And a change of groups,
//     which must void it, shows in memberOf and does NOT move entryCSN. So the state token is a
//     digest of the guarded attributes (ldap_account.cc), recomputed and compared in act(), and the
//     assertion holds the entry still for the moment between that reading and the write. When the
//     assertion fails the account is read and compared again, at most `assertion_attempts_max` times.
//   - ppolicy's rules (length, quality, history) bind the service account, with `manage` on the lock
//     attributes and with the relax control too; only the rootdn passes them over. A refusal
//     is constraintViolation (19) with the reason in the ppolicy response control.
//   - A new password lifts every lock, the administrator's permanent one (000001010000Z) included.
//     A right to recover is no right to re-enable: act() refuses disabled accounts.
//   - pwdMustChange does not force pwdReset for a change by the service account, and an earlier
//     pwdReset goes away: the claimant chose this password, so it need not be changed again.
//   - Unlocking removes pwdAccountLockedTime. pwdFailureTime must go as well, else one more slip
//     locks again at once; it is "no user modification" and yields to `manage` plus the relax
//     control. A replace without values succeeds when nothing is there, so unlocking an account that
//     is not locked is done, with a note.
//   - Suspending writes pwdEndTime. pwdAccountLockedTime would be over with pwdLockoutDuration, and one in the
//     future is not in force yet; an end that has passed keeps everybody out whatever the policy's lockout settings
//     (measured with pwdLockout TRUE and FALSE, durations of 0 and 900 s). An account that has another end is not
//     suspended: the end would be lost.
//   - The first act on an account adds the class sallyportAccount and the marker in the same Modify.
//   - Groups and the entry are read by separate searches when groups_base is set; a change of groups
//     within those milliseconds is seen by the next reading, not by this one.
//
// Serves unlock and admin_unlock (the same change; who may is the core's business), suspend and
// password_reset. Thread-safe; blocking; every call returns by the configured deadline. A write
// gives `unknown` when its answer is lost, and `not_done/unavailable` only if nothing was sent.
#pragma once

#include <functional>
#include <memory>

#include "ports/directory.h"
#include "shell/directories/ldap_account.h"
#include "shell/directories/ldap_config.h"
#include "shell/directories/ldap_pool.h"

namespace sallyport {

// ppolicy locks after a few failures, and a locked account's entryCSN rests; more is not chance.
inline constexpr int assertion_attempts_max = 8;
inline constexpr std::size_t login_bytes_max = 256;
inline constexpr int group_levels_max = 8;      // groups within groups; deeper is a loop or a maze
inline constexpr int groups_per_level_max = 500;

class LdapDirectory final : public Directory {
 public:
  // Checks the configuration; connects at the first call.
  [[nodiscard]] static Result<std::unique_ptr<LdapDirectory>> open(LdapConfig config);

  [[nodiscard]] Result<AccountRecord> find_by_login(std::string_view login, Instant now) override;
  [[nodiscard]] Result<AccountRecord> find_by_id(const AccountId& account, Instant now) override;
  [[nodiscard]] Result<Observation> observe(const AccountId& account) override;
  [[nodiscard]] WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                                const SecretBytes* secret) override;
  [[nodiscard]] WriteResult fence(const AccountId& account, const Marker& from, const Marker& to) override;

 private:
  struct Located {
    LdapPool::Lease lease;
    LdapAccount account;
  };
  // Says why this account must be left alone, or nothing.
  using Objection = std::function<std::optional<WriteResult>(const LdapAccount&)>;
  struct Write {
    std::vector<LdapChange> changes;
    bool relax = false;
    bool sets_password = false;
    bool unlocks = false;
  };

  // What a reading is for: the marker alone, or a decision, which depends on the groups as well.
  enum class Reading { marker, whole };

  explicit LdapDirectory(LdapConfig config) : pool_(std::move(config)) {}
  [[nodiscard]] const LdapConfig& config() const noexcept { return pool_.config(); }
  [[nodiscard]] Deadline deadline_from_now() const;
  [[nodiscard]] Result<Located> locate(const std::string& filter, Reading reading, Deadline deadline);
  [[nodiscard]] Result<LdapAccount> read(LdapConnection& connection, const std::string& filter, Reading reading,
                                         Deadline deadline);
  [[nodiscard]] Result<std::vector<std::string>> groups_of(LdapConnection& connection, const LdapEntry& entry,
                                                           Deadline deadline);
  // Without an objection the account may be in any state: the marker alone is asked.
  [[nodiscard]] WriteResult write(const AccountId& account, const Marker& from, const Marker& to, const Write& write,
                                  const Objection& objection);

  LdapPool pool_;
};

}  // namespace sallyport
