// Ids of two kinds are never equal, nor unequal: the question makes no sense.
// expect: no match for 'operator=='|invalid operands to binary expression
#include "core/model/ids.h"

using namespace sallyport;

bool same(const StaffId& staff, const StaffId& other, const PersonId& person) {
#ifdef MUST_NOT_COMPILE
  (void)other;
  return staff == person;
#else
  (void)person;
  return staff == other;
#endif
}
