// A secret has no way into a stream, and so into no log.
// expect: no match for 'operator<<'|invalid operands to binary expression
#include <ostream>

#include "crypto/secret.h"

void log(std::ostream& out, const sallyport::SecretBytes& secret) {
#ifdef MUST_NOT_COMPILE
  out << secret;
#else
  out << secret.size();
#endif
}
