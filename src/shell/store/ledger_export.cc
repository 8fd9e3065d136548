#include "shell/store/ledger_export.h"

#include <algorithm>

#include "base/text.h"
#include "core/ledger/ledger_file.h"
#include "core/ledger/note.h"
#include "shell/store/limits.h"

namespace sallyport {
namespace {

// The body of a checkpoint the store itself holds; whoever reads the file checks the signature.
Result<Checkpoint> body_of(const std::string& note) {
  const auto blank = note.rfind("\n\n");
  if (blank == std::string::npos) return fault(FaultKind::corrupt, "a stored checkpoint is not a signed note");
  auto checkpoint = parse_checkpoint_body(std::string_view(note).substr(0, blank + 1));
  if (!checkpoint) return with_context("reading a stored checkpoint", std::move(checkpoint).error());
  return checkpoint;
}

struct Signed {
  std::uint64_t size = 0;
  std::string note;
};

Result<std::vector<Signed>> spread_of(const CheckpointHistory& history, std::uint64_t size) {
  std::vector<Signed> spread;
  constexpr auto parts = exported_earlier_checkpoints_max + 1;
  for (std::uint64_t i = 1; i < parts; ++i) {
    const auto wanted = size / parts * i + size % parts * i / parts;
    SP_TRY(auto note, history.checkpoint_at_or_before(wanted));
    if (!note) continue;
    SP_TRY(const auto checkpoint, body_of(*note));
    if (!spread.empty() && spread.back().size >= checkpoint.size) continue;
    spread.push_back({checkpoint.size, std::move(*note)});
  }
  return spread;
}

Result<void> write_block(const EventReader& reader, std::uint64_t first, std::size_t count, const ByteSink& sink) {
  SP_TRY(const auto entries, reader.read_entries(first, count));
  SP_TRY(const auto leaves, reader.read_leaf_hashes(first, count));
  if (entries.size() != count || leaves.size() != count || entries.back().index != first + count - 1) {
    return fault(
        FaultKind::corrupt,
        concat("entries from ", first, " to ", first + count - 1, " are signed, but not all of them are stored"),
        "stop the service and compare with a copy of the ledger");
  }
  LedgerBlockWriter block(first);
  for (std::size_t i = 0; i < count; ++i) {
    if (entries[i].bytes.size() > ledger_entry_bytes_max) {
      return fault(FaultKind::corrupt, concat("entry ", first + i, " is longer than an entry can be"));
    }
    block.add(entries[i].bytes, leaves[i]);
  }
  return sink(block.finish());
}

}  // namespace

Result<std::uint64_t> export_ledger_file(const EventReader& reader, const CheckpointHistory* history,
                                         const ByteSink& sink) {
  SP_TRY(auto latest, reader.latest_checkpoint());
  if (latest.empty()) return fault(FaultKind::not_found, "the ledger is empty, and nothing is signed yet");
  SP_TRY(const auto checkpoint, body_of(latest));
  std::vector<Signed> checkpoints;
  if (history != nullptr) {
    SP_TRY(checkpoints, spread_of(*history, checkpoint.size));
    std::erase_if(checkpoints, [&](const Signed& earlier) { return earlier.size >= checkpoint.size; });
  }
  checkpoints.push_back({checkpoint.size, std::move(latest)});

  SP_CHECK(sink(view_of(ledger_file_first_line)));
  auto next = checkpoints.begin();
  for (std::uint64_t first = 0; first < checkpoint.size; first += ledger_block_entries) {
    const auto end = std::min<std::uint64_t>(first + ledger_block_entries, checkpoint.size);
    SP_CHECK(write_block(reader, first, static_cast<std::size_t>(end - first), sink));
    for (; next != checkpoints.end() && next->size <= end; ++next) {
      SP_CHECK(sink(encode_ledger_checkpoint(next->size, next->note)));
    }
  }
  SP_CHECK(sink(encode_ledger_end(checkpoint.size)));
  return checkpoint.size;
}

NodeSource node_source_of(const EventReader& reader) {
  return [&reader](unsigned height, std::uint64_t number) -> Result<Digest> {
    const auto above = height % node_height_step;
    if (above == 0) return reader.read_node(height, number);
    const auto stored_height = height - above;
    const auto count = std::uint64_t{1} << above;
    std::vector<Digest> children;
    if (stored_height == 0) {
      SP_TRY(children, reader.read_leaf_hashes(number << above, static_cast<std::size_t>(count)));
    } else {
      for (std::uint64_t i = 0; i < count; ++i) {
        SP_TRY(const auto child, reader.read_node(stored_height, (number << above) + i));
        children.push_back(child);
      }
    }
    if (children.size() != count)
      return fault(FaultKind::not_found,
                   concat("the ledger has no full subtree of height ", height, " and number ", number));
    return root_of(children);
  };
}

Result<std::vector<Digest>> prove_inclusion(const EventReader& reader, std::uint64_t index, std::uint64_t size) {
  return inclusion_proof(index, size, node_source_of(reader));
}

Result<std::vector<Digest>> prove_consistency(const EventReader& reader, std::uint64_t old_size,
                                              std::uint64_t new_size) {
  return consistency_proof(old_size, new_size, node_source_of(reader));
}

}  // namespace sallyport
