#include "bin/sallyport-audit/verify.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/text.h"
#include "bin/sallyport-audit/bundle.h"
#include "bin/sallyport-audit/files.h"
#include "bin/sallyport-audit/pipeline.h"
#include "bin/sallyport-audit/printing.h"
#include "core/ledger/cosignature.h"

namespace sallyport::audit {
namespace {

class Verification {
 public:
  Verification(const VerifyCommand& command, const VerifierKey& trusted, const std::optional<Checkpoint>& since,
               const Progress& progress)
      : command_(command), trusted_(trusted), since_(since), progress_(progress), verifier_(trusted) {}

  // False: the file has more wrong with it than anybody will read.
  bool take(PreparedPart prepared) {
    if (const auto* block = std::get_if<LedgerBlock>(&prepared.part)) {
      if (block->first_index == 0) report_.genesis = block->leaf(0);
      verifier_.add(*block, prepared.check);
      grow(*block, prepared.check);
      for (const auto& entry : prepared.entries) auditor_.feed(entry.index, entry.read);
      bytes_ += block->body_size;
      if (progress_) progress_(block->first_index + block->count, bytes_);
    } else if (const auto* checkpoint = std::get_if<LedgerCheckpoint>(&prepared.part)) {
      verifier_.add(*checkpoint);
    } else if (auto* finding = std::get_if<Finding>(&prepared.part)) {
      verifier_.add(std::move(*finding));
    }
    return !verifier_.full();
  }

  VerifyReport finish() {
    report_.file = verifier_.finish();
    report_.genesis_given = command_.genesis.has_value();
    if (command_.genesis && report_.genesis && *report_.genesis != *command_.genesis)
      found(
          0, "genesis",
          concat("entry 0: this is another ledger than the one you were told of: the leaf hash of its first entry is ",
                 to_hex(*report_.genesis)));
    if (since_) compare_with(*since_);
    for (const auto& finding : report_.file.findings) found(finding.index, to_string(finding.kind), finding.text);
    if (!command_.hashes_only) rule();
    if (report_.file.more_findings) ++report_.findings_total;
    return std::move(report_);
  }

 private:
  // The tree as far as the checkpoint that was seen before.
  void grow(const LedgerBlock& block, const BlockCheck& check) {
    if (!since_) return;
    if (block.count == ledger_block_entries && grown_.size() + block.count <= since_->size &&
        grown_.append_subtree(ledger_block_height, check.subtree_root))
      return;
    for (std::size_t i = 0; i < block.count && grown_.size() < since_->size; ++i) grown_.append(block.leaf(i));
  }
  void compare_with(const Checkpoint& seen) {
    if (grown_.size() < seen.size)
      found(grown_.size(), "since",
            concat("the ledger was rolled back: it ends before entry ", grown_.size(), ", and a checkpoint of ",
                   seen.size, " entries was signed before"));
    else if (grown_.root() != seen.root)
      found(0, "since",
            concat("the ledger is forked: its first ", seen.size,
                   " entries are not those of the checkpoint that you saw"));
  }

  // Kept in the order of the ledger; of one entry, what was found first stands first.
  void found(std::uint64_t entry, std::string_view kind, std::string text) {
    const auto place = std::ranges::upper_bound(report_.findings, entry, {}, &VerifyFinding::entry);
    report_.findings.insert(place, {entry, std::string(kind), std::move(text)});
    ++report_.findings_total;
  }

  void rule() {
    report_.audit = auditor_.finish();
    const auto& opened = auditor_.organization().opened;
    report_.demo = opened.environment == Environment::demo;
    if (auditor_.organization().version > 0 && opened.origin != trusted_.name)
      found(0, "origin",
            concat("entry 0: the ledger was opened as `", opened.origin, "`, its checkpoints are signed as `",
                   trusted_.name, "`"));
    for (const auto& finding : report_.audit->findings)
      found(finding.entry, "ruling", concat("entry ", finding.entry, ": ", finding.text));
    report_.findings_total += report_.audit->findings_total - report_.audit->findings.size();
  }

  const VerifyCommand& command_;
  const VerifierKey& trusted_;
  const std::optional<Checkpoint>& since_;
  Frontier grown_;
  const Progress& progress_;
  LedgerVerifier verifier_;
  Readjudicator auditor_;
  VerifyReport report_;
  std::uint64_t bytes_ = 0;
};

// On a terminal only, and not more often than an eye follows.
class ProgressLine {
 public:
  explicit ProgressLine(std::uint64_t size) : size_(size), shown_(::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (drawn_) print_error("\r\033[K");
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void operator()(std::uint64_t entries, std::uint64_t bytes) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    drawn_ = true;
    print_error(
        concat("\r", grouped(entries), " entries", size_ > 0 ? concat(", ", bytes * 100 / size_, "%") : std::string()));
  }

