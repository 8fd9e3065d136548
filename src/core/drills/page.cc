#include "core/drills/page.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "core/drills/words.h"

namespace sallyport::drills {
namespace {

constexpr std::string_view style = R"(<style>
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #5a6472; --line: #c9d0d9;
  --good: #1a7f37; --bad: #b42318; --door: #9a6700; --off: #8c96a3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #14181d; --soft: #a3adba; --line: #3a434e;
  --good: #57c478; --bad: #ff8a80; --door: #e0b04a; --off: #7d8794; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; margin-bottom: 0; }
h2 { margin-top: 2.5rem; border-bottom: 2px solid var(--line); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
td p, td ol { margin: .2rem 0; }
th p { margin: .2rem 0; font-weight: normal; font-size: .9rem; }
a { color: inherit; }
.grid td, .grid thead th { text-align: center; padding: .15rem .3rem; font-size: .85rem; }
.grid thead th { overflow-wrap: normal; } .grid thead th:first-child { text-align: left; padding-left: 0; }
.grid tbody th { font-weight: normal; padding: .15rem .6rem .15rem 0; white-space: nowrap; }
.grid td { border: 2px solid var(--paper); color: var(--paper); font-weight: 700; }
.g-good { background: var(--good); } .g-bad { background: var(--bad); } .g-door { background: var(--door); }
.state { white-space: nowrap; font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); } .door { color: var(--door); } .off { color: var(--soft); }
.soft { color: var(--soft); }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid var(--line); padding-left: .6rem;
  font-size: .85rem; }
svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.f-good { fill: var(--good); } .f-bad { fill: var(--bad); } .f-door { fill: var(--door); } .f-off { fill: var(--off); }
@media print { :root { color-scheme: light; --ink: #000000; --paper: #ffffff; --soft: #333333; --line: #999999;
  --good: #0b5a24; --bad: #8f1710; --door: #6b4700; --off: #777777; }
  body { margin: 0; max-width: none; font-size: 10.5pt; } h2 { break-after: avoid; }
  tr, svg, li { break-inside: avoid; }
  thead { display: table-header-group; } * { print-color-adjust: exact; } }
</style>
)";

struct Look {
  std::string_view css, sign, words;
};
Look look_of(const IncidentResult& r) {
  if (!r.does_not_apply.empty()) return {"off", "–", "does not apply"};
  switch (r.worst()) {
    case Outcome::stopped: return {"good", "✓", "stopped"};
    case Outcome::got_in: return {"bad", "✗", "got in"};
    case Outcome::front_door: return {"door", "▲", "front door"};
  }
  return {};
}
Look look_of(Restored restored) {
  switch (restored) {
    case Restored::yes: return {"good", "✓", "restored"};
    case Restored::no: return {"bad", "✗", "refused"};
    case Restored::does_not_apply: return {"off", "–", "does not apply"};
  }
  return {};
}
std::string state(const Look& look) {
  return concat("<td class=\"state ", look.css, "\">", look.sign, " ", look.words, "</td>");
}

// -- charts ------------------------------------------------------------------------------------------

constexpr std::size_t chart_width = 800;

struct Share {
  std::size_t number = 0;
  Look look;
};

// One bar in parts, and below it what each part is.
std::string parts_chart(std::string_view title, const std::vector<Share>& shares) {
  std::size_t all = 0;
  std::string words;
  for (const auto& share : shares) {
    all += share.number;
    if (share.number > 0) words += concat(words.empty() ? "" : ", ", share.number, " ", share.look.words);
  }
  auto out = concat("<svg viewBox=\"0 0 ", chart_width, " 74\" role=\"img\" aria-label=\"", escaped(title), ": ",
                    escaped(words), "\">\n");
  std::size_t x = 0;
  std::size_t before = 0;
  std::size_t key = 0;
  for (const auto& share : shares) {
    before += share.number;
    const auto end = all == 0 ? 0 : before * chart_width / all;
    if (share.number > 0) {
      out += concat("<rect class=\"f-", share.look.css, "\" x=\"", x, "\" y=\"4\" width=\"", end - x - 2,
                    "\" height=\"34\" rx=\"3\"/>");
      out += concat("<text x=\"", key, "\" y=\"62\">", share.look.sign, " ", share.number, " ", share.look.words,
                    "</text>\n");
      key += 165;
    }
    x = end;
  }
  return out + "</svg>\n";
}

struct Bar {
  std::string name, words;
  std::uint64_t length = 0;
};

std::string bars_chart(std::string_view title, const std::vector<Bar>& bars) {
  constexpr std::size_t row = 24;
  constexpr std::size_t left = 70;
  constexpr std::size_t room = chart_width - left - 130;  // for the words at a bar's end
  std::uint64_t longest = 1;
  for (const auto& bar : bars) longest = std::max(longest, bar.length);
  auto out = concat("<svg viewBox=\"0 0 ", chart_width, " ", bars.size() * row + 4, "\" role=\"img\" aria-label=\"",
                    escaped(title), "\">\n");
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto y = i * row;
    const auto width = std::max<std::uint64_t>(2, bars[i].length * room / longest);
    out += concat("<text x=\"0\" y=\"", y + 16, "\">", escaped(bars[i].name), "</text><rect class=\"f-good\" x=\"",
                  left, "\" y=\"", y + 3, "\" width=\"", width, "\" height=\"", row - 7, "\" rx=\"2\"/><text x=\"",
                  left + width + 8, "\" y=\"", y + 16, "\">", escaped(bars[i].words), "</text>\n");
  }
  return out + "</svg>\n";
}

