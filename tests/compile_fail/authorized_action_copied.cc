// One authorization is one attempt: it can be handed on, not doubled.
// expect: use of deleted function|call to deleted constructor
#include "core/cases/authorized_action.h"

using namespace sallyport;

#ifdef MUST_NOT_COMPILE
AuthorizedAction second(const AuthorizedAction& first) { return first; }
#else
AuthorizedAction second(AuthorizedAction&& first) { return std::move(first); }
#endif
