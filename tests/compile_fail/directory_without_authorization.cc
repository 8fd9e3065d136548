// A directory acts on an AuthorizedAction; naming a case and an account is not enough.
// expect: (can|could )not convert|no matching (member )?function|no viable conversion|invalid initialization
#include "ports/directory.h"

using namespace sallyport;

WriteResult act(Directory& directory, const AuthorizedAction& action, const AccountId& account) {
#ifdef MUST_NOT_COMPILE
  (void)action;
  return directory.act(account, "", "", nullptr);
#else
  (void)account;
  return directory.act(action, "", "", nullptr);
#endif
}
