// What was authorized cannot be pointed at another account afterwards.
// expect: passing 'const .*' as 'this' argument discards qualifiers|no viable overloaded '='|discards qualifiers
#include "core/cases/authorized_action.h"

using namespace sallyport;

void redirect(AuthorizedAction& action, const AccountId& other) {
#ifdef MUST_NOT_COMPILE
  action.account() = other;
#else
  AccountId copy = action.account();
  copy = other;
#endif
}
