#include "core/ledger/log_monitor.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

std::unexpected<Fault> no_memory(std::string_view what) {
  return fault(FaultKind::corrupt, concat("what the monitor remembers cannot be read: ", what),
               "put it back from a copy; without it a history that was changed since looks like any other");
}

}  // namespace

std::string_view to_string(LogAlarmKind kind) noexcept {
  switch (kind) {
    case LogAlarmKind::signature: return "signature";
    case LogAlarmKind::rollback: return "rollback";
    case LogAlarmKind::fork: return "fork";
    case LogAlarmKind::hashes: return "hashes";
    case LogAlarmKind::entry: return "entry";
    case LogAlarmKind::ruling: return "ruling";
    case LogAlarmKind::still: return "still";
    case LogAlarmKind::unreachable: return "unreachable";
  }
  return "unknown";
}

std::string encode_log_memory(const LogMemory& memory) {
  return to_pretty_text(Json::object({{"note", memory.note},
                                      {"frontier", to_base64(memory.frontier.serialize())},
                                      {"ruled", Json(memory.ruled)},
                                      {"grown_at", to_rfc3339(memory.grown_at)}})) +
         "\n";
}

Result<LogMemory> parse_log_memory(std::string_view text, const VerifierKey& trusted) {
  LogMemory out;
  const auto json = parse_json(text);
  if (!json) return no_memory(json.error().what);
  const auto note = json->string_at("note");
  const auto frontier_text = json->string_at("frontier");
  const auto ruled = json->int_at("ruled");
  const auto grown_at = json->string_at("grown_at");
  if (!note || !frontier_text || !ruled || !grown_at || *ruled < 0) return no_memory("a member is missing");
  const auto checkpoint = open_checkpoint(*note, trusted);
  if (!checkpoint) return no_memory(checkpoint.error().what);
  const auto bytes = from_base64(*frontier_text);
  if (!bytes) return no_memory("its hashes are not base64");
  auto frontier = Frontier::parse(*bytes);
  if (!frontier || frontier->size() != checkpoint->size || frontier->root() != checkpoint->root)
    return no_memory("its hashes are not those of its checkpoint");
  if (std::cmp_greater(*ruled, checkpoint->size)) return no_memory("more was ruled upon than there is");
  const auto at = instant_from_rfc3339(*grown_at);
  if (!at) return no_memory("its time is none");
  return LogMemory{*note, std::move(*frontier), static_cast<std::uint64_t>(*ruled), *at};
}

LogMonitor::LogMonitor(VerifierKey trusted, std::optional<LogMemory> memory, bool rules)
    : trusted_(std::move(trusted)), memory_(std::move(memory)), rules_(rules) {
  // Ruling begins with entry 0, whatever was seen before.
  if (memory_ && !rules_) tree_ = memory_->frontier;
}

std::expected<std::uint64_t, LogAlarm> LogMonitor::see(std::string_view note) const {
  const auto now = open_checkpoint(note, trusted_);
  if (!now)
    return std::unexpected(
        LogAlarm{LogAlarmKind::signature, 0, concat("the checkpoint is not to be trusted: ", now.error().what)});
  if (!memory_) return now->size;
  const auto& seen = memory_->frontier;
  if (now->size < seen.size())
    return std::unexpected(LogAlarm{
        LogAlarmKind::rollback, now->size,
        concat("the log was rolled back: it signs ", now->size, " entries, and signed ", seen.size(), " before")});
  if (now->size == seen.size() && now->root != seen.root())
    return std::unexpected(LogAlarm{LogAlarmKind::fork, now->size,
                                    concat("the log is forked: it signs two histories of ", now->size, " entries")});
  return now->size;
}

std::optional<LogAlarm> LogMonitor::grow(std::string_view note, std::span<const Digest> leaves, Instant now) {
  const auto checkpoint = open_checkpoint(note, trusted_);
  if (!checkpoint) return LogAlarm{LogAlarmKind::signature, 0, checkpoint.error().what};
  auto tree = tree_;
  std::optional<Frontier> as_remembered;
  const auto remembered = memory_ ? memory_->frontier.size() : 0;
  if (tree.size() == remembered) as_remembered = tree;
  for (const auto& leaf : leaves) {
    tree.append(leaf);
    if (tree.size() == remembered) as_remembered = tree;
  }
  if (tree.size() != checkpoint->size || tree.root() != checkpoint->root)
    return LogAlarm{memory_ && !rules_ ? LogAlarmKind::fork : LogAlarmKind::hashes, checkpoint->size,
                    memory_ && !rules_ ? concat("the log is forked: its ", checkpoint->size,
                                                " entries have not grown out of the ", remembered, " that were seen")
                                       : concat("the hashes that it serves do not lead to the root that it signs for ",
                                                checkpoint->size, " entries")};
  if (memory_ && as_remembered && as_remembered->root() != memory_->frontier.root())
    return LogAlarm{LogAlarmKind::fork, remembered,
                    concat("the log is forked: its first ", remembered, " entries are not those that were seen")};
  if (rules_) pending_.insert(pending_.end(), leaves.begin(), leaves.end());
  if (!memory_ || checkpoint->size > remembered)
    memory_ = LogMemory{std::string(note), tree, memory_ ? memory_->ruled : 0, now};
  tree_ = std::move(tree);
  return std::nullopt;
}

std::vector<LogAlarm> LogMonitor::take(std::string_view entry) {
  if (next_entry_ >= tree_.size()) return {};
  const auto at = pending_.size() - (tree_.size() - next_entry_);
  const auto index = next_entry_;
  if (hash_leaf(view_of(entry)) != pending_[at])
    return {{LogAlarmKind::entry, index, concat("entry ", index, ": it is served otherwise than it was signed")}};
  ++next_entry_;
  if (next_entry_ == tree_.size()) pending_.clear();
  auditor_.feed(index, entry);
  std::vector<LogAlarm> out;
  const auto& report = auditor_.so_far();
  for (; findings_seen_ < report.findings_total; ++findings_seen_) {
    if (index < memory_->ruled) continue;
    const bool listed = findings_seen_ < report.findings.size();
    out.push_back({LogAlarmKind::ruling, index,
                   concat("entry ", index, ": ",
                          listed ? report.findings[findings_seen_].text : "it breaks a rule, as many before it do")});
  }
  if (index == 0 && auditor_.organization().version > 0 && auditor_.organization().opened.origin != trusted_.name &&
      memory_->ruled == 0)
    out.push_back({LogAlarmKind::ruling, 0,
                   concat("entry 0: the ledger was opened as `", auditor_.organization().opened.origin,
                          "`, its checkpoints are signed as `", trusted_.name, "`")});
  memory_->ruled = std::max(memory_->ruled, next_entry_);
  return out;
}

}  // namespace sallyport
