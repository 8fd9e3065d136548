#include "cli/drill_command.h"

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "cli/files.h"
#include "cli/policy_files.h"
#include "core/drills/drill.h"
#include "core/drills/page.h"
#include "core/drills/words.h"
#include "core/proof/population.h"
#include "crypto/hash.h"

namespace sallyport::cli {
namespace {

using drills::Outcome;
using drills::Restored;

Ink ink_of(Outcome outcome) {
  if (outcome == Outcome::got_in) return Ink::red;
  return outcome == Outcome::front_door ? Ink::yellow : Ink::green;
}

std::string_view label_of(Outcome outcome) {
  if (outcome == Outcome::got_in) return "GOT IN     ";
  return outcome == Outcome::front_door ? "FRONT DOOR " : "stopped    ";
}

// What is the same of several kinds of account is said once.
template <typename Part>
std::vector<std::pair<const Part*, std::string>> grouped(const std::vector<Part>& parts, const auto& words) {
  std::vector<std::pair<const Part*, std::string>> out;
  for (const auto& part : parts) {
    const auto same = std::ranges::find_if(out, [&](const auto& known) { return words(*known.first) == words(part); });
    if (same == out.end()) out.emplace_back(&part, part.account);
    else same->second += concat(", ", part.account);
  }
  return out;
}

void show_got_in(Terminal& terminal, const drills::Attack& attack) {
  for (const auto& step : proof::told(attack.story)) terminal.line(concat("      ", step));
  if (!attack.one_line) {
    terminal.line("    No single line of those that were tried stops it.", Ink::yellow);
    return;
  }
  terminal.line(concat("    One line stops it: ", attack.one_line->words), Ink::bold);
  terminal.line(concat("      line ", attack.one_line->line));
  terminal.line(concat("      - ", attack.one_line->before), Ink::red);
  terminal.line(concat("      + ", attack.one_line->after), Ink::green);
  if (!attack.shuts_out.empty())
    terminal.line(concat("      but it also refuses ", drills::listed(attack.shuts_out, ", ")), Ink::yellow);
}

void show_incident(Terminal& terminal, const drills::IncidentResult& result) {
  if (!result.does_not_apply.empty()) {
    terminal.line(concat("does not apply  ", result.incident->name, ": ", result.does_not_apply), Ink::dim);
    return;
  }
  terminal.line(concat(label_of(result.worst()), result.incident->name), ink_of(result.worst()));
  terminal.line(concat("    ", result.incident->pretext), Ink::dim);
  const auto words = [](const drills::Attack& a) {
    return concat(to_string(a.outcome), "/", drills::in_words(a), a.one_line ? a.one_line->words : "");
  };
  // An action that could be completed is nearer than any that was not.
  const auto nearer = [](const drills::Attack& a, const drills::Attack& b) {
    return std::pair(a.done.empty(), a.short_by) < std::pair(b.done.empty(), b.short_by);
  };
  std::vector<drills::Attack> let_in;
  const drills::Attack* nearest = nullptr;  // of those that were stopped
  std::size_t stopped = 0;
  for (const auto& attack : result.attacks) {
    if (attack.outcome != Outcome::stopped) let_in.push_back(attack);
    else if (++stopped; nearest == nullptr || nearer(attack, *nearest)) nearest = &attack;
  }
  for (const auto& [attack, accounts] : grouped(let_in, words)) {
    terminal.line(concat("    ", accounts, ": ", drills::in_words(*attack)));
    if (attack->outcome == Outcome::got_in) show_got_in(terminal, *attack);
  }
  if (nearest == nullptr) return;
  terminal.line(concat("    ", nearest->account, ": ", drills::in_words(*nearest)));
  if (stopped > 1)
    terminal.line(
        concat("    ", stopped - 1, stopped == 2 ? " other kind" : " other kinds", " of account: stopped no nearer"),
        Ink::dim);
}

void show_honest(Terminal& terminal, const drills::HonestResult& result) {
  const auto worst = result.worst();
  const auto label = worst == Restored::yes  ? "restored   "
                     : worst == Restored::no ? "REFUSED    "
                                             : "does not apply  ";
  const auto ink = worst == Restored::yes ? Ink::green : worst == Restored::no ? Ink::red : Ink::dim;
  if (worst == Restored::does_not_apply) {
    const auto& why = result.does_not_apply.empty() ? result.recoveries.front().why : result.does_not_apply;
    terminal.line(concat(label, result.honest->id, " ", result.honest->words, ": ", why), ink);
    return;
  }
  terminal.line(concat(label, result.honest->id, " ", result.honest->words), ink);
  for (const auto& [recovery, accounts] :
       grouped(result.recoveries, [](const drills::Recovery& r) { return drills::in_words(r); }))
    terminal.line(concat("    ", accounts, ": ", drills::in_words(*recovery)));
}

void show(Terminal& terminal, const Policy& policy, const proof::Population& population, const drills::Drill& drill) {
  terminal.heading("Attacks that happened");
  for (const auto& result : drill.incidents) show_incident(terminal, result);
  terminal.heading("People who have to get back in");
  for (const auto& result : drill.honest) show_honest(terminal, result);
  for (const auto& note : drill.notes) terminal.line(concat("note: ", note), Ink::yellow);
  if (population.assumed)
    terminal.line("note: no organization was given; one was assumed in which the policy is easiest to get through",
                  Ink::dim);
  terminal.line(
      "A drill is about the model: `stopped` means that what they had then is not enough under this policy "
      "(docs/drills.md).",
      Ink::dim);
  terminal.line(concat(policy.name(), ": ", drills::summary_of(drill)), drill.passed() ? Ink::green : Ink::red);
}

std::string today() {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
  const auto two = [](unsigned n) { return concat(n < 10 ? "0" : "", n); };
  return concat(static_cast<int>(day.year()), "-", two(static_cast<unsigned>(day.month())), "-",
                two(static_cast<unsigned>(day.day())));
}

// Of a file, or the one in force at the site, which any of the staff may read.
Answer<Policy> policy_in_force(const GlobalOptions& global) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.get("/v1/policy"));
  const auto* text = answer.find("text");
  if (text == nullptr || !text->is_string())
    return std::unexpected(Problem(fault(FaultKind::corrupt, "the server's answer holds no policy").error()));
  SP_TRY(auto policy, Policy::compile(text->as_string(), "the policy in force"));
  return policy;
}

