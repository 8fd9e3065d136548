// An AuthorizedAction is made by re-adjudication and nowhere else: not even with all the right parts.
// expect: 'sallyport::AuthorizedAction::AuthorizedAction\(.*' is private|calling a private constructor
#include "core/cases/authorized_action.h"

using namespace sallyport;

#ifdef MUST_NOT_COMPILE
AuthorizedAction forge() {
  return AuthorizedAction(CaseId(), ExecutionId(), Action::unlock, DirectoryId(), AccountId(), StateToken(), Instant(),
                          std::nullopt);
}
#else
AuthorizedAction hand_on(AuthorizedAction action) { return action; }
#endif
