// The state token: a digest of what a decision about an account rests on. Two reads give the same
// token exactly when the guarded attributes have the same values, in whatever order the directory
// lists them. Values cannot be found from it except by guessing, and it names no person.
// Pure; no errors.
//
//   auto token = state_token_of({{"mail", {"kit@alderfinch.example"}}, {"memberOf", groups}});
#pragma once

#include <string>
#include <vector>

#include "core/model/account.h"

namespace sallyport {

struct GuardedAttribute {
  std::string name;
  std::vector<std::string> values;
};

[[nodiscard]] StateToken state_token_of(std::vector<GuardedAttribute> attributes);

}  // namespace sallyport
