#include "bin/sallyport-audit/bundle.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "bin/sallyport-audit/printing.h"
#include "core/cases/event.h"

namespace sallyport::audit {
namespace {

std::string row(std::string_view name, const std::string& value) {
  return concat(name, std::string(name.size() < 14 ? 14 - name.size() : 1, ' '), value, "\n");
}

// A bundle has no proof that its checkpoint grew out of a smaller one.
bool is_compared(const BundleReport& report, const BundleTrust& trust) {
  return trust.since && trust.since->size >= report.checkpoint.size;
}

std::string how_far(const BundleReport& report) {
  if (report.organization_whole) return concat("whole, as far as the case goes (entry ", report.case_last, ")");
  return concat("shown as far as entry ", report.organization_last, "; the case goes on to entry ", report.case_last);
}

std::string counts(const BundleReport& report) {
  return row("entries",
             concat(report.case_entries, " of the case, ", report.organization_entries, " of the organization")) +
         row("organization", how_far(report)) + row("signatures", concat(report.signatures, " of people checked")) +
         row("ended", report.closed
                          ? concat(to_string(report.closed->result), ", by ", printable_line(report.closed->by))
                          : "the bundle holds no end of it");
}

std::string findings_list(const BundleReport& report) {
  std::string out = "\n";
  for (const auto& finding : report.findings) out += concat("  ", printable_line(finding.text), "\n");
  if (report.findings_total > report.findings.size())
    out += concat("  and ", report.findings_total - report.findings.size(), " more\n");
  return out + concat("\nNOT SOUND: ", report.findings_total, " found\n");
}

std::string as_text(const BundleReport& report, const BundleTrust& trust) {
  std::string out = row("bundle", concat("case ", report.id.empty() ? "?" : report.id.text(), " of ",
                                         printable_line(report.checkpoint.origin)));
  if (!report.checkpoint.origin.empty())
    out += row("as of", concat(grouped(report.checkpoint.size), " entries, root ", to_hex(report.checkpoint.root)));
  if (report.genesis)
    out += row("first entry", concat(to_hex(*report.genesis),
                                     trust.genesis ? "" : "\n              taken on trust: no --genesis was given"));
  if (report.case_entries > 0) out += counts(report);
  if (report.demo) out += "\nThis is a demo ledger: its passkeys may be software, which proves nothing about people.\n";
  if (!report.sound()) return out + findings_list(report);
  if (!report.organization_whole)
    out += concat("\nTo be looked at:\n  whether staff or policy changed between entry ", report.organization_last,
                  " and entry ", report.case_last, " cannot be told from this file: ask for\n",
                  "  the ledger, or for a bundle that was made after the next change\n");
  if (!report.closed)
    out += concat("\nTo be looked at:\n  the case may have gone on after entry ", report.case_last,
                  ": that its later entries were left out would not show in this file\n");
  if (trust.since && !is_compared(report, trust))
    out += concat("\nTo be looked at:\n  the checkpoint of --since has ", trust.since->size,
                  " entries and the bundle's more; whether one grew out of the other\n",
                  "  only the ledger shows, or the server (`sallyport audit consistency`)\n");
  return out + "\nSOUND, as far as one case can show (the page in front says what it cannot)\n";
}

std::string as_json(const BundleReport& report, const BundleTrust& trust) {
  Json out = Json::object({{"sound", report.sound()},
                           {"bundle", true},
                           {"case", report.id.text()},
                           {"origin", report.checkpoint.origin},
                           {"entries", Json(report.checkpoint.size)},
                           {"root", to_hex(report.checkpoint.root)},
                           {"genesis_given", trust.genesis.has_value()},
                           {"since_compared", is_compared(report, trust)},
                           {"case_entries", Json(report.case_entries)},
                           {"organization_entries", Json(report.organization_entries)},
                           {"organization_whole", report.organization_whole},
                           {"organization_last", Json(report.organization_last)},
                           {"case_last", Json(report.case_last)},
                           {"closed", report.closed.has_value()},
                           {"signatures", Json(report.signatures)},
                           {"demo", report.demo},
                           {"findings_total", Json(report.findings_total)}});
  if (report.genesis) out.set("genesis", to_hex(*report.genesis));
  if (report.closed) out.set("result", to_string(report.closed->result));
  Json findings = Json::array();
  for (const auto& f : report.findings)
    findings.push(Json::object({{"entry", Json(f.entry)}, {"kind", f.kind}, {"text", f.text}}));
  out.set("findings", std::move(findings));
  return to_pretty_text(out) + "\n";
}

// A bundle's one checkpoint is its whole proof, so it is the one that has to be cosigned when they are asked for.
void look_for_witnesses(std::string_view text, const Witnesses& witnesses, BundleReport& report) {
  const auto bundle = parse_bundle(text);
  if (!bundle) return;  // said already
  const auto found = [&](std::string what) {
    report.findings.push_back({0, "witness", concat("the checkpoint of the bundle ", what)});
    ++report.findings_total;
  };
  const auto cosigned = count_cosignatures(bundle->checkpoint, witnesses.keys);
  if (!cosigned) found(concat("is not to be trusted: ", cosigned.error().what));
  else if (witnesses.in_file && *cosigned < witnesses.needed)
    found(concat("is cosigned by ", *cosigned, " of ", witnesses.keys.size(), " witnesses, and ", witnesses.needed,
                 " have to have seen it"));
}

}  // namespace

Exit verify_bundle(const VerifyCommand& command, const BundleTrust& trust, const Witnesses& witnesses,
                   std::string_view text) {
  auto report = audit_bundle(text, trust);
  if (!witnesses.keys.empty()) look_for_witnesses(text, witnesses, report);
  if (!command.quiet) print(command.json ? as_json(report, trust) : as_text(report, trust));
  return report.sound() ? Exit::sound : Exit::findings;
}

}  // namespace sallyport::audit
