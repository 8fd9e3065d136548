#include <algorithm>

#include "base/text.h"
#include "core/ledger/note.h"
#include "shell/api/call.h"

namespace sallyport {
namespace {

constexpr std::size_t entries_in_one_answer_max = 256;  // a tile's worth

Result<Checkpoint> checkpoint_of(const std::string& note) {
  return parse_checkpoint_body(std::string_view(note).substr(0, note.find("\n\n") + 1));
}

Json hashes(const std::vector<Digest>& proof) {
  Json list = Json::array();
  for (const auto& hash : proof) list.push(to_base64(view_of(hash)));
  return list;
}

}  // namespace

namespace routes {

void ledger_checkpoint(const Call& call) {
  auto note = call.parts.ledger.checkpoint();
  if (!note) return call.fail(note.error());
  call.answer_text(*std::move(note));
}

void ledger_entries(const Call& call) {
  const auto from = number_in_query(call, "from");
  const auto count = number_in_query(call, "count");
  if (!from) return call.fail(from.error());
  if (!count) return call.fail(count.error());
  const auto entries = call.parts.ledger.entries(*from, std::min<std::size_t>(*count, entries_in_one_answer_max));
  if (!entries) return call.fail(entries.error());
  Json list = Json::array();
  for (const auto& e : *entries) list.push(Json::object({{"index", Json(e.index)}, {"bytes", e.bytes}}));
  call.answer(200, Json::object({{"entries", std::move(list)}}));
}

void ledger_proof(const Call& call) {
  const auto index = number_in_query(call, "index");
  if (!index) return call.fail(index.error());
  const auto note = call.parts.ledger.checkpoint();
  if (!note) return call.fail(note.error());
  const auto checkpoint = checkpoint_of(*note);
  if (!checkpoint) return call.fail(checkpoint.error());
  if (*index >= checkpoint->size)
    return call.fail(
        {FaultKind::not_found, concat("the ledger has ", checkpoint->size, " entries"), "ask for an earlier one"});
  const auto proof = call.parts.ledger.inclusion(*index, checkpoint->size);
  if (!proof) return call.fail(proof.error());
  const auto entry = call.parts.ledger.entries(*index, 1);
  if (!entry) return call.fail(entry.error());
  call.answer(200, Json::object({{"index", Json(*index)},
                                 {"size", Json(checkpoint->size)},
                                 {"leaf", entry->empty() ? std::string() : entry->front().bytes},
                                 {"proof", hashes(*proof)},
                                 {"checkpoint", *note}}));
}

void ledger_consistency(const Call& call) {
  const auto from = number_in_query(call, "from");
  if (!from) return call.fail(from.error());
  const auto note = call.parts.ledger.checkpoint();
  if (!note) return call.fail(note.error());
  const auto checkpoint = checkpoint_of(*note);
  if (!checkpoint) return call.fail(checkpoint.error());
  if (*from > checkpoint->size)
    return call.fail(
        {FaultKind::not_found, concat("the ledger has ", checkpoint->size, " entries"), "ask from an earlier size"});
  auto size = checkpoint->size;
  if (call.request.query.contains("size")) {  // an earlier one, whose checkpoint the asker has
    const auto asked = number_in_query(call, "size");
    if (!asked) return call.fail(asked.error());
    if (*asked < *from || *asked > size)
      return call.fail(
          {FaultKind::not_found, concat("the ledger has ", size, " entries"), "ask for a size in between"});
    size = *asked;
  }
  const auto proof = call.parts.ledger.consistency(*from, size);
  if (!proof) return call.fail(proof.error());
  auto answer = Json::object({{"from", Json(*from)}, {"size", Json(size)}, {"proof", hashes(*proof)}});
  if (size == checkpoint->size) answer.set("checkpoint", *note);
  call.answer(200, answer);
}

}  // namespace routes
}  // namespace sallyport
