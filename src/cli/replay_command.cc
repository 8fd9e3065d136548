#include "cli/replay_command.h"

#include <chrono>

#include "base/text.h"
#include "cli/ledger_source.h"
#include "cli/policy_files.h"
#include "core/replay/replay.h"

namespace sallyport::cli {
namespace {

using replay::Change;

constexpr std::array<Change, replay::change_count> all_changes{
    Change::let_through, Change::refused,   Change::lacks, Change::waits,
    Change::asks_more,   Change::asks_less, Change::same};

Instant now() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return Instant{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
}

Ink ink_of(Change change) {
  if (change == Change::let_through) return Ink::red;
  if (change == Change::refused || change == Change::lacks || change == Change::waits) return Ink::yellow;
  return change == Change::same ? Ink::green : Ink::plain;
}

Result<void> feed(replay::Replay& replay, std::string_view bytes) {
  SP_TRY(const auto entry, decode_entry(bytes));
  return replay.feed(entry);
}

Json as_json(const replay::Report& report) {
  Json changes = Json::object();
  Json examples = Json::array();
  for (const auto change : all_changes) {
    changes.set(to_string(change), Json(report.of(change)));
    for (const auto& e : report.examples[static_cast<std::size_t>(change)])
      examples.push(Json::object({{"change", to_string(change)},
                                  {"case", e.id.text()},
                                  {"action", to_string(e.action)},
                                  {"class_was", e.was_class.text()},
                                  {"class_is", e.is_class.text()},
                                  {"opened_at", to_rfc3339(e.opened_at)},
                                  {"why", e.why}}));
  }
  Json groups = Json::array();
  for (const auto& g : report.groups) {
    Json of = Json::object();
    for (const auto change : all_changes) of.set(to_string(change), Json(g.cases[static_cast<std::size_t>(change)]));
    groups.push(
        Json::object({{"action", to_string(g.action)}, {"class", g.account_class.text()}, {"changes", std::move(of)}}));
  }
  return Json::object({{"entries", Json(report.entries)},
                       {"cases", Json(report.cases)},
                       {"earlier", Json(report.earlier)},
                       {"permitted", Json(report.permitted)},
                       {"changes", std::move(changes)},
                       {"longer", to_string(report.longer)},
                       {"groups", std::move(groups)},
                       {"examples", std::move(examples)}});
}

void show(Terminal& terminal, const replay::Report& report, const ReplayOptions& options) {
  terminal.heading(concat(report.cases, " cases of the last ", options.since, ", ", report.permitted,
                          " of them permitted, under ", options.policy));
  for (const auto change : all_changes) {
    const auto count = report.of(change);
    if (count == 0) continue;
    terminal.line(
        concat("  ", count, "  ", words_for(change),
               change == Change::waits ? concat(", ", to_string(replay::to_the_minute(report.longer)), " in all") : ""),
        ink_of(change));
    for (const auto& e : report.examples[static_cast<std::size_t>(change)])
      terminal.line(
          concat("      ", e.id.text(), "  ", to_string(e.action), ", ", e.was_class.text(),
                 e.is_class == e.was_class || e.is_class.empty() ? "" : concat(" (", e.is_class.text(), " now)"),
                 e.why.empty() ? "" : concat(": ", e.why)),
          Ink::dim);
  }
  if (report.groups.empty()) return;
  std::vector<std::vector<std::string>> rows{{"action", "class", "cases", "stopped", "waits", "let through"}};
  for (const auto& g : report.groups) {
    const auto of = [&](Change c) { return g.cases[static_cast<std::size_t>(c)]; };
    std::uint64_t all = 0;
    for (const auto n : g.cases) all += n;
    rows.push_back({std::string(to_string(g.action)), g.account_class.text(), concat(all),
                    concat(of(Change::refused) + of(Change::lacks)), concat(of(Change::waits)),
                    concat(of(Change::let_through))});
  }
  terminal.line();
  terminal.table(rows);
}

}  // namespace

Answer<int> command_drill_replay(const GlobalOptions& global, Terminal& terminal, const ReplayOptions& options) {
  const auto since = duration_from_text(options.since);
  if (!since) {
    terminal.fail(Problem(
        Fault{FaultKind::invalid, concat("`", options.since, "` is no length of time"), "write --since 90d, or 12h"}));
    return could_not_run;
  }
  const auto draft = load_policy(terminal, options.policy);
  if (!draft) return could_not_run;
  replay::Replay replay(*draft, now() - *since);
  Result<void> fed;
  auto read = read_signed_ledger(global, terminal, {options.ledger, options.key}, [&](std::string_view bytes) {
    if (fed) fed = feed(replay, bytes);
  });
  if (read && !fed) read = std::unexpected(Problem(std::move(fed).error()));
  if (!read) {
    terminal.fail(read.error());
    return could_not_run;
  }
  const auto report = replay.finish();
  terminal.document(as_json(report));
  show(terminal, report, options);
  return report.of(Change::same) == report.cases ? fine : answer_is_no;
}

}  // namespace sallyport::cli
