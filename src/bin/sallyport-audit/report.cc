// What `verify` says: for people, and for programs.
#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "bin/sallyport-audit/printing.h"
#include "bin/sallyport-audit/verify.h"

namespace sallyport::audit {
namespace {

constexpr std::size_t findings_shown_max = 30;  // one screen; --json lists more

std::string row(std::string_view name, const std::string& value) {
  return concat(name, std::string(name.size() < 14 ? 14 - name.size() : 1, ' '), value, "\n");
}

std::string counts(const AuditReport& audit) {
  return row("cases", grouped(audit.cases)) + row("permitted", grouped(audit.permitted)) +
         row("executed", grouped(audit.executed)) + row("not done", grouped(audit.not_done)) +
         row("unresolved", concat(grouped(audit.unresolved),
                                  audit.unresolved > 0 ? "  (begun, and nobody knows yet whether it was done)" : "")) +
         row("refusals", grouped(audit.refusals)) +
         (audit.exercises > 0 ? row("exercises", grouped(audit.exercises)) : "") +
         row("signatures", concat(grouped(audit.signatures), " of people checked"));
}

std::string warnings_list(const AuditReport& audit) {
  std::string out;
  for (const auto& warning : audit.warnings)
    out += concat(out.empty() ? "\nTo be looked at:\n" : "", "  ", printable_line(warning.text), "\n");
  return out;
}

std::string findings_list(const VerifyReport& report) {
  std::string out = "\n";
  const auto shown = std::min(report.findings.size(), findings_shown_max);
  for (std::size_t i = 0; i < shown; ++i) out += concat("  ", printable_line(report.findings[i].text), "\n");
  const auto more = report.findings_total - shown;
  if (more > 0) out += concat("  and ", more, " more\n");
  const bool damaged = std::ranges::any_of(report.file.findings, [](const Finding& f) {
    return f.kind == FindingKind::entry || f.kind == FindingKind::entries_unread;
  });
  if (damaged && report.audit)
    out += "  (damaged entries were not ruled upon; what is found after one may follow from it)\n";
  return out;
}

std::string verdict(const VerifyReport& report) {
  if (!report.sound()) return concat("\nNOT SOUND: ", report.findings_total, " found\n");
  if (!report.audit) return "\nSOUND as far as hashes and checkpoints go; nothing was ruled upon again\n";
  return "\nSOUND\n";
}

}  // namespace

std::string as_text(const VerifyReport& report) {
  std::string out = row("ledger", printable(report.file.origin)) + row("entries", grouped(report.file.size)) +
                    row("root", to_hex(report.file.root)) +
                    row("checkpoints", concat(report.file.checkpoints, " signed, with the roots they sign"));
  if (report.witnesses > 0)
    out += row("witnesses", report.witnessed > 0 ? concat(report.witnesses, " cosigned the first ",
                                                          grouped(report.witnessed), " entries")
                                                 : concat(report.witnesses, " cosigned the checkpoint of --since"));
  if (report.genesis)
    out += row("first entry",
               concat(to_hex(*report.genesis),
                      report.genesis_given ? "" : "\n              taken on trust: no --genesis was given"));
  if (report.audit) out += counts(*report.audit);
  if (report.demo) out += "\nThis is a demo ledger: its passkeys may be software, which proves nothing about people.\n";
  if (!report.sound()) out += findings_list(report);
  if (report.audit) out += warnings_list(*report.audit);
  return out + verdict(report);
}

std::string as_json(const VerifyReport& report) {
  Json out = Json::object({{"sound", report.sound()},
                           {"origin", report.file.origin},
                           {"entries", Json(report.file.size)},
                           {"root", to_hex(report.file.root)},
                           {"checkpoints", Json(report.file.checkpoints)},
                           {"genesis_given", report.genesis_given},
                           {"witnesses", Json(report.witnesses)},
                           {"witnessed", Json(report.witnessed)},
                           {"readjudicated", report.audit.has_value()},
                           {"findings_total", Json(report.findings_total)}});
  if (report.genesis) out.set("genesis", to_hex(*report.genesis));
  if (report.audit) {
    const auto& a = *report.audit;
    out.set("demo", report.demo);
    out.set("cases", Json(a.cases));
    out.set("permitted", Json(a.permitted));
    out.set("executed", Json(a.executed));
    out.set("not_done", Json(a.not_done));
    out.set("unresolved", Json(a.unresolved));
    out.set("refusals", Json(a.refusals));
    out.set("exercises", Json(a.exercises));
    out.set("signatures", Json(a.signatures));
    Json warnings = Json::array();
    for (const auto& warning : a.warnings) warnings.push(warning.text);
    out.set("warnings", std::move(warnings));
  }
  Json findings = Json::array();
  for (const auto& f : report.findings)
    findings.push(Json::object({{"entry", Json(f.entry)}, {"kind", f.kind}, {"text", f.text}}));
  out.set("findings", std::move(findings));
  return to_pretty_text(out) + "\n";
}

}  // namespace sallyport::audit
