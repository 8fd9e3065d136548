// There is no empty AuthorizedAction to fill in later.
// expect: no matching (function for call|constructor)
#include "core/cases/authorized_action.h"

#ifdef MUST_NOT_COMPILE
sallyport::AuthorizedAction action;
#else
extern sallyport::AuthorizedAction action;
#endif
