// Nobody calls a case a live one but the look-up in the register of exercises.
// expect: calling a private constructor|is private within|no matching constructor
#include "core/ledger/exercise_register.h"

using namespace sallyport;

#ifdef MUST_NOT_COMPILE
LiveCase live(const CaseId& id) { return LiveCase(id, {}); }
#else
const CaseId& live(const LiveCase& live) { return live.id(); }
#endif
