#include "bin/sallyport-audit/verify.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "bin/sallyport-audit/bundle.h"
#include "bin/sallyport-audit/files.h"
#include "bin/sallyport-audit/pipeline.h"
#include "bin/sallyport-audit/printing.h"

namespace sallyport::audit {
namespace {

class Verification {
 public:
  Verification(const VerifyCommand& command, const VerifierKey& trusted, const std::optional<Checkpoint>& since,
               const Progress& progress, const Witnesses& witnesses)
      : command_(command),
        trusted_(trusted),
        since_(since),
        progress_(progress),
        witnesses_(witnesses),
        verifier_(trusted) {}

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
      if (checkpoint->intact && !witnesses_.keys.empty()) look_for_witnesses(*checkpoint);
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
    if (witnesses_.in_file && report_.witnessed == 0)
      found(0, "witness",
            concat("no checkpoint in the file is cosigned by ", witnesses_.needed, " of ", witnesses_.keys.size(),
                   " witnesses: ", most_, " cosigned one"));
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

  // What a witness says of a checkpoint is checked wherever it stands. What the log itself says of it is verifier_'s.
  void look_for_witnesses(const LedgerCheckpoint& checkpoint) {
    const auto cosigned = count_cosignatures(checkpoint.note, witnesses_.keys);
    if (!cosigned)
      return found(checkpoint.size, "witness",
                   concat("the checkpoint for ", checkpoint.size, " entries: ", cosigned.error().what));
    most_ = std::max(most_, *cosigned);
    if (!witnesses_.in_file || *cosigned < witnesses_.needed) return;
    report_.witnesses = *cosigned;
    report_.witnessed = checkpoint.size;
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
  const Witnesses& witnesses_;
  std::size_t most_ = 0;  // witnesses that cosigned one checkpoint
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

Result<std::size_t> count_cosignatures(std::string_view note, const std::vector<WitnessKey>& witnesses) {
  std::size_t cosigned = 0;
  for (const auto& witness : witnesses) {
    SP_TRY(const auto seen, cosigned_at(note, witness));
    if (seen) ++cosigned;
  }
  return cosigned;
}

Result<VerifyReport> verify(const VerifyCommand& command, const VerifierKey& trusted,
                            const std::optional<Checkpoint>& since, const ByteSource& source, const Progress& progress,
                            const Witnesses& witnesses) {
  LedgerFileReader reader(source);
  Verification verification(command, trusted, since, progress, witnesses);
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

Result<Witnesses> read_witnesses(const VerifyCommand& command) {
  constexpr std::size_t witnesses_file_bytes_max = 64 * 1024;
  Witnesses out;
  if (command.witnesses.empty()) return out;
  SP_TRY(const auto text, read_text_file(command.witnesses, witnesses_file_bytes_max));
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    SP_TRY(auto witness, parse_witness_key(line));
    // By key: a witness that is listed twice is one.
    if (std::ranges::none_of(out.keys, [&](const WitnessKey& w) { return w.key.bytes() == witness.key.bytes(); }))
      out.keys.push_back(std::move(witness));
  }
  if (out.keys.empty()) return fault(FaultKind::invalid, concat("`", command.witnesses, "` lists no witness"));
  out.needed = command.quorum.value_or(out.keys.size());
  out.in_file = command.since.empty();
  return out;
}

// Of the checkpoint of --since. `rejected` when they are too few, or a signature is wrong.
Result<std::size_t> witnesses_of_since(const VerifyCommand& command, const Witnesses& witnesses) {
  if (witnesses.keys.empty() || witnesses.in_file) return 0;
  SP_TRY(const auto note, read_text_file(command.since, note_bytes_max));
  SP_TRY(const auto cosigned, count_cosignatures(note, witnesses.keys));
  if (cosigned < witnesses.needed)
    return fault(FaultKind::rejected,
                 concat("the checkpoint of --since is cosigned by ", cosigned, " of ", witnesses.keys.size(),
                        " witnesses, and ", witnesses.needed, " have to have seen it"));
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

Exit run_on_bundle(const VerifyCommand& command, const BundleTrust& trust, const Witnesses& witnesses,
                   const ByteSource& source, std::string begun) {
  if (command.hashes_only) {
    print_error("sallyport-audit: --hashes-only is for ledgers: a bundle is always ruled upon\n");
    return Exit::usage;
  }
  const auto text = read_rest(source, std::move(begun), bundle_bytes_max);
  if (!text) return cannot_read(text.error());
  return verify_bundle(command, trust, witnesses, *text);
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
  const auto witnesses = read_witnesses(command);
  if (!witnesses) return cannot_read(witnesses.error());
  const auto cosigned = witnesses_of_since(command, *witnesses);
  if (!cosigned && cosigned.error().kind != FaultKind::rejected) return cannot_read(cosigned.error());
  if (!cosigned) {
    print_error(concat("sallyport-audit: ", printable_line(cosigned.error().what), "\n"));
    return Exit::findings;
  }
  const auto file = InputFile::open(command.file);
  if (!file) return cannot_read(file.error());
  auto source = file->source();
  auto begun = beginning_of(source);
  if (!begun) return cannot_read(begun.error());
  if (*begun == bundle_first_line)
    return run_on_bundle(command, {*trusted, command.genesis, *since}, *witnesses, source, *std::move(begun));
  source = put_back(*std::move(begun), std::move(source));
  Result<VerifyReport> report = std::unexpected(Fault{});
  {
    ProgressLine line(file->size());
    report = verify(command, *trusted, *since, source, std::ref(line), *witnesses);
  }
  if (!report) return cannot_read(report.error());
  if (!witnesses->in_file) report->witnesses = *cosigned;
  if (!command.quiet) print(command.json ? as_json(*report) : as_text(*report));
  return report->sound() ? Exit::sound : Exit::findings;
}

}  // namespace sallyport::audit
