#include "cli/alerts_command.h"

#include "base/text.h"
#include "core/alerts/alerts.h"

namespace sallyport::cli {
namespace {

Json as_json(const RaisedAlert& raised) {
  const auto& words = words_of(raised.alert);
  Json entries = Json::array();
  for (const auto index : raised.entries) entries.push(Json(index));
  return Json::object({{"alert", std::string(to_string(raised.alert))},
                       {"at", to_rfc3339(raised.at)},
                       {"case", raised.id.empty() ? Json() : Json(std::string(raised.id.text()))},
                       {"entries", std::move(entries)},
                       {"sentence", std::string(words.sentence)},
                       {"next_step", std::string(words.next_step)},
                       {"does_not_mean", std::string(words.does_not_mean)}});
}

void show(Terminal& terminal, const RaisedAlert& raised) {
  const auto& words = words_of(raised.alert);
  std::string entries;
  for (const auto index : raised.entries) entries += concat(entries.empty() ? "" : ", ", index);
  terminal.line(concat(to_rfc3339(raised.at), "  ", to_string(raised.alert),
                       raised.id.empty() ? std::string() : concat("  ", raised.id.text())),
                Ink::yellow);
  terminal.fact("what", words.sentence);
  terminal.fact("next", words.next_step);
  terminal.fact("not", words.does_not_mean);
  terminal.fact("entries", entries);
}

}  // namespace

Answer<void> command_audit_alerts(const GlobalOptions& global, Terminal& terminal, const AlertsOptions& options) {
  AlertWatch watch;
  std::uint64_t index = 0;
  Result<void> fed;
  SP_CHECK(read_signed_ledger(global, terminal, options.ledger, [&](std::string_view bytes) {
    const auto entry = decode_entry(bytes);
    if (entry) watch.feed(index, *entry);
    else if (fed) fed = with_context(concat("entry ", index), entry.error());
    ++index;
  }));
  SP_CHECK(fed);
  Json document = Json::array();
  std::uint64_t shown = 0;
  for (const auto& raised : watch.raised()) {
    if (!options.case_id.empty() && raised.id.text() != options.case_id) continue;
    document.push(as_json(raised));
    show(terminal, raised);
    ++shown;
  }
  terminal.document(document);
  const auto left_out = watch.total() - watch.raised().size();
  terminal.line(concat(shown, shown == 1 ? " alert in " : " alerts in ", index, " entries",
                       left_out > 0 ? concat("; ", left_out, " later ones are not listed") : std::string()));
  return {};
}

}  // namespace sallyport::cli