// The slowest and the busiest of the accounts of each case.
std::string honest_charts(const Drill& drill) {
  std::vector<Bar> people;
  std::vector<Bar> time;
  for (const auto& result : drill.honest) {
    std::optional<std::uint32_t> most;
    std::uint64_t longest = 0;
    for (const auto& r : result.recoveries) {
      if (r.restored != Restored::yes) continue;
      most = std::max(most.value_or(0), r.people);
      longest = std::max(longest, r.minutes);
    }
    if (!most) continue;
    const std::string id(result.honest->id);
    people.push_back({id, concat(*most, *most == 1 ? " person" : " people"), *most});
    time.push_back({id, time_in_words(longest), longest});
  }
  if (people.empty()) return "";
  return concat("<h3>People involved, besides the agent</h3>\n", bars_chart("People involved for each case", people),
                "<h3>Time at the least</h3>\n", bars_chart("Time for each case", time));
}

// -- at a glance -----------------------------------------------------------------------------------------

constexpr std::size_t columns_max = 12;  // kinds of account; more fit no page

Look look_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::stopped: return {"good", "✓", "stopped"};
    case Outcome::got_in: return {"bad", "✗", "got in"};
    case Outcome::front_door: return {"door", "▲", "front door"};
  }
  return {};
}

// A name as a narrow column may break it.
std::string in_a_column(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += escaped(std::string_view(&c, 1));
    if (c == '_' || c == '-' || c == '.') out += "<wbr>";
  }
  return out;
}

