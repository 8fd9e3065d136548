// A secret has one owner; a copy would be a second thing to wipe.
// expect: use of deleted function|call to deleted constructor
#include <utility>

#include "crypto/secret.h"

using sallyport::SecretBytes;

#ifdef MUST_NOT_COMPILE
SecretBytes keep(const SecretBytes& secret) { return secret; }
#else
SecretBytes keep(SecretBytes&& secret) { return std::move(secret); }
#endif
