#include "cli/prove_command.h"

#include <algorithm>

#include "base/text.h"
#include "cli/files.h"
#include "cli/policy_files.h"
#include "core/policy/covered_rules.h"
#include "core/policy/without_effect.h"
#include "core/proof/certificate.h"
#include "core/proof/graph.h"
#include "core/proof/observe.h"
#include "core/proof/read_accounts.h"
#include "core/proof/repair.h"
#include "core/proof/standing.h"
#include "core/proof/verdict.h"
#include "core/prover/prove.h"
#include "core/prover/read_model.h"
#include "crypto/hash.h"

namespace sallyport::cli {

int command_prove_model(Terminal& terminal, const std::string& file) {
  const auto text = read_file(file, prover::model_bytes_max);
  if (!text) {
    terminal.fail(Problem(text.error()));
    return could_not_run;
  }
  const auto read = prover::read_model(*text);
  const auto words_of = [&](const prover::Complaint& c) { return concat(file, ": ", c.path, ": ", c.what); };
  for (const auto& c : read.complaints)
    if (terminal.json()) terminal.fail(Fault{FaultKind::invalid, words_of(c), c.next_step});
    else terminal.note(concat(words_of(c), "; ", c.next_step));
  if (read.complaints.size() == prover::complaints_max) terminal.note(concat(file, ": there may be more"));
  if (!read.complaints.empty()) return could_not_run;
  for (const auto& c : read.notes) terminal.remark(words_of(c), c.next_step);
  auto report = prover::prove(read.model);
  if (!report) {
    terminal.fail(Problem(with_context(concat("proving `", file, "`"), std::move(report).error()).error()));
    return could_not_run;
  }
  terminal.verbatim(concat(to_indented_text(*report, 1), "\n"));
  return fine;
}

namespace {

// Whoever deletes the guarantees has not proved them.
bool promises_nothing(const Policy& policy) { return policy.guarantees().lines.empty(); }

void show_story(Terminal& terminal, const proof::Story& story) {
  terminal.line("  This is enough:");
  for (const auto& c : story.takes) terminal.line(concat("    ", c.words, "  (level ", c.level, ")"));
  terminal.line("  How:");
  for (const auto& step : proof::told(story)) terminal.line(concat("    ", step));
}

void show_finding(Terminal& terminal, const std::string& file, const proof::Finding& f) {
  terminal.line(concat(to_string(f.standing), ": ", f.guarantee, f.about.empty() ? "" : concat(" ", f.about), " for ",
                       f.account, "  (", file, ":", f.line, ")"),
                Ink::red);
  terminal.line(concat("  ", f.why));
  if (!f.lines.empty()) terminal.line(concat("  It rests on ", proof::lines_in_words(f.lines)));
  for (const auto& story : f.stories)
    if (&story == f.stories.data()) show_story(terminal, story);
    else terminal.line(concat("  Or: ", proof::capabilities_in_words(story.takes)), Ink::dim);
  if (f.more > 0) terminal.line(concat("  And ", f.more, f.more == 1 ? " more way" : " more ways"), Ink::dim);
}

void show_repair(Terminal& terminal, const proof::Repair& repair) {
  terminal.line("Smallest change that mends all of it, and after which everything was proved again:", Ink::bold);
  for (const auto& edit : repair.edits) {
    terminal.line(concat("  line ", edit.line, ": ", edit.words));
    terminal.line(concat("    - ", edit.before), Ink::red);
    terminal.line(concat("    + ", edit.after), Ink::green);
  }
}

constexpr std::string_view people_by_level = "people_by_level";

// How many people it takes to take an account, by how good an attacker is: a row for each kind, those with the same
// numbers in one.
void show_people(Terminal& terminal, const std::vector<proof::Observation>& observations) {
  std::vector<std::pair<std::string, std::string>> rows;  // numbers, accounts
  for (const auto& o : observations) {
    if (o.property != people_by_level || o.data.is_null()) continue;
    std::string numbers;
    for (const auto& number : o.data.find("people")->as_array()) {
      const auto text = number.is_null() ? std::string("-") : std::to_string(number.as_int());
      numbers += concat(std::string(text.size() < 4 ? 4 - text.size() : 1, ' '), text);
    }
    const auto same = std::ranges::find(rows, numbers, &std::pair<std::string, std::string>::first);
    if (same == rows.end()) rows.emplace_back(std::move(numbers), o.about);
    else same->second += concat(", ", o.about);
  }
  if (rows.empty()) return;
  terminal.line("People beside the holder that it takes when attacks up to a level succeed (-: no number of them):");
  terminal.line("   0   1   2   3   4", Ink::dim);
  for (const auto& [numbers, accounts] : rows) terminal.line(concat(numbers, "  ", accounts));
}

// What is the same of several kinds of account is said once.
void show_observations(Terminal& terminal, const std::vector<proof::Observation>& observations) {
  std::vector<std::pair<const proof::Observation*, std::string>> lines;
  for (const auto& o : observations) {
    if (o.property == people_by_level && !o.data.is_null()) continue;  // in the table
    const auto same = std::ranges::find(lines, o.words, [](const auto& line) { return line.first->words; });
    if (same == lines.end()) lines.emplace_back(&o, o.about);
    else same->second += concat(", ", o.about);
  }
  for (const auto& [o, about] : lines)
    terminal.line(concat(o->concern ? "look at: " : "", o->words,
                         o->lines.empty() ? "" : concat("  [", proof::lines_in_words(o->lines), "]"),
                         about.empty() || (!o->concern && o->words.contains(o->about)) ? "" : concat(" (", about, ")")),
                  o->concern ? Ink::yellow : Ink::dim);
}

// What the policy could do without (`policy check` tells the same).
std::vector<std::string> notes_of(const Policy& policy, const proof::Proof& proof) {
  auto out = proof.notes;
  for (const auto& problems : {without_effect(policy), covered_rules(policy)})
    for (const auto& p : problems) out.push_back(concat("line ", p.line, ": ", p.what));
  return out;
}

void show_proof(Terminal& terminal, const std::string& file, const Policy& policy, const proof::Population& population,
                const proof::Proof& proof) {
  std::size_t holding = 0;
  for (const auto& f : proof.findings) {
    if (f.standing == proof::Standing::holds) ++holding;
    else show_finding(terminal, file, f);
  }
  const auto observations = proof::observe(policy, population, proof);
  show_people(terminal, observations);
  show_observations(terminal, observations);
  for (const auto& note : notes_of(policy, proof)) terminal.line(concat("note: ", note), Ink::yellow);
  if (population.assumed)
    terminal.line("note: no organization was given; one was assumed in which the policy is easiest to get through",
                  Ink::dim);
  if (promises_nothing(policy)) terminal.line("The policy has no `guarantees`, so nothing was proved.", Ink::yellow);
  else
    terminal.line(
        "A proof is about the model: levels are a judgement, and what nobody listed is not considered "
        "(docs/prover.md).",
        Ink::dim);
  terminal.line(concat(policy.name(), ": ", holding, " of ", proof.findings.size(), " guarantees hold, over ",
                       population.accounts.size(), population.accounts.size() == 1 ? " kind" : " kinds", " of account"),
                proof.holds() && !promises_nothing(policy) ? Ink::green : Ink::red);
}

Json list_of(const std::vector<std::string>& texts) {
  Json out = Json::array();
  for (const auto& text : texts) out.push(text);
  return out;
}

Json proof_document(const std::string& file, const Policy& policy, const proof::Population& population,
                    const proof::Proof& proof, const std::optional<proof::Repair>& repair) {
  Json findings = Json::array();
  for (const auto& f : proof.findings) findings.push(to_json(f));
  Json observations = Json::array();
  for (const auto& o : proof::observe(policy, population, proof)) observations.push(to_json(o));
  Json notes = list_of(notes_of(policy, proof));
  Json answers;  // all of them, which the guarantees do not need; null where they are too many
  if (auto all = prover::prove(proof.technical.model); all) answers = *std::move(all);
  else notes.push("`answers` is null: the model has more ways than can be listed");
  return Json::object({{"file", file},
                       {"policy", to_hex(policy.digest())},
                       {"organization", population.name},
                       {"assumed", population.assumed},
                       {"holds", proof.holds() && !promises_nothing(policy)},
                       {"findings", std::move(findings)},
                       {"observations", std::move(observations)},
                       {"pessimistic", proof.pessimistic},
                       {"answers", std::move(answers)},
                       {"repair", repair ? to_json(*repair) : Json()},
                       {"notes", std::move(notes)}});
}

// Every account of a directory: what does not hold, once for each shape of account, with how many are like it.
int prove_accounts(Terminal& terminal, const ProveOptions& options, const Policy& policy,
                   const proof::Population& people) {
  const auto text = read_file(options.accounts, proof::accounts_bytes_max);
  if (!text) {
    terminal.fail(Problem(text.error()));
    return could_not_run;
  }
  auto accounts = proof::read_accounts(*text, policy, people);
  if (!accounts) {
    terminal.fail(Problem(with_context(options.accounts, std::move(accounts).error()).error()));
    return could_not_run;
  }
  std::vector<std::string> notes;
  if (!fits(terminal, options.policy, policy, proof::misfits(policy, people, *accounts), &notes)) return could_not_run;
  proof::StandingProof standing(policy, people);
  std::size_t done = 0;
  for (const auto& account : *accounts) {
    if (++done % 1000 == 0) terminal.progress("proving", done, accounts->size());
    if (auto taken = standing.change(account); !taken) {
      terminal.fail(Problem(with_context(concat("proving `", account.id, "`"), std::move(taken).error()).error()));
      return could_not_run;
    }
  }
  const auto totals = standing.totals();
  Json findings = Json::array();
  for (const auto& [finding, number] : standing.broken()) {
    auto json = to_json(finding);
    findings.push(json.set("accounts", number));
    if (terminal.json()) continue;
    show_finding(terminal, options.policy, finding);
    if (number > 1)
      terminal.line(concat("  ", number - 1, number == 2 ? " more account" : " more accounts", " like it"));
  }
  terminal.document(Json::object({{"file", options.policy},
                                  {"policy", to_hex(policy.digest())},
                                  {"accounts", totals.accounts},
                                  {"kinds", totals.kinds},
                                  {"shapes", totals.shapes},
                                  {"largest_family", totals.largest_family},
                                  {"broken", totals.broken},
                                  {"weaker", totals.weaker},
                                  {"holds", totals.broken == 0 && !promises_nothing(policy)},
                                  {"findings", std::move(findings)},
                                  {"notes", list_of(notes)}}));
  for (const auto& note : notes) terminal.line(concat("note: ", note), Ink::yellow);
  terminal.line(concat(policy.name(), ": every guarantee holds for ", totals.accounts - totals.broken, " of ",
                       totals.accounts, " accounts (", totals.kinds, " kinds, ", totals.shapes, " shapes)"),
                totals.broken == 0 ? Ink::green : Ink::red);
  if (promises_nothing(policy)) terminal.line("The policy has no `guarantees`, so nothing was proved.", Ink::yellow);
  return totals.broken == 0 && !promises_nothing(policy) ? fine : answer_is_no;
}

}  // namespace

Answer<int> command_prove_policy(Terminal& terminal, const ProveOptions& options) {
  if (!options.accounts.empty() && !options.certificate_out.empty()) {
    terminal.fail(
        Problem(Fault{FaultKind::invalid,
                      "a certificate is of the kinds of accounts of an organization file, and not of those of "
                      "a directory, most of which are not proved by themselves",
                      "leave out --accounts, or --certificate (docs/prover.md, \"Certificates\")"}));
    return could_not_run;
  }
  const auto policy = load_policy(terminal, options.policy);
  if (!policy) return could_not_run;
  std::optional<proof::Population> population;
  std::string organization = "assumed";
  if (options.organization.empty()) {
    bool few_groups = false;
    auto made = proof::assumed(*policy, few_groups);
    if (!made) {
      terminal.fail(Problem(made.error()));
      return could_not_run;
    }
    population = *std::move(made);
  } else {
    const auto text = text_of_policy_file(terminal, options.organization);
    if (!text) return could_not_run;
    auto read = proof::read_population(*text, *policy);
    if (!read) {
      fail_with(terminal, options.organization, *text, read.error());
      return could_not_run;
    }
    population = *std::move(read);
    organization = to_hex(sha256(view_of(*text)));
  }
  if (!options.accounts.empty()) return prove_accounts(terminal, options, *policy, *population);
  std::vector<std::string> notes;
  if (!fits(terminal, options.policy, *policy, proof::misfits(*policy, *population), &notes)) return could_not_run;
  const auto write = [&](const std::string& to, const std::string& text) {
    if (to.empty()) return true;
    const auto written = write_public_file(to, text, IfExists::replace);
    if (!written) terminal.fail(Problem(written.error()));
    return written.has_value();
  };
  if (!options.model_out.empty()) {  // before it is solved: a model that is too large is worth a look
    const auto compiled = proof::compile(*policy, *population, proof::Reading::technical);
    if (!compiled) {
      terminal.fail(Problem(compiled.error()));
      return could_not_run;
    }
    if (!write(options.model_out, concat(to_indented_text(compiled->json, 1), "\n"))) return could_not_run;
  }
  auto proof = proof::prove_policy(*policy, *population);
  if (!proof) {
    terminal.fail(Problem(with_context(concat("proving `", options.policy, "`"), proof.error()).error()));
    return could_not_run;
  }
  proof->notes.insert(proof->notes.begin(), notes.begin(), notes.end());
  if (!write(options.graph_out, options.graph_out.ends_with(".json")
                                    ? concat(to_indented_text(proof::graph_json(proof->technical), 1), "\n")
                                    : proof::graph_dot(proof->technical)))
    return could_not_run;
  if (!options.certificate_out.empty() && proof->holds() && !promises_nothing(*policy)) {
    const auto certificate = proof::certificate_of(*policy, *proof, organization);
    if (!certificate) {
      terminal.fail(Problem(certificate.error()));
      return could_not_run;
    }
    if (!write(options.certificate_out, concat(to_text(*certificate), "\n"))) return could_not_run;
  }
  std::optional<proof::Repair> repair;
  if (!proof->holds() && options.repair) repair = proof::smallest_repair(*policy, *population, *proof);
  if (terminal.json()) {
    terminal.document(proof_document(options.policy, *policy, *population, *proof, repair));
  } else {
    show_proof(terminal, options.policy, *policy, *population, *proof);
    if (repair) show_repair(terminal, *repair);
    else if (!proof->holds() && options.repair)
      terminal.line("No single change of those that are tried mends all of it.", Ink::dim);
  }
  return proof->holds() && !promises_nothing(*policy) ? fine : answer_is_no;
}

}  // namespace sallyport::cli
