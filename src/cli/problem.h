// What went wrong, as the command line sees it: the server's problem+json, or a fault of our own put
// in the same form, so that `--json` has one shape of error and every error has one exit code.
//
//   Answer<Json> shown = api.get("/v1/me");
//   if (!shown) { terminal.fail(shown.error()); return exit_code_of(shown.error()); }
//
// Values; no threads, no I/O. Standard: RFC 9457.
#pragma once

#include <expected>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "shell/http/message.h"

namespace sallyport::cli {

// Documented in docs/command_line.md and in `sallyport --help`; scripts rely on them.
enum class ExitCode : int {
  ok = 0,
  other = 1,
  usage = 2,
  refused = 3,         // a rule said no
  not_signed_in = 4,   // or not permitted
  not_found = 5,
  bad_input = 6,
  unavailable = 7,     // the server or the directory
  outcome_unknown = 8,
};

struct Problem {
  Problem() = default;
  Problem(const Fault& fault);  // implicit, so that SP_TRY takes Results into Answers

  std::string type;  // "urn:sallyport:denial:<code>", "urn:sallyport:fault:<kind>", "urn:sallyport:auth:<reason>"
  std::string title;
  int status = 0;  // of HTTP; 0: it arose here
  std::string detail;
  std::string next_step;
};

template <typename T>
using Answer = std::expected<T, Problem>;

// For an answer with a status of 400 and above; tolerates bodies that are no problem+json.
[[nodiscard]] Problem problem_of(const HttpResponse& response);
[[nodiscard]] ExitCode exit_code_of(const Problem& problem);
[[nodiscard]] Json to_json(const Problem& problem);
// "requester_may_not_approve" of "urn:sallyport:denial:requester_may_not_approve"; else empty.
[[nodiscard]] std::string denial_code_of(const Problem& problem);

}  // namespace sallyport::cli
