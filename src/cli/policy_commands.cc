#include "cli/policy_commands.h"

#include <algorithm>
#include <iterator>

#include "base/limits.h"
#include "base/text.h"
#include "cli/files.h"
#include "cli/policy_files.h"
#include "core/policy/compare.h"
#include "core/policy/covered_rules.h"
#include "core/policy/explain.h"
#include "core/policy/fields.h"
#include "core/policy/policy.h"
#include "core/policy/trial.h"
#include "core/policy/without_effect.h"
#include "core/policy/yaml.h"
#include "core/proof/population.h"
#include "core/proof/verdict.h"

namespace sallyport::cli {
namespace {

std::string plural(std::uint64_t n, std::string_view one) { return concat(n, " ", one, n == 1 ? "" : "s"); }

}  // namespace

Answer<int> command_policy_check(Terminal& terminal, const CheckOptions& options) {
  int status = fine;
  Json documents = Json::array();
  for (const auto& file : options.files) {
    const auto text = text_of_policy_file(terminal, file);
    if (!text) return could_not_run;
    auto checked = Policy::check(*text);
    if (checked.policy) {
      std::ranges::move(without_effect(*checked.policy), std::back_inserter(checked.problems));
      std::ranges::move(covered_rules(*checked.policy), std::back_inserter(checked.problems));
      std::ranges::stable_sort(checked.problems, {}, &PolicyProblem::line);
    }
    if (!checked.problems.empty()) status = answer_is_no;
    if (checked.policy) std::ranges::move(signals_not_taken(*checked.policy), std::back_inserter(checked.problems));
    std::optional<bool> fitting;
    if (checked.policy && !options.organization.empty()) {
      const auto population = load_organization(terminal, options.organization, *checked.policy);
      if (!population) return could_not_run;
      auto misfits = proof::misfits(*checked.policy, *population);
      fitting = !proof::has_errors(misfits);
      if (!*fitting) status = answer_is_no;
      std::ranges::move(misfits, std::back_inserter(checked.problems));
    }
    Json problems = Json::array();
    for (const auto& p : checked.problems) {
      problems.push(as_json(p));
      if (!terminal.json()) show_problem(terminal, file, *text, p);
    }
    auto document = Json::object({{"file", file}, {"loads", checked.policy.has_value()}, {"problems", problems}});
    if (checked.policy) {
      document.set("name", checked.policy->name());
      document.set("digest", to_hex(checked.policy->digest()));
      if (fitting) document.set("fits", *fitting);
      terminal.line(concat(file, " loads: policy `", checked.policy->name(), "`"), Ink::green);
      terminal.fact("digest", to_hex(checked.policy->digest()));
      terminal.fact("holds", concat(plural(checked.policy->signals().size(), "signal"), ", ",
                                    plural(checked.policy->tiers().size(), "tier"), ", ",
                                    plural(checked.policy->rules().size(), "rule")));
      if (fitting)
        terminal.fact("fits", concat(*fitting ? "" : "not ", options.organization), *fitting ? Ink::green : Ink::red);
    }
    documents.push(std::move(document));
  }
  terminal.document(options.files.size() == 1 ? documents.as_array().front() : documents);
  return status;
}

Answer<int> command_policy_test(Terminal& terminal, const std::vector<std::string>& files) {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  Json results = Json::array();
  for (const auto& file : files) {
    const auto text = text_of_policy_file(terminal, file);
    if (!text) return could_not_run;
    const auto cases = read_trials(*text);
    if (!cases) {
      fail_with(terminal, file, *text, cases.error());
      return could_not_run;
    }
    const auto policy = load_policy(terminal, concat(folder_of(file), cases->policy));
    if (!policy) return could_not_run;
    DecisionDesk desk(*policy);
    for (const auto& trial : cases->trials) {
      const TrialInput given(trial);
      const auto& decision = desk.decide(given.input());
      const auto wrong = difference(*policy, trial, decision);
      ++(wrong.empty() ? passed : failed);
      results.push(Json::object({{"file", file},
                                 {"line", trial.line},
                                 {"name", trial.name},
                                 {"passed", wrong.empty()},
                                 {"difference", wrong},
                                 {"explanation", explain_json(*policy, decision, given.input())}}));
      if (wrong.empty()) {
        terminal.line(concat("ok    ", trial.name), Ink::green);
        continue;
      }
      terminal.line(concat("WRONG ", trial.name, "  (", file, ":", trial.line, ")"), Ink::red);
      terminal.line(concat("      ", wrong));
      auto story = explain(*policy, decision, given.input());
      for (std::size_t at = 0; at < story.size();) {
        const auto end = story.find('\n', at);
        terminal.line(concat("      ", story.substr(at, end - at)), Ink::dim);
        at = end + 1;
      }
    }
  }
  terminal.document(Json::object({{"passed", passed}, {"failed", failed}, {"cases", std::move(results)}}));
  terminal.line(concat(plural(passed + failed, "case"), ", ",
                       failed == 0 ? "all as expected" : concat(failed, " not as expected")),
                failed == 0 ? Ink::green : Ink::red);
  return failed == 0 ? fine : answer_is_no;
}

namespace {

// What the prover says of a kind of account under a policy, in the words of docs/prover.md.
std::vector<std::pair<std::string, std::string>> words_for(const proof::AccountStanding& standing) {
  const auto number = [](const std::optional<std::size_t>& n, std::string_view none) {
    return n ? std::to_string(*n) : std::string(none);
  };
  return {{"dominance", std::string(to_string(standing.dominance))},
          {"people needed", number(standing.people, "nobody can")},
          {"ways back for the holder", number(standing.ways, "always")}};
}

// Kinds of account of which the two policies promise something else (docs/prover.md, "Of an account").
Answer<Json> changed_accounts(Terminal& terminal, const Policy& before, const Policy& after,
                              const PolicyDiffOptions& options) {
  Json out = Json::array();
  const auto& organization = options.organization;
  SP_TRY(const auto text, read_file(organization, proof::population_bytes_max));
  // The first may be in force, and people may have left since: the second has to fit them.
  const auto standings = [&](const Policy& policy,
                             PolicyReading reading) -> Answer<std::vector<proof::AccountStanding>> {
    const auto population = proof::read_population(text, policy, reading);
    if (!population) {
      fail_with(terminal, organization, text, population.error());
      return std::unexpected(Problem(Fault{FaultKind::invalid,
                                           concat("`", organization, "` does not fit the policy `", policy.name(), "`"),
                                           "mend the organization file"}));
    }
    if (reading == PolicyReading::draft && !fits(terminal, options.after, policy, proof::misfits(policy, *population)))
      return std::unexpected(
          Problem(Fault{FaultKind::invalid, concat("`", options.after, "` does not fit `", organization, "`"),
                        "mend one of the two"}));
    SP_TRY(auto found, proof::standings(policy, *population));
    return found;
  };
  SP_TRY(const auto was, standings(before, PolicyReading::in_force));
  SP_TRY(const auto is, standings(after, PolicyReading::draft));
  for (const auto& old : was) {
    const auto now = std::ranges::find(is, old.account, &proof::AccountStanding::account);
    if (now == is.end()) continue;
    const auto old_words = words_for(old);
    const auto new_words = words_for(*now);
    for (std::size_t i = 0; i < old_words.size(); ++i) {
      const auto& [what, before_it] = old_words[i];
      const auto& after_it = new_words[i].second;
      if (before_it == after_it) continue;
      out.push(Json::object({{"account", old.account}, {"what", what}, {"was", before_it}, {"is", after_it}}));
      terminal.line(concat("account ", old.account, ": ", what, " was ", before_it, ", is ", after_it), Ink::yellow);
    }
  }
  return out;
}

}  // namespace

Answer<int> command_policy_diff(Terminal& terminal, const PolicyDiffOptions& options) {
  const auto& before = options.before;
  const auto& after = options.after;
  const auto old_policy = load_policy(terminal, before, PolicyReading::in_force);
  const auto new_policy = load_policy(terminal, after);
  if (!old_policy || !new_policy) return could_not_run;
  const auto found = compare(*old_policy, *new_policy);
  Json changes = Json::array();
  for (const auto& c : found.changes) {
    Json witness = Json::array();
    for (const auto& fact : c.witness) witness.push(fact);
    changes.push(Json::object({{"direction", to_string(c.direction)},
                               {"class", c.account_class},
                               {"action", to_string(c.action)},
                               {"kinds", c.kinds},
                               {"witness", std::move(witness)},
                               {"was", c.was},
                               {"is", c.is}}));
    const bool looser = c.direction != Direction::harder;
    terminal.line(concat(to_string(c.direction), ": ", to_string(c.action), " for class ", c.account_class, ", ",
                         plural(c.kinds, "kind"), " of request"),
                  looser ? Ink::red : Ink::yellow);
    terminal.fact("was", c.was);
    terminal.fact("is", c.is);
    std::string example;
    for (const auto& fact : c.witness) example += concat(example.empty() ? "" : ", ", fact);
    terminal.fact("such as", example);
  }
  Json settings = Json::array();
  for (const auto& c : found.settings) {
    settings.push(
        Json::object({{"direction", to_string(c.direction)}, {"setting", c.setting}, {"was", c.was}, {"is", c.is}}));
    terminal.line(concat(to_string(c.direction), ": ", c.setting, " was ", c.was, ", is ", c.is),
                  c.direction != Direction::harder ? Ink::red : Ink::yellow);
  }
  const auto easier = found.changed(Direction::easier) + found.changed(Direction::both);
  const auto harder = found.changed(Direction::harder);
  const bool easier_setting =
      std::ranges::any_of(found.settings, [](const SettingChange& c) { return c.direction != Direction::harder; });
  auto document = Json::object({{"kinds", found.kinds},
                                {"drawn", found.drawn},
                                {"few_groups", found.few_groups},
                                {"easier", easier},
                                {"harder", harder},
                                {"changes", std::move(changes)},
                                {"settings", std::move(settings)},
                                {"only_tightens", found.only_tightens()}});
  if (!options.organization.empty()) {
    auto accounts = changed_accounts(terminal, *old_policy, *new_policy, options);
    if (!accounts) {
      terminal.fail(accounts.error());
      return could_not_run;
    }
    document.set("accounts", *std::move(accounts));
  }
  terminal.document(document);
  terminal.line(concat("of ", plural(found.kinds, "kind"), " of request, ", easier, " ask for less and ", harder,
                       " for more only; ", plural(found.settings.size(), "setting"),
                       found.settings.size() == 1 ? " differs" : " differ"),
                Ink::bold);
  if (!found.only_tightens() && easier == 0 && !easier_setting)
    terminal.line("nothing easier was found, which does not show that nothing is", Ink::red);
  else if (found.only_tightens())
    terminal.line(harder + found.settings.size() == 0 ? "the policies ask the same" : "it only tightens", Ink::green);
  if (found.drawn)
    terminal.note(concat("of more kinds of request than could all be compared, ", found.kinds,
                         " were drawn, most of them around what only one of the policies has"));
  if (found.few_groups) terminal.note("accounts in more than two of the groups named were not tried");
  return found.only_tightens() ? fine : answer_is_no;
}

namespace {

// White space only: what the text means, and what its author wrote in comments, stays.
std::string formatted(std::string_view text) {
  std::string out;
  std::size_t blank = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
    blank = line.empty() ? blank + 1 : 0;
    if (blank > 1 || (line.empty() && out.empty())) continue;
    out += concat(line, "\n");
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

bool same_meaning(const YamlNode& a, const YamlNode& b) {
  if (a.kind != b.kind || a.text != b.text || a.quoted != b.quoted) return false;
  return std::ranges::equal(a.items, b.items, same_meaning) &&
         std::ranges::equal(a.members, b.members, [](const auto& x, const auto& y) {
           return same_meaning(x.key, y.key) && same_meaning(x.value, y.value);
         });
}

}  // namespace

Answer<int> command_policy_fmt(Terminal& terminal, const FmtOptions& options) {
  bool all = true;
  Json documents = Json::array();
  for (const auto& file : options.files) {
    const auto text = text_of_policy_file(terminal, file);
    if (!text) return could_not_run;
    const auto before = parse_yaml(*text, file);
    const auto wanted = formatted(*text);
    const auto after = parse_yaml(wanted, file);
    if (!before || !after || !same_meaning(*before, *after)) {
      terminal.fail(Problem(before ? Fault{FaultKind::invalid, concat(file, " would mean something else"), "leave it"}
                                   : before.error()));
      return could_not_run;
    }
    const bool changes = wanted != *text;
    documents.push(Json::object({{"file", file}, {"changed", changes && !options.check}, {"formatted", !changes}}));
    if (!changes) continue;
    all = false;
    if (!options.check)
      if (auto written = write_public_file(file, wanted, IfExists::replace); !written) {
        terminal.fail(Problem(written.error()));
        return could_not_run;
      }
    terminal.line(concat(file, options.check ? " is not formatted" : " formatted"));
  }
  terminal.document(documents);
  return all || !options.check ? fine : answer_is_no;
}

Answer<int> command_policy_try(Terminal& terminal, const std::string& file, const std::string& action,
                               const std::vector<std::string>& facts) {
  const auto policy = load_policy(terminal, file);
  if (!policy) return could_not_run;
  Trial trial;
  trial.action = *action_from_text(action);
  trial.facts.set_text(Attribute::action, action);
  std::vector<std::string_view> names;
  for (const auto& info : all_attributes)
    if (info.attribute != Attribute::action && info.attribute != Attribute::risk_points) names.push_back(info.name);
  for (const auto& fact : facts) {
    const auto equals = fact.find('=');
    const auto name = std::string_view(fact).substr(0, equals);
    const auto attribute = attribute_named(name);
    if (!attribute || std::ranges::find(names, name) == names.end()) {
      const auto nearest = nearest_name(name, names);
      terminal.fail(Problem(Fault{FaultKind::invalid, concat("`", name, "` is not a fact"),
                                  concat(nearest ? concat("did you mean `", *nearest, "`? ") : std::string(),
                                         "the facts are ", comma_list(names))}));
      return could_not_run;
    }
    if (equals == fact.npos || !trial.facts.set_from_text(*attribute, std::string_view(fact).substr(equals + 1))) {
      terminal.fail(Problem(Fault{FaultKind::invalid, concat("`", name, "` is a ", to_string(info_of(*attribute).type)),
                                  "write account.admin=true, account.proofed_age=3d, account.groups=Finance,Staff"}));
      return could_not_run;
    }
  }
  const TrialInput given(trial);
  DecisionDesk desk(*policy);
  const auto& decision = desk.decide(given.input());
  terminal.document(explain_json(*policy, decision, given.input()));
  const auto story = explain(*policy, decision, given.input());
  for (std::size_t at = 0; at < story.size();) {
    const auto end = story.find('\n', at);
    terminal.line(story.substr(at, end - at));
    at = end + 1;
  }
  return decision.verdict == Verdict::deny ? answer_is_no : fine;
}

}  // namespace sallyport::cli
