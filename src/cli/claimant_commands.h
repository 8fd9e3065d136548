// `sallyport signal ...`: the claimant page, for people who have a terminal. Codes and passwords come
// from the prompt, a file or standard input, never from an argument.
#pragma once

#include <string>

#include "cli/session.h"
#include "cli/terminal.h"

namespace sallyport::cli {

[[nodiscard]] Answer<void> command_signal_join(const GlobalOptions& global, Terminal& terminal,
                                               const std::string& code_file);
[[nodiscard]] Answer<void> command_signal_request(const GlobalOptions& global, Terminal& terminal,
                                                  const std::string& signal);
// A wrong code is a refusal: `code_wrong`, exit code 3.
[[nodiscard]] Answer<void> command_signal_give(const GlobalOptions& global, Terminal& terminal,
                                               const std::string& signal, const std::string& code_file);
[[nodiscard]] Answer<void> command_signal_password(const GlobalOptions& global, Terminal& terminal);
[[nodiscard]] Answer<void> command_signal_status(const GlobalOptions& global, Terminal& terminal, bool wait);
[[nodiscard]] Answer<void> command_signal_enrol(const GlobalOptions& global, Terminal& terminal,
                                                const std::string& code_file);
[[nodiscard]] Answer<void> command_signal_invite(const GlobalOptions& global, Terminal& terminal,
                                                 const std::string& login);

}  // namespace sallyport::cli
