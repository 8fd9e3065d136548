// Two points in time have no sum; a point and a span do.
// expect: no match for 'operator\+'|invalid operands to binary expression
#include "base/instant.h"

using namespace sallyport;

#ifdef MUST_NOT_COMPILE
Instant later(Instant a, Instant b) { return a + b; }
#else
Instant later(Instant a, Duration b) { return a + b; }
#endif
