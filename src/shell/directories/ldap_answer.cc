#include "shell/directories/ldap_answer.h"

#include <ldap.h>

#include "base/text.h"

namespace sallyport {
namespace {

WriteResult not_done(Refusal refusal, std::string detail) {
  return {WriteOutcome::not_done, refusal, std::move(detail)};
}

std::string password_reason(const std::optional<int>& error) {
  switch (error.value_or(PP_noError)) {
    case PP_passwordTooShort: return "the directory refuses this password: it is too short";
    case PP_passwordInHistory: return "the directory refuses this password: it was used before";
    case PP_insufficientPasswordQuality: return "the directory refuses this password: it is too simple";
    case PP_passwordTooYoung: return "the directory refuses: the password was changed too recently";
    case PP_passwordModNotAllowed: return "the directory does not allow this account's password to be changed";
    case PP_passwordTooLong: return "the directory refuses this password: it is too long";
    default: return "the directory refuses this password: it breaks one of its rules";
  }
}

}  // namespace

WriteResult meaning_of(const LdapAnswer& answer, bool set_a_password) {
  if (answer.got == LdapAnswer::Got::nothing)
    return {WriteOutcome::unknown, Refusal::none, "the directory's answer was lost"};
  switch (answer.code) {
    case LDAP_SUCCESS: return {WriteOutcome::done, Refusal::none, ""};
    case LDAP_ASSERTION_FAILED:
    case LDAP_NO_SUCH_ATTRIBUTE:
    case LDAP_TYPE_OR_VALUE_EXISTS: return not_done(Refusal::state_changed, "the account changed meanwhile");
    case LDAP_CONSTRAINT_VIOLATION:
      if (set_a_password) return not_done(Refusal::password_rejected, password_reason(answer.password_policy_error));
      return not_done(Refusal::other, concat("the directory refuses the change: ", answer.diagnostic));
    case LDAP_NO_SUCH_OBJECT: return not_done(Refusal::no_such_account, "the account does not exist any more");
    case LDAP_INSUFFICIENT_ACCESS:
      return not_done(Refusal::not_permitted, "the directory does not let Sallyport change this account");
    case LDAP_UNAVAILABLE_CRITICAL_EXTENSION:
      return not_done(Refusal::not_supported, "the directory does not serve the assertion or relax control");
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE: return not_done(Refusal::unavailable, "the directory is busy or unavailable");
    case LDAP_REFERRAL:
      return not_done(Refusal::other, "the directory is a read-only replica; configure the writable one");
    case LDAP_UNWILLING_TO_PERFORM:
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_CONFIDENTIALITY_REQUIRED:
    case LDAP_UNDEFINED_TYPE:
    case LDAP_OBJECT_CLASS_VIOLATION:
    case LDAP_INVALID_SYNTAX:
    case LDAP_PROTOCOL_ERROR:
      return not_done(Refusal::other,
                      concat("the directory refuses: ", ldap_err2string(answer.code), " (", answer.diagnostic, ")"));
    default:
      return {WriteOutcome::unknown, Refusal::none, concat("the directory answered: ", ldap_err2string(answer.code))};
  }
}

}  // namespace sallyport
