#include "core/stories/ends.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "core/alerts/alerts.h"
#include "core/ledger/entry.h"

namespace sallyport::stories {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += concat(out.empty() ? "" : ", ", word);
  return out;
}

std::string raised_words(const std::vector<RaisedAlert>& raised) {
  std::vector<std::string> words;
  for (const auto& r : raised) {
    const std::string_view id = r.id.text();
    words.push_back(
        concat(to_string(r.alert), id.starts_with("c-") ? concat(" for case ", id.substr(2)) : std::string()));
  }
  return words.empty() ? "no alert" : concat("alert ", listed(words));
}

std::optional<Unmet> unmet_alert(const std::vector<std::string>& ledger, const AlertIs& wanted) {
  const auto raised = alerts_in(ledger);
  const auto fits = [&](const RaisedAlert& r) {
    return r.alert == wanted.alert && (wanted.case_name.empty() || r.id == case_id_of(wanted.case_name));
  };
  if (std::ranges::any_of(raised, fits)) return std::nullopt;
  return Unmet{concat("alert ", to_string(wanted.alert),
                      wanted.case_name.empty() ? std::string() : concat(" for case ", wanted.case_name)),
               raised_words(raised)};
}

std::optional<Unmet> unmet_timeline(const std::vector<std::string>& ledger, const TimelineShows& wanted) {
  const auto stream = case_stream(case_id_of(wanted.case_name));
  std::vector<std::string> shown;
  auto next = wanted.words.begin();
  for (const auto& bytes : ledger) {
    const auto entry = decode_entry(bytes);
    if (!entry || entry->stream != stream) continue;
    const auto word = std::ranges::find(timeline_words, kind_of(entry->event), [](const auto& w) { return w.first; });
    if (word == timeline_words.end()) continue;
    shown.emplace_back(word->second);
    if (next != wanted.words.end() && *next == word->second) ++next;
  }
  if (next == wanted.words.end()) return std::nullopt;
  return Unmet{listed(wanted.words), listed(shown)};
}

}  // namespace

std::vector<std::string> on_disk(std::vector<std::string> ledger, const Tampering& tampering) {
  const auto of_case = [](const std::string& entry, const std::string& name) {
    return entry.contains(concat("\"stream\":\"", case_stream(case_id_of(name)), "\""));  // canonical: one spelling
  };
  if (!tampering.put_back_before.empty())
    ledger.erase(std::ranges::find_if(ledger, [&](const auto& e) { return of_case(e, tampering.put_back_before); }),
                 ledger.end());
  if (!tampering.lost_approvals_of.empty())
    std::erase_if(ledger, [&](const auto& e) {
      return e.contains("\"kind\":\"approval_recorded\"") && of_case(e, tampering.lost_approvals_of);
    });
  return ledger;
}

bool has_grown_out_of(const std::vector<std::string>& ledger, const std::vector<std::string>& seen) {
  return ledger.size() >= seen.size() && std::equal(seen.begin(), seen.end(), ledger.begin());
}

std::string place_of_password(const std::string* chosen, const std::vector<std::string>& kept) {
  if (chosen == nullptr) return "none was chosen";
  for (const auto& form : {*chosen, to_hex(view_of(*chosen)), to_base64url(view_of(*chosen))})
    for (const auto& text : kept)
      if (text.contains(form)) return concat("it stands in ", text.substr(0, 200));
  return "";
}

CaseId case_id_of(std::string_view name_in_story) {
  return CaseId::parse(concat("c-", name_in_story)).value_or(CaseId());
}

std::optional<Unmet> unmet_by(const std::vector<std::string>& ledger, const Expectation& expectation) {
  if (const auto* alert = std::get_if<AlertIs>(&expectation.what)) return unmet_alert(ledger, *alert);
  if (const auto* timeline = std::get_if<TimelineShows>(&expectation.what)) return unmet_timeline(ledger, *timeline);
  if (!std::holds_alternative<NoAlert>(expectation.what)) return std::nullopt;
  const auto raised = alerts_in(ledger);
  if (raised.empty()) return std::nullopt;
  return Unmet{"no alert", raised_words(raised)};
}

}  // namespace sallyport::stories
