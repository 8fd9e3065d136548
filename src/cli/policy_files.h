// Policy files at the terminal: reading them, and showing what is wrong with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cli/terminal.h"
#include "core/policy/policy.h"
#include "core/proof/fit.h"

namespace sallyport::cli {

// How a command on policy files ends.
inline constexpr int fine = 0;
inline constexpr int answer_is_no = 1;
inline constexpr int could_not_run = 2;

// With its slash, or empty: files name each other from where they stand.
[[nodiscard]] std::string folder_of(const std::string& file);

// The text, or nothing after telling why not.
[[nodiscard]] std::optional<std::string> text_of_policy_file(Terminal& terminal, const std::string& file);
// The policy, or nothing after showing all that is wrong with it.
[[nodiscard]] std::optional<Policy> load_policy(Terminal& terminal, const std::string& file,
                                                PolicyReading reading = PolicyReading::draft);
// The organization file, or nothing after showing all that is wrong with it.
[[nodiscard]] std::optional<proof::Population> load_organization(Terminal& terminal, const std::string& file,
                                                                 const Policy& policy);
// False, after showing it, when the policy names what the organization does not have, or asks for people who are not
// there. What is no error is added to `notes`.
[[nodiscard]] bool fits(Terminal& terminal, const std::string& file, const Policy& policy,
                        const std::vector<PolicyProblem>& misfits, std::vector<std::string>* notes = nullptr);

// The place, what is wrong, the line itself, and what would be right.
void show_problem(Terminal& terminal, const std::string& file, std::string_view text, const PolicyProblem& problem);
[[nodiscard]] Json as_json(const PolicyProblem& problem);
// All of them: for people, or as problem documents on standard error.
void fail_with(Terminal& terminal, const std::string& file, std::string_view text,
               const std::vector<PolicyProblem>& problems);

}  // namespace sallyport::cli
