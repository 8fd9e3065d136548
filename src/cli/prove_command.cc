#include "cli/prove_command.h"

#include "base/text.h"
#include "cli/files.h"
#include "core/prover/prove.h"
#include "core/prover/read_model.h"

namespace sallyport::cli {

Answer<int> command_policy_prove(Terminal& terminal, const std::string& file) {
  // One byte more than the reader takes: it is the reader that says how large a model may be.
  SP_TRY(const auto text, read_file(file, prover::model_bytes_max + 1));
  const auto read = prover::read_model(text);
  const auto tell = [&](const std::string& before, const prover::Complaint& c) {
    const auto what = concat(before, file, ": ", c.path, ": ", c.what);
    if (terminal.json()) terminal.fail(Fault{FaultKind::invalid, what, c.next_step});
    else terminal.note(concat(what, "; ", c.next_step));
  };
  for (const auto& complaint : read.complaints) tell("", complaint);
  if (read.complaints.size() == prover::complaints_max) terminal.note(concat(file, ": there may be more"));
  if (!read.complaints.empty()) return static_cast<int>(ExitCode::usage);
  for (const auto& note : read.notes) tell("note: ", note);
  auto report = prover::prove(read.model);
  if (!report)
    return std::unexpected(Problem(with_context(concat("proving `", file, "`"), std::move(report).error()).error()));
  terminal.verbatim(concat(to_indented_text(*report, 1), "\n"));
  return 0;
}

}  // namespace sallyport::cli
