// Secrets are compared in constant time: == would tell, by its haste, how much was right.
// expect: use of deleted function|overload resolution selected deleted operator
#include "crypto/secret.h"

bool same(const sallyport::SecretBytes& a, const sallyport::SecretBytes& b) {
#ifdef MUST_NOT_COMPILE
  return a == b;
#else
  return a.equals_constant_time(b.reveal());
#endif
}
