// A secret has no way into a message that is put together with concat().
// expect: no matching function for call to 'append_piece|no matching function for call
#include "base/text.h"
#include "crypto/secret.h"

std::string message(const sallyport::SecretBytes& secret) {
#ifdef MUST_NOT_COMPILE
  return sallyport::concat("the secret is ", secret);
#else
  return sallyport::concat("the secret has ", secret.size(), " bytes");
#endif
}
