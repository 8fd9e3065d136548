#include "cli/ledger_source.h"

#include <fstream>

#include "base/text.h"
#include "core/ledger/ledger_file.h"

namespace sallyport::cli {
namespace {

Answer<SignedLedger> from_file(const LedgerSource& source, const std::function<void(std::string_view)>& on_entry) {
  if (source.key.empty())
    return std::unexpected(Problem(Fault{FaultKind::invalid, "a ledger in a file is believed by its signature alone",
                                         "give its verifier key with --key, as `audit export` printed it"}));
  SP_TRY(const auto key, parse_verifier_key(source.key));
  std::ifstream file(source.file, std::ios::binary);
  if (!file)
    return std::unexpected(
        Problem(Fault{FaultKind::not_found, concat("cannot read `", source.file, "`"), "check the path"}));
  LedgerFileReader reader([&](std::span<std::uint8_t> into) -> Result<std::size_t> {
    file.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    if (file.bad()) return fault(FaultKind::unavailable, concat("reading `", source.file, "` failed"));
    return static_cast<std::size_t>(file.gcount());
  });
  LedgerVerifier verifier(key);
  SignedLedger out{0, source.key, {}};
  while (!reader.done() && !verifier.full()) {
    SP_TRY(auto part, reader.next());
    if (auto* finding = std::get_if<Finding>(&part)) verifier.add(std::move(*finding));
    if (const auto* checkpoint = std::get_if<LedgerCheckpoint>(&part)) {
      verifier.add(*checkpoint);
      out.checkpoint = checkpoint->note;
    }
    const auto* block = std::get_if<LedgerBlock>(&part);
    if (block == nullptr) continue;
    const auto check = check_block(*block);
    verifier.add(*block, check);
    for (std::size_t i = 0; i < check.readable; ++i)
      if (const auto& place = check.entries[i]; place.sound)
        on_entry(text_of(block->bundle().subspan(place.offset, place.length)));
  }
  const auto report = verifier.finish();
  if (!report.sound())
    return std::unexpected(
        Problem(Fault{FaultKind::corrupt, concat("the ledger is not as it was signed: ", report.findings.front().text),
                      "have it audited with `sallyport-audit verify`"}));
  out.entries = report.size;
  return out;
}

}  // namespace

Answer<SignedLedger> read_signed_ledger(const GlobalOptions& global, Terminal& terminal, const LedgerSource& source,
                                        const std::function<void(std::string_view)>& on_entry) {
  if (!source.file.empty()) return from_file(source, on_entry);
  SP_TRY(auto api, connect_staff(global));
  const auto each = [&](const std::string& bytes) -> Answer<void> {
    on_entry(bytes);
    return {};
  };
  return read_ledger(api, source.key, each,
                     [&](std::uint64_t done, std::uint64_t all) { terminal.progress("entries", done, all); });
}

}  // namespace sallyport::cli
