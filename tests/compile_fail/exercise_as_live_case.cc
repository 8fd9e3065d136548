// A case of an exercise does not turn into a live one.
// expect: (can|could )not convert|no viable conversion|no matching (function|constructor)|conversion from
#include "core/ledger/exercise_register.h"

using namespace sallyport;

#ifdef MUST_NOT_COMPILE
LiveCase live(const ExerciseCase& exercise) { return exercise; }
#else
LiveCase live(const LiveCase& other) { return other; }
#endif
