// Builds error answers (RFC 9457, "Problem Details for HTTP APIs"). Pure.
//
//   reply(problem(409, "approver-touched-evidence", "This approver may not approve",
//                 "staff-7 verified the claimant", "ask another approver", Json::object({{"rule", "R4"}})));
//
// gives {"type":"urn:sallyport:approver-touched-evidence","title":...,"status":409,"detail":...,
// "next_step":...,"rule":"R4"} as application/problem+json. Empty detail and next_step are left out.
// `extra_facts` is an object or null; a key that would replace one of the five is a bug and asserts,
// so build it from names of ours, never from input.
#pragma once

#include <string_view>

#include "base/json.h"
#include "shell/http/message.h"

namespace sallyport {

[[nodiscard]] HttpResponse problem(int status, std::string_view type_suffix, std::string_view title,
                                   std::string_view detail = {}, std::string_view next_step = {},
                                   const Json& extra_facts = {});

}  // namespace sallyport
