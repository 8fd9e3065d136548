// A case's id cannot stand where a staff member's is due.
// expect: could not convert|cannot convert|no matching function|invalid initialization of reference
#include "core/model/ids.h"

using namespace sallyport;

bool may_approve(const StaffId& approver, const CaseId& case_id);

bool ask(const StaffId& approver, const CaseId& case_id) {
#ifdef MUST_NOT_COMPILE
  return may_approve(case_id, approver);
#else
  return may_approve(approver, case_id);
#endif
}
