#include "core/model/staff.h"

#include <algorithm>

namespace sallyport {

std::string_view to_string(StaffRole role) noexcept {
  switch (role) {
    case StaffRole::agent: return "agent";
    case StaffRole::approver: return "approver";
    case StaffRole::reviewer: return "reviewer";
    case StaffRole::operator_: return "operator";
    case StaffRole::voucher: return "voucher";
  }
  return "";
}

bool StaffMember::has(StaffRole role) const { return std::ranges::find(roles, role) != roles.end(); }

}  // namespace sallyport
