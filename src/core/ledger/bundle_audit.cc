#include "core/ledger/bundle_audit.h"

#include <algorithm>

#include "base/text.h"
#include "core/cases/state.h"
#include "core/ledger/bundle_cover.h"
#include "core/ledger/readjudicate.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

class BundleAudit {
 public:
  explicit BundleAudit(const BundleTrust& trust) : trust_(trust) {}

  BundleReport run(std::string_view text) {
    auto bundle = parse_bundle(text);
    if (!bundle) {
      found(bundle.error().entry, "bundle", concat("the file cannot be read: ", bundle.error().text));
      return std::move(report_);
    }
    report_.id = state_.id = bundle->id;
    const bool is_signed = check_checkpoint(bundle->checkpoint);
    check_genesis(*bundle);
    for (const auto& entry : bundle->entries) take(entry, is_signed);
    finish(*bundle, is_signed);
    report_.cover = std::move(bundle->cover);
    return std::move(report_);
  }

 private:
  void found(std::uint64_t entry, std::string_view kind, std::string text) {
    ++report_.findings_total;
    if (report_.findings.size() < bundle_findings_max)
      report_.findings.push_back({entry, std::string(kind), std::move(text)});
  }
  void at(std::uint64_t entry, std::string_view kind, std::string_view what) {
    found(entry, kind, concat("entry ", entry, ": ", what));
  }

  bool check_checkpoint(const std::string& note) {
    auto opened = open_checkpoint(note, trust_.key);
    if (!opened) {
      found(0, "checkpoint", concat("the checkpoint is not to be trusted: ", opened.error().what));
      return false;
    }
    report_.checkpoint = *std::move(opened);
    if (!trust_.since) return true;
    const auto& seen = *trust_.since;
    if (report_.checkpoint.size < seen.size)
      found(report_.checkpoint.size, "checkpoint",
            concat("the bundle was made of ", report_.checkpoint.size, " entries, and you hold a checkpoint of ",
                   seen.size, ": what came since may be missing; ask for a newer bundle"));
    if (report_.checkpoint.size == seen.size && report_.checkpoint.root != seen.root)
      found(0, "checkpoint", concat("the ledger is forked: two trees of ", seen.size, " entries were signed"));
    return true;
  }

  void check_genesis(const Bundle& bundle) {
    if (bundle.entries.empty() || bundle.entries.front().index != 0)
      return found(0, "stream", "entry 0, which opens the ledger and names its first operator, is missing");
    report_.genesis = hash_leaf(view_of(bundle.entries.front().bytes));
    if (trust_.genesis && *trust_.genesis != *report_.genesis)
      at(0, "genesis",
         concat("this is another ledger than the one you were told of: the leaf hash of its first entry is ",
                to_hex(*report_.genesis)));
  }

  void take(const BundleEntry& entry, bool is_signed) {
    if (seen_ > 0 && entry.index <= last_index_)
      return at(entry.index, "bundle",
                concat("it stands after entry ", last_index_, ": entries come in their order, each once"));
    ++seen_;
    last_index_ = entry.index;
    if (is_signed) check_proof(entry);
    const auto read = read_entry(entry.bytes);
    if (!read.entry) return at(entry.index, "ruling", read.entry.error().what);
    if (!read.canonical) at(entry.index, "ruling", "the entry is not in canonical form");
    if (read.entry->at < last_at_) at(entry.index, "ruling", "time runs backwards in the ledger");
    last_at_ = std::max(last_at_, read.entry->at);
    if (read.entry->stream == organization_stream) return take_organization(entry.index, *read.entry);
    if (read.entry->stream == case_stream(state_.id)) return take_case(entry.index, *read.entry);
    at(entry.index, "stream",
       concat("it belongs to `", read.entry->stream, "`: a bundle holds one case (`", state_.id.text(),
              "`) and the organization, and nothing else"));
  }

  void check_proof(const BundleEntry& entry) {
    const auto& c = report_.checkpoint;
    const auto ok = verify_inclusion(hash_leaf(view_of(entry.bytes)), entry.index, c.size, entry.proof, c.root);
    if (!ok)
      at(entry.index, "proof",
         concat(
             "it does not stand there in the ledger that was signed; its bytes, its index or its proof were changed: ",
             ok.error().what));
  }

  // Streams are numbered without a gap, so an entry that is left out of the middle shows. True: it is the next one.
  bool in_order(std::uint64_t index, std::string_view whose, std::uint64_t version, std::uint64_t expected) {
    if (version == expected) return true;
    at(index, "stream",
       version > expected
           ? concat(version - expected, " of ", whose, " entries before it (version ", expected,
                    version - expected > 1 ? concat(" to ", version - 1) : "", ") were left out of the bundle")
           : concat("it is version ", version, " of ", whose, " stream, which stands here already"));
    return false;
  }

