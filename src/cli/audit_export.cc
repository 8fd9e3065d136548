#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/text.h"
#include "cli/audit_commands.h"
#include "cli/files.h"
#include "core/ledger/ledger_file.h"
#include "core/merkle/merkle.h"
#include "crypto/hash.h"

namespace sallyport::cli {
namespace {

// Sixty-four of the largest entries, each quote escaped, are 8 MiB: below what the client accepts.
constexpr std::uint64_t entries_per_request = 64;

// Written beside its final name, and renamed when all is well.
class DraftFile {
 public:
  explicit DraftFile(std::string path) : path_(std::move(path)), draft_(concat(path_, ".part")) {}
  ~DraftFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!kept_) ::unlink(draft_.c_str());
  }
  DraftFile(const DraftFile&) = delete;
  DraftFile& operator=(const DraftFile&) = delete;

  [[nodiscard]] Result<void> open() {
    fd_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return fd_ < 0 ? failed("creating", draft_) : Result<void>();
  }
  [[nodiscard]] Result<void> write(ByteView bytes) {
    while (!bytes.empty()) {
      const auto put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("writing", draft_);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }
  [[nodiscard]] Result<void> keep() {
    if (::fsync(fd_) != 0) return failed("writing", draft_);
    if (std::rename(draft_.c_str(), path_.c_str()) != 0) return failed("creating", path_);
    kept_ = true;
    return {};
  }

 private:
  static Result<void> failed(std::string_view doing, const std::string& path) {
    return fault(FaultKind::invalid, concat(doing, " `", path, "`: ", std::generic_category().message(errno)));
  }
  std::string path_, draft_;
  int fd_ = -1;
  bool kept_ = false;
};

Answer<std::vector<std::string>> fetch_entries(Api& api, std::uint64_t from, std::uint64_t count) {
  SP_TRY(const auto answer, api.get(concat("/v1/ledger/entries?from=", from, "&count=", count)));
  SP_TRY(const auto* entries, answer.array_at("entries"));
  std::vector<std::string> out;
  for (const auto& entry : *entries) {
    SP_TRY(const auto index, entry.int_at("index"));
    if (std::cmp_not_equal(index, from + out.size()))
      return std::unexpected(Problem(Fault{FaultKind::invalid, "the server gives entries out of order"}));
    SP_TRY(auto bytes, entry.string_at("bytes"));
    if (bytes.size() > ledger_entry_bytes_max)
      return std::unexpected(Problem(Fault{FaultKind::invalid, "the server gives an entry that is too long"}));
    out.push_back(std::move(bytes));
  }
  if (out.empty() || out.size() > count)
    return std::unexpected(Problem(Fault{
        FaultKind::invalid, concat("the server gives ", out.size(), " entries where ", count, " were asked for")}));
  return out;
}

Answer<std::string> key_or_servers_word(Api& api, const std::string& key) {
  if (!key.empty()) return key;
  SP_TRY(const auto opened, api.get("/v1/ledger/opened"));
  SP_TRY(auto text, opened.string_at("verifier_key"));
  return text;
}

}  // namespace

Answer<SignedLedger> read_ledger(Api& api, const std::string& verifier_key, const OnSignedEntry& on_entry,
                                 const ExportProgress& progress) {
  SignedLedger out;
  SP_TRY(out.verifier_key, key_or_servers_word(api, verifier_key));
  SP_TRY(const auto key, parse_verifier_key(out.verifier_key));
  SP_TRY(out.checkpoint, api.get_text("/v1/ledger/checkpoint"));
  SP_TRY(const auto checkpoint, open_checkpoint(out.checkpoint, key));
  Frontier frontier;
  while (frontier.size() < checkpoint.size) {
    SP_TRY(const auto entries,
           fetch_entries(api, frontier.size(), std::min(entries_per_request, checkpoint.size - frontier.size())));
    for (const auto& entry : entries) {
      frontier.append(hash_leaf(view_of(entry)));
      SP_CHECK(on_entry(entry));
    }
    progress(frontier.size(), checkpoint.size);
  }
  if (frontier.root() != checkpoint.root)
    return std::unexpected(
        Problem(Fault{FaultKind::corrupt, "the entries that the server gives are not those it signed",
                      "keep what you have, and call the auditors"}));
  out.entries = checkpoint.size;
  return out;
}

