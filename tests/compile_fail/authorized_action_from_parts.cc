// An AuthorizedAction is no aggregate: its fields cannot be filled in from outside.
// expect: could not convert|no matching (function|constructor)|calling a private constructor|is private within
#include "core/cases/authorized_action.h"

using namespace sallyport;

#ifdef MUST_NOT_COMPILE
AuthorizedAction action = {CaseId(),    ExecutionId(), Action::unlock, DirectoryId(),
                           AccountId(), StateToken(),  Instant()};
#else
Action what(const AuthorizedAction& action) { return action.action(); }
#endif