  void take_organization(std::uint64_t index, const LedgerEntry& entry) {
    const auto* event = std::get_if<OrganizationEvent>(&entry.event);
    if (event == nullptr) return at(index, "stream", "an event of another kind stands in the organization's stream");
    ++report_.organization_entries;
    organization_at_.push_back(index);
    if (!in_order(index, "the organization's", entry.version, organization_.version)) {
      if (entry.version < organization_.version) return;
      organization_.version = entry.version;  // go on with what there is
    }
    if ((index == 0) != std::holds_alternative<LedgerOpened>(*event))
      return at(index, "ruling", "a ledger is opened once, by its first entry");
    if (is_signed(*event)) ++report_.signatures;
    if (auto ok = readjudicate(organization_, *event, entry.at); !ok) {
      at(index, "ruling", ok.error().what);
      if (organization_.version == entry.version) {
        if (!std::holds_alternative<ProofPart>(*event)) organization_.proof_parts.clear();
        ++organization_.version;
      }
    }
  }

  void take_case(std::uint64_t index, const LedgerEntry& entry) {
    const auto* event = std::get_if<CaseEvent>(&entry.event);
    if (event == nullptr) return at(index, "stream", "an event of another kind stands in the case's stream");
    ++report_.case_entries;
    report_.case_last = index;
    case_at_.push_back(index);
    if (!in_order(index, "the case's", entry.version, state_.version)) {
      if (entry.version < state_.version) return;
      state_.version = entry.version;
    }
    if (std::holds_alternative<ApprovalRecorded>(*event) || std::holds_alternative<CaseReviewed>(*event))
      ++report_.signatures;
    acted_ = acted_ || std::holds_alternative<IntentRecorded>(*event);
    if (const auto* closed = std::get_if<CaseClosed>(event)) report_.closed = *closed;
    if (auto ok = readjudicate(state_, *event, entry.at, organization_); !ok) {
      at(index, "ruling", concat("case ", state_.id.text(), ": ", ok.error().what));
      if (!evolve(state_, *event, std::max(entry.at, state_.last_at))) ++state_.version;
    }
  }

  void finish(const Bundle& bundle, bool is_signed) {
    report_.demo = organization_.opened.environment == Environment::demo;
    if (organization_.version > 0 && organization_.opened.origin != trust_.key.name)
      at(0, "genesis",
         concat("the ledger was opened as `", organization_.opened.origin, "`, its checkpoints are signed as `",
                trust_.key.name, "`"));
    if (report_.case_entries == 0)
      return found(last_index_, "stream", concat("the bundle holds no entry of case `", state_.id.text(), "`"));
    if (acted_ && exercise_of(organization_, state_.id))
      at(report_.case_last, "ruling", concat("case ", state_.id.text(), " was of an exercise and has acted"));
    check_ends();
    if (!organization_.proof_parts.empty() && !report_.organization_whole)
      at(report_.organization_last, "ruling", "parts of a certificate stand without the proposal that they belong to");
    if (is_signed && cover_of(bundle.id, report_.checkpoint, bundle.entries) != bundle.cover)
      found(0, "cover", "the page in front tells something else than the entries do: believe the entries");
  }

  // Where the organization's stream ends cannot be proved by what is in the tree. But an entry of it that comes after
  // the case shows that all before it are here, for it is numbered.
  void check_ends() {
    const auto after = std::ranges::upper_bound(organization_at_, report_.case_last);
    if (after != organization_at_.begin()) report_.organization_last = *std::prev(after);
    const auto between = static_cast<std::uint64_t>(
        std::ranges::count_if(case_at_, [&](std::uint64_t index) { return index > report_.organization_last; }));
    report_.organization_whole =
        after != organization_at_.end() || between == report_.case_last - report_.organization_last;
    if (std::distance(after, organization_at_.end()) > 1)
      at(*std::next(after), "bundle", "it comes after the case and is not needed to rule on it");
  }

  const BundleTrust& trust_;
  BundleReport report_;
  OrganizationState organization_;
  CaseState state_;
  std::vector<std::uint64_t> organization_at_;  // indices of its entries
  std::vector<std::uint64_t> case_at_;
  std::uint64_t seen_ = 0;
  std::uint64_t last_index_ = 0;
  Instant last_at_;
  bool acted_ = false;
};

}  // namespace

BundleReport audit_bundle(std::string_view text, const BundleTrust& trust) { return BundleAudit(trust).run(text); }

}  // namespace sallyport