Answer<Exported> export_ledger(Api& api, const std::string& verifier_key, const std::string& out,
                               const ExportProgress& progress, const std::string& cosigned) {
  SP_TRY(const auto key_text, key_or_servers_word(api, verifier_key));
  std::uint64_t cosigned_size = 0;
  if (!cosigned.empty()) {
    SP_TRY(const auto key, parse_verifier_key(key_text));
    SP_TRY(const auto checkpoint, open_checkpoint(cosigned, key));
    cosigned_size = checkpoint.size;
  }
  DraftFile file(out);
  SP_CHECK(file.open());
  SP_CHECK(file.write(view_of(ledger_file_first_line)));
  LedgerBlockWriter block(0);
  std::uint64_t written = 0;
  // Behind the block that holds its last entry. The one that covers the whole file stands at its end.
  std::uint64_t cosigned_from = 0;
  const auto write_cosigned_in = [&](std::uint64_t end) -> Answer<void> {
    const bool here = cosigned_size > cosigned_from && cosigned_size <= end;
    cosigned_from = end;
    if (here) SP_CHECK(file.write(encode_ledger_checkpoint(cosigned_size, cosigned)));
    return {};
  };
  const auto write = [&](const std::string& entry) -> Answer<void> {
    if (block.count() == 0) SP_CHECK(write_cosigned_in(written));
    block.add(entry, hash_leaf(view_of(entry)));
    ++written;
    if (!block.full()) return {};
    SP_CHECK(file.write(block.finish()));
    block = LedgerBlockWriter(written);
    return {};
  };
  SP_TRY(const auto ledger, read_ledger(api, key_text, write, progress));
  if (cosigned_size > ledger.entries)
    return std::unexpected(Problem(Fault{FaultKind::corrupt,
                                         concat("the ledger was rolled back: it has ", ledger.entries, " entries, and ",
                                                cosigned_size, " were cosigned"),
                                         "keep the cosigned checkpoint, and call the auditors"}));
  if (block.count() > 0) SP_CHECK(file.write(block.finish()));
  if (cosigned_size < ledger.entries) SP_CHECK(write_cosigned_in(written));
  // The same tree twice is one checkpoint: with the witnesses' signatures where there are any.
  SP_CHECK(file.write(
      encode_ledger_checkpoint(ledger.entries, cosigned_size == ledger.entries ? cosigned : ledger.checkpoint)));
  SP_CHECK(file.write(encode_ledger_end(ledger.entries)));
  SP_CHECK(file.keep());
  return Exported{ledger.entries, ledger.verifier_key};
}

Answer<void> command_audit_export(const GlobalOptions& global, Terminal& terminal, const std::string& key,
                                  const std::string& out, const std::string& cosigned) {
  SP_TRY(auto api, connect_staff(global));
  std::string note;
  if (!cosigned.empty()) {
    SP_TRY(note, read_file(cosigned));
  }
  SP_TRY(const auto exported,
         export_ledger(
             api, key, out, [&](std::uint64_t done, std::uint64_t all) { terminal.progress("entries", done, all); },
             note));
  terminal.document(
      Json::object({{"file", out}, {"entries", Json(exported.entries)}, {"verifier_key", exported.verifier_key}}));
  terminal.line(concat(out, ": ", exported.entries, " entries, as signed"), Ink::green);
  terminal.fact("key", exported.verifier_key);
  terminal.fact("verify", concat("sallyport-audit verify ", out, " --key KEY"));
  return {};
}

}  // namespace sallyport::cli
