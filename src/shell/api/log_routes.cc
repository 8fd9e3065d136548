// The ledger as a transparency log: C2SP tlog-tiles (v0.1.0) under /log/. A client that knows no Sallyport reads it.
//
// Hashes tell how many entries there are, and of an entry only to whoever has it whole, so the checkpoint and the hash
// tiles are anyone's. Entries name accounts and people: they are given to those who may read the ledger, with their
// token.
#include "base/text.h"
#include "core/ledger/note.h"
#include "core/ledger/tiles.h"
#include "shell/api/call.h"

namespace sallyport {
namespace {

// A tile that is full never changes. Others may be asked for again, wider.
constexpr std::string_view for_ever = "public, max-age=31536000, immutable";

Result<std::uint64_t> signed_size(const Call& call) {
  SP_TRY(const auto note, call.parts.ledger.checkpoint());
  SP_TRY(const auto checkpoint, parse_checkpoint_body(std::string_view(note).substr(0, note.find("\n\n") + 1)));
  return checkpoint.size;
}

Result<std::string> hashes_of(const Call& call, const TilePlace& place) {
  std::string out;
  const auto first = place.number * tile_width_max;
  if (place.level == 0) {
    SP_TRY(const auto leaves, call.parts.reader.read_leaf_hashes(first, place.width));
    for (const auto& leaf : leaves) out += text_of(view_of(leaf));
  } else {
    for (std::uint64_t i = 0; i < place.width; ++i) {
      SP_TRY(const auto node, call.parts.reader.read_node(8 * place.level, first + i));
      out += text_of(view_of(node));
    }
  }
  if (out.size() != place.width * sizeof(Digest::bytes))
    return fault(FaultKind::corrupt, "hashes that are signed are missing from the store");
  return out;
}

Result<std::string> entries_of(const Call& call, const TilePlace& place) {
  SP_TRY(const auto entries, call.parts.ledger.entries(place.number * tile_width_max, place.width));
  if (entries.size() != place.width)
    return fault(FaultKind::corrupt, "entries that are signed are missing from the store");
  std::string out;
  for (const auto& entry : entries) {
    out.push_back(static_cast<char>(entry.bytes.size() >> 8));
    out.push_back(static_cast<char>(entry.bytes.size() & 0xff));
    out += entry.bytes;
  }
  return out;
}

void answer_tile(const Call& call, bool entries) {
  std::vector<std::string> segments(call.request.segments.begin() + 2, call.request.segments.end());
  const auto place = parse_tile_path(segments);
  if (!place || place->entries != entries)
    return call.fail({FaultKind::not_found, "this is no path of a tile", "see C2SP tlog-tiles"});
  const auto size = signed_size(call);
  if (!size) return call.fail(size.error());
  if (tile_width_at(place->level, place->number, *size) < place->width)
    return call.fail({FaultKind::not_found, concat("a log of ", *size, " entries has no such tile"),
                      "ask for /log/checkpoint first"});
  auto body = entries ? entries_of(call, *place) : hashes_of(call, *place);
  if (!body) return call.fail(body.error());
  HttpResponse response{200, "application/octet-stream", *std::move(body), {}};
  if (!entries && place->width == tile_width_max) response.headers.emplace_back("Cache-Control", for_ever);
  (*call.reply)(std::move(response));
}

}  // namespace

namespace routes {

void log_checkpoint(const Call& call) { ledger_checkpoint(call); }
void log_hash_tile(const Call& call) { answer_tile(call, false); }
void log_entries_tile(const Call& call) { answer_tile(call, true); }

}  // namespace routes
}  // namespace sallyport
