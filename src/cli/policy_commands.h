// Commands that work on policy files and ask no server. Each ends with 0 (fine), 1 (the answer is no) or
// 2 (it could not be run); docs/command_line.md has what they print under --json.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace sallyport::cli {

struct CheckOptions {
  std::vector<std::string> files;
  std::string organization;  // also hold each against it; empty: not
};
// 1: something is wrong with one of them, has no effect, or does not fit the organization.
[[nodiscard]] Answer<int> command_policy_check(Terminal& terminal, const CheckOptions& options);
// 1: a case is decided otherwise than its author expects.
[[nodiscard]] Answer<int> command_policy_test(Terminal& terminal, const std::vector<std::string>& files);
struct PolicyDiffOptions {
  std::string before, after;
  std::string organization;  // also prove both for it, and tell for which accounts the prover's answers differ
};
// 1: something is easier under the second.
[[nodiscard]] Answer<int> command_policy_diff(Terminal& terminal, const PolicyDiffOptions& options);

struct FmtOptions {
  std::vector<std::string> files;
  bool check = false;  // write nothing; 1: a file is not formatted
};
[[nodiscard]] Answer<int> command_policy_fmt(Terminal& terminal, const FmtOptions& options);

// What a request with these facts ("account.admin=true") would need under this policy; 1: it is refused.
[[nodiscard]] Answer<int> command_policy_try(Terminal& terminal, const std::string& file, const std::string& action,
                                             const std::vector<std::string>& facts);

}  // namespace sallyport::cli
