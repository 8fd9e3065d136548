// A secret has no way into a ledger entry or an API answer.
// expect: could not convert|no matching (function|member function)|no viable conversion|cannot convert
#include "base/json.h"
#include "crypto/secret.h"

using namespace sallyport;

void tell(Json& answer, const SecretBytes& secret) {
#ifdef MUST_NOT_COMPILE
  answer.set("secret", secret);
#else
  answer.set("secret_is_set", !secret.empty());
#endif
}