std::optional<Policy> policy_of(const GlobalOptions& global, Terminal& terminal, const DrillOptions& options) {
  if (!options.policy.empty()) return load_policy(terminal, options.policy);
  auto policy = policy_in_force(global);
  if (policy) return *std::move(policy);
  auto problem = std::move(policy).error();
  problem.detail = concat("no --policy is given, and the one in force cannot be asked for: ", problem.detail);
  problem.next_step =
      concat("give --policy FILE", problem.next_step.empty() ? "" : concat(", or ask the site: ", problem.next_step));
  terminal.fail(problem);
  return std::nullopt;
}

std::optional<proof::Population> people_of(Terminal& terminal, const DrillOptions& options, const Policy& policy) {
  if (options.organization.empty()) {
    bool few_groups = false;
    auto made = proof::assumed(policy, few_groups);
    if (made) return *std::move(made);
    terminal.fail(Problem(made.error()));
    return std::nullopt;
  }
  auto read = load_organization(terminal, options.organization, policy);
  if (!read || !fits(terminal, options.policy, policy, proof::misfits(policy, *read))) return std::nullopt;
  return read;
}

}  // namespace

Answer<int> command_drill_run(const GlobalOptions& global, Terminal& terminal, const DrillOptions& options) {
  const auto policy = policy_of(global, terminal, options);
  if (!policy) return could_not_run;
  const auto population = people_of(terminal, options, *policy);
  if (!population) return could_not_run;
  const auto drill = drills::run_drill(*policy, *population);
  if (!drill) {
    terminal.fail(Problem(with_context(concat("drilling `", policy->name(), "`"), drill.error()).error()));
    return could_not_run;
  }
  if (!options.html.empty()) {
    const drills::PageHead head{policy->name(), population->assumed ? "" : population->name, to_hex(policy->digest()),
                                today()};
    const auto written = write_public_file(options.html, drills::page_of(*drill, head), IfExists::replace);
    if (!written) {
      terminal.fail(Problem(written.error()));
      return could_not_run;
    }
  }
  if (terminal.json()) {
    auto document = drills::to_json(*drill);
    document.set("file", options.policy.empty() ? Json() : Json(options.policy));
    document.set("policy", to_hex(policy->digest()));
    document.set("organization", population->name);
    document.set("assumed", population->assumed);
    terminal.document(document);
  } else {
    show(terminal, *policy, *population, *drill);
  }
  return drill->passed() ? fine : answer_is_no;
}

}  // namespace sallyport::cli
