#include "cli/policy_files.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "cli/files.h"

namespace sallyport::cli {
namespace {

std::string_view line_of(std::string_view text, std::size_t number) {
  for (std::size_t i = 1; i < number; ++i) {
    const auto end = text.find('\n');
    if (end == text.npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  return text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
}

}  // namespace

std::string folder_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == file.npos ? std::string() : file.substr(0, slash + 1);
}

std::optional<std::string> text_of_policy_file(Terminal& terminal, const std::string& file) {
  auto text = read_file(file, policy_text_bytes_max);
  if (text) return *std::move(text);
  terminal.fail(Problem(text.error()));
  return std::nullopt;
}

void show_problem(Terminal& terminal, const std::string& file, std::string_view text, const PolicyProblem& p) {
  terminal.line(concat(file, ":", p.line, ":", p.column, ": ", p.warning ? "warning: " : "", p.what),
                p.warning ? Ink::yellow : Ink::red);
  const auto number = std::to_string(p.line);
  const auto source = line_of(text, p.line);
  const auto column = std::min(p.column - 1, source.size());
  if (!source.empty() && source.size() <= 200) {
    terminal.line(concat("  ", number, " | ", source), Ink::dim);
    terminal.line(concat("  ", std::string(number.size(), ' '), " | ", std::string(column, ' '), "^"), Ink::dim);
  }
  terminal.line(concat("  ", p.next_step));
}

Json as_json(const PolicyProblem& p) {
  return Json::object({{"line", p.line},
                       {"column", p.column},
                       {"severity", p.warning ? "warning" : "error"},
                       {"what", p.what},
                       {"next_step", p.next_step}});
}

void fail_with(Terminal& terminal, const std::string& file, std::string_view text,
               const std::vector<PolicyProblem>& problems) {
  for (const auto& p : problems) {
    if (terminal.json())
      terminal.fail(
          Problem(Fault{FaultKind::invalid, concat(file, ":", p.line, ":", p.column, ": ", p.what), p.next_step}));
    else show_problem(terminal, file, text, p);
  }
}

std::optional<proof::Population> load_organization(Terminal& terminal, const std::string& file, const Policy& policy) {
  const auto text = text_of_policy_file(terminal, file);
  if (!text) return std::nullopt;
  auto read = proof::read_population(*text, policy);
  if (read) return *std::move(read);
  fail_with(terminal, file, *text, read.error());
  return std::nullopt;
}

bool fits(Terminal& terminal, const std::string& file, const Policy& policy, const std::vector<PolicyProblem>& misfits,
          std::vector<std::string>* notes) {
  std::vector<PolicyProblem> errors;
  for (const auto& p : misfits) {
    if (!p.warning) errors.push_back(p);
    else if (notes != nullptr) notes->push_back(concat("line ", p.line, ": ", p.what, "; ", p.next_step));
  }
  fail_with(terminal, file, policy.text(), errors);
  return errors.empty();
}

std::optional<Policy> load_policy(Terminal& terminal, const std::string& file, PolicyReading reading) {
  const auto text = text_of_policy_file(terminal, file);
  if (!text) return std::nullopt;
  auto checked = Policy::check(*text, reading);
  if (checked.policy) return std::move(checked.policy);
  fail_with(terminal, file, *text, checked.problems);
  return std::nullopt;
}

}  // namespace sallyport::cli