 private:
  std::uint64_t size_;
  bool shown_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

Exit cannot_read(const Fault& fault) {
  print_error(concat("sallyport-audit: ", printable(fault.what), "\n"));
  return Exit::cannot_read;
}

}  // namespace

Result<VerifyReport> verify(const VerifyCommand& command, const VerifierKey& trusted,
                            const std::optional<Checkpoint>& since, const ByteSource& source,
                            const Progress& progress) {
  LedgerFileReader reader(source);
  Verification verification(command, trusted, since, progress);
  // The calling thread rules, which is work enough for one; without ruling it only waits.
  const PipelineOptions options{command.threads == 1  ? 0
                                : command.hashes_only ? command.threads
                                                      : command.threads - 1,
                                !command.hashes_only};
  SP_CHECK(for_each_part(reader, options, [&](PreparedPart part) { return verification.take(std::move(part)); }));
  return verification.finish();
}

namespace {

Result<std::optional<Checkpoint>> read_since(const std::string& path, const VerifierKey& trusted) {
  if (path.empty()) return std::nullopt;
  SP_TRY(const auto note, read_text_file(path, note_bytes_max));
  auto opened = open_checkpoint(note, trusted);
  if (!opened) return with_context("the checkpoint of --since", std::move(opened).error());
  return *std::move(opened);
}

// How many of the witnesses cosigned the checkpoint; `rejected` when they are too few, or a signature is wrong.
Result<std::size_t> count_witnesses(const VerifyCommand& command) {
  constexpr std::size_t witnesses_file_bytes_max = 64 * 1024;
  if (command.witnesses.empty()) return 0;
  SP_TRY(const auto note, read_text_file(command.since, note_bytes_max));
  SP_TRY(const auto text, read_text_file(command.witnesses, witnesses_file_bytes_max));
  std::set<std::string> all;  // by key: a witness that is listed twice is one
  std::size_t cosigned = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    SP_TRY(const auto witness, parse_witness_key(line));
    if (!all.insert(to_hex(ByteView(witness.key.bytes()))).second) continue;
    SP_TRY(const auto seen, cosigned_at(note, witness));
    if (seen) ++cosigned;
  }
  const auto needed = command.quorum.value_or(all.size());
  if (all.empty() || cosigned < needed)
    return fault(FaultKind::rejected, concat("the checkpoint of --since is cosigned by ", cosigned, " of ", all.size(),
                                             " witnesses, and ", needed, " have to have seen it"));
  return cosigned;
}

// The first bytes, as many as a bundle's first line has: which of the two files it is.
Result<std::string> beginning_of(const ByteSource& source) {
  std::string begun(bundle_first_line.size(), '\0');
  std::size_t filled = 0;
  while (filled < begun.size()) {
    SP_TRY(const auto got, source({reinterpret_cast<std::uint8_t*>(begun.data()) + filled, begun.size() - filled}));
    if (got == 0) break;
    filled += got;
  }
  begun.resize(filled);
  return begun;
}

Exit run_on_bundle(const VerifyCommand& command, const BundleTrust& trust, const ByteSource& source,
                   std::string begun) {
  if (command.hashes_only) {
    print_error("sallyport-audit: --hashes-only is for ledgers: a bundle is always ruled upon\n");
    return Exit::usage;
  }
  const auto text = read_rest(source, std::move(begun), bundle_bytes_max);
  if (!text) return cannot_read(text.error());
  return verify_bundle(command, trust, *text);
}

}  // namespace

Exit run(const VerifyCommand& command) {
  auto text = command.key;
  if (text.empty()) {
    auto read = read_key_file(command.key_file);
    if (!read) return cannot_read(read.error());
    text = *std::move(read);
  }
  const auto trusted = parse_verifier_key(text);
  if (!trusted) {
    print_error(concat("sallyport-audit: the verifier key: ", printable(trusted.error().what), "\n"));
    return Exit::usage;
  }
  const auto since = read_since(command.since, *trusted);
  if (!since) return cannot_read(since.error());
  const auto witnesses = count_witnesses(command);
  if (!witnesses && witnesses.error().kind != FaultKind::rejected) return cannot_read(witnesses.error());
  if (!witnesses) {
    print_error(concat("sallyport-audit: ", printable_line(witnesses.error().what), "\n"));
    return Exit::findings;
  }
  const auto file = InputFile::open(command.file);
  if (!file) return cannot_read(file.error());
  auto source = file->source();
  auto begun = beginning_of(source);
  if (!begun) return cannot_read(begun.error());
  if (*begun == bundle_first_line)
    return run_on_bundle(command, {*trusted, command.genesis, *since}, source, *std::move(begun));
  source = put_back(*std::move(begun), std::move(source));
  Result<VerifyReport> report = std::unexpected(Fault{});
  {
    ProgressLine line(file->size());
    report = verify(command, *trusted, *since, source, std::ref(line));
  }
  if (!report) return cannot_read(report.error());
  report->witnesses = *witnesses;
  if (!command.quiet) print(command.json ? as_json(*report) : as_text(*report));
  return report->sound() ? Exit::sound : Exit::findings;
}

}  // namespace sallyport::audit