// A row for each thing that happens, a column for each kind of account; empty when there are too many kinds.
template <typename Result>
std::string glance(const std::vector<Result>& results, const auto& name_of, const auto& parts_of, const auto& answer_of,
                   std::string_view first, std::string_view caption) {
  std::vector<std::string> accounts;
  for (const auto& result : results)
    for (const auto& part : parts_of(result))
      if (std::ranges::find(accounts, part.account) == accounts.end()) accounts.push_back(part.account);
  if (accounts.empty() || accounts.size() > columns_max) return "";
  auto out =
      concat("<table class=\"grid\">\n<caption>", caption, "</caption>\n<thead><tr><th scope=\"col\">", first, "</th>");
  for (const auto& account : accounts) out += concat("<th scope=\"col\">", in_a_column(account), "</th>");
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& result : results) {
    if (parts_of(result).empty()) continue;
    out += concat("<tr><th scope=\"row\">", escaped(name_of(result)), "</th>");
    for (const auto& account : accounts) {
      const auto part = std::ranges::find_if(parts_of(result), [&](const auto& p) { return p.account == account; });
      const auto look = part == parts_of(result).end() ? Look{"off", "", ""} : answer_of(*part);
      out += concat("<td", look.sign.empty() ? "" : concat(" class=\"g-", look.css, "\" title=\"", look.words, "\""),
                    ">", look.sign, "</td>");
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string incidents_at_a_glance(const Drill& drill) {
  return glance(
      drill.incidents, [](const IncidentResult& r) { return r.incident->name; },
      [](const IncidentResult& r) -> const auto& { return r.attacks; },
      [](const Attack& a) { return look_of(a.outcome); }, "Incident",
      "✓ stopped, ✗ got in by recovery, ▲ by the front door; empty: not a kind of account that they were after.");
}

// Where a source is an address it is shown by its host.
std::string source_of(std::string_view source) {
  constexpr std::string_view scheme = "https://";
  if (!source.starts_with(scheme) || source.contains(' ')) return escaped(source);
  const auto host = source.substr(scheme.size(), source.find('/', scheme.size()) - scheme.size());
  return concat("<a href=\"", escaped(source), "\">", escaped(host), "</a>");
}

// -- tables ------------------------------------------------------------------------------------------

std::string got_in(const Attack& attack) {
  std::string out = "<ol>";
  for (const auto& step : attack.story.steps)
    out += concat("<li>", escaped(step.words),
                  step.lines.empty()
                      ? ""
                      : concat(" <span class=\"soft\">(policy ", proof::lines_in_words(step.lines), ")</span>"),
                  "</li>");
  out += "</ol>";
  if (!attack.one_line) return out + "<p>No single line of those that were tried stops it.</p>";
  out +=
      concat("<p>One line of the policy stops it, line ", attack.one_line->line, ": ", escaped(attack.one_line->words),
             ".</p><pre>- ", escaped(attack.one_line->before), "\n+ ", escaped(attack.one_line->after), "</pre>");
  if (!attack.shuts_out.empty())
    out += concat("<p>But it would also refuse ", escaped(listed(attack.shuts_out, ", ")), ".</p>");
  return out;
}

// Accounts with the same answer stand together.
std::string accounts_of(const auto& parts, const auto& more) {
  std::vector<std::pair<std::string, std::string>> said;
  for (const auto& part : parts) {
    const auto words = concat(escaped(in_words(part)), more(part));
    const auto same = std::ranges::find(said, words, [](const auto& s) { return s.second; });
    if (same == said.end()) said.emplace_back(part.account, words);
    else same->first += concat(", ", part.account);
  }
  std::string out;
  for (const auto& [accounts, words] : said)
    out += concat("<p><strong>", escaped(accounts), "</strong>: ", words, "</p>\n");
  return out;
}

std::string incidents_table(const Drill& drill) {
  std::string out =
      "<table>\n<caption>Each incident with what those who did it had, and with the holder's password and mailbox "
      "besides.</caption>\n<thead><tr><th scope=\"col\">Incident</th><th scope=\"col\">Answer</th><th "
      "scope=\"col\">How far it got</th></tr></thead>\n<tbody>\n";
  for (const auto& result : drill.incidents) {
    const auto& incident = *result.incident;
    out += concat(
        "<tr><th scope=\"row\">", escaped(incident.name), "<p class=\"soft\">", escaped(incident.pretext),
        " Source: ", source_of(incident.source), "</p></th>", state(look_of(result)), "<td>",
        result.does_not_apply.empty()
            ? accounts_of(result.attacks,
                          [](const Attack& a) { return a.outcome == Outcome::got_in ? got_in(a) : std::string(); })
            : escaped(result.does_not_apply),
        "</td></tr>\n");
  }
  return out + "</tbody></table>\n";
}

std::string honest_table(const Drill& drill) {
  std::string out =
      "<table>\n<caption>Each recovery that has to succeed, with people who do their work. Times add up assumed "
      "minutes for each step and the policy's holds; they are not measured.</caption>\n<thead><tr><th "
      "scope=\"col\">Case</th><th scope=\"col\">Answer</th><th scope=\"col\">What it takes, or why "
      "not</th></tr></thead>\n<tbody>\n";
  for (const auto& result : drill.honest)
    out += concat("<tr><th scope=\"row\">", escaped(result.honest->id), " ", escaped(result.honest->words), "</th>",
                  state(look_of(result.worst())), "<td>",
                  result.does_not_apply.empty()
                      ? accounts_of(result.recoveries, [](const Recovery&) { return std::string(); })
                      : escaped(result.does_not_apply),
                  "</td></tr>\n");
  return out + "</tbody></table>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) out += c == '\n' || c == '\t' ? " " : "\uFFFD";
        else out += c;
    }
  return out;
}

std::string page_of(const Drill& drill, const PageHead& head) {
  const auto t = drill.tally();
  const auto title = concat("Recovery drill: ", head.policy);
  auto out = concat(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\">\n<title>",
      escaped(title), "</title>\n", style, "</head>\n<body>\n<main>\n<h1>", escaped(title), "</h1>\n");
  out += concat("<p class=\"soft\">",
                head.organization.empty()
                    ? "No organization was given: the one in which the policy is easiest to get through"
                    : concat("Organization: ", escaped(head.organization)),
                " · ", escaped(head.date), "<br>Policy digest (SHA-256): ", escaped(head.digest), "</p>\n");
  out += concat("<p><strong>", escaped(summary_of(drill)), ".</strong></p>\n");
  out += concat("<h2>Attacks that happened</h2>\n",
                parts_chart("Incidents", {{t.stopped, {"good", "✓", "stopped"}},
                                          {t.got_in, {"bad", "✗", "got in"}},
                                          {t.front_door, {"door", "▲", "front door"}},
                                          {t.attacks_that_do_not_apply, {"off", "–", "do not apply"}}}),
                "<p class=\"soft\">Stopped: with what they had then, no recovery that this policy permits gives the "
                "account. Got in: one does. Front door: what they had signs in by itself, and recovery did not "
                "matter.</p>\n",
                incidents_at_a_glance(drill), incidents_table(drill));
  out += concat("<h2>People who have to get back in</h2>\n",
                parts_chart("Honest cases", {{t.restored, {"good", "✓", "restored"}},
                                             {t.refused, {"bad", "✗", "refused"}},
                                             {t.recoveries_that_do_not_apply, {"off", "–", "do not apply"}}}),
                honest_charts(drill), honest_table(drill));
  out +=
      "<h2>What this does not say</h2>\n<p>The drill is about a model of the policy and of the organization. What an "
      "attacker needs to give a signal is somebody's judgement; what nobody listed is not considered; and whoever "
      "had more than in these incidents may get further. It says what was possible, not how likely it is.</p>\n";
  if (!drill.notes.empty()) {
    out += "<h3>What was assumed</h3>\n<ul>\n";
    for (const auto& note : drill.notes) out += concat("<li>", escaped(note), "</li>\n");
    out += "</ul>\n";
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace sallyport::drills
