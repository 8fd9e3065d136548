#include "base/text.h"
#include "cli/audit_commands.h"
#include "cli/files.h"
#include "cli/ledger_source.h"
#include "core/ledger/bundle.h"
#include "core/ledger/bundle_audit.h"

namespace sallyport::cli {
namespace {

// What an auditor will find. It is written all the same: a case that went wrong is the one that somebody asks about.
void tell(Terminal& terminal, const BundleReport& report, const BundleOptions& options, const VerifierKey& key) {
  Json findings = Json::array();
  for (const auto& finding : report.findings) findings.push(finding.text);
  terminal.document(Json::object({{"file", options.out},
                                  {"case", report.id.text()},
                                  {"entries", Json(report.case_entries + report.organization_entries)},
                                  {"ledger_entries", Json(report.checkpoint.size)},
                                  {"organization_whole", report.organization_whole},
                                  {"sound", report.sound()},
                                  {"findings", std::move(findings)},
                                  {"verifier_key", to_string(key)}}));
  terminal.line(concat(options.out, ": case ", report.id.text(), ", ", report.case_entries, " entries of its own and ",
                       report.organization_entries, " of the organization"),
                report.sound() ? Ink::green : Ink::yellow);
  for (const auto& finding : report.findings) terminal.line(concat("found: ", finding.text), Ink::red);
  if (!report.organization_whole)
    terminal.line(concat("The organization's history is shown as far as entry ", report.organization_last,
                         "; that nothing changed between it and entry ", report.case_last,
                         " shows in the whole ledger, or in a bundle made after the next change of staff or policy."),
                  Ink::yellow);
  terminal.fact("key", to_string(key));
  terminal.fact("verify", concat("sallyport-audit verify ", options.out, " --key KEY"));
}

}  // namespace

Answer<void> command_audit_bundle(const GlobalOptions& global, Terminal& terminal, const BundleOptions& options) {
  const auto id = CaseId::parse(options.case_id);
  if (!id)
    return std::unexpected(Problem(Fault{FaultKind::invalid, concat("`", options.case_id, "` is no case id"),
                                         "an id is 1 to 64 of a-z 0-9 - _ ."}));
  BundleMaker maker(*id);
  SP_TRY(const auto ledger, read_signed_ledger(global, terminal, {options.ledger, options.key},
                                               [&](std::string_view bytes) { maker.feed(bytes); }));
  SP_TRY(const auto key, parse_verifier_key(ledger.verifier_key));
  SP_TRY(const auto bundle, maker.finish(ledger.checkpoint, key));
  const auto text = encode_bundle(bundle);
  if (text.size() > bundle_bytes_max)
    return std::unexpected(
        Problem(Fault{FaultKind::invalid, concat("the bundle has more than ", bundle_bytes_max, " bytes"),
                      "export the whole ledger"}));
  SP_CHECK(write_private_file(options.out, text, IfExists::replace));
  tell(terminal, audit_bundle(text, {key}), options, key);
  return {};
}

}  // namespace sallyport::cli
