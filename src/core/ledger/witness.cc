#include "core/ledger/witness.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "core/merkle/merkle.h"

namespace sallyport {
namespace {

WitnessAnswer no(int status, std::string_view why) {
  return {status, "text/plain; charset=utf-8", concat(why, "\n"), std::nullopt};
}

// Without its newline; empty optional: there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

Result<WitnessRequest> parse_witness_request(std::string_view body) {
  const auto refuse = [](std::string_view what) { return fault(FaultKind::invalid, std::string(what)); };
  WitnessRequest out;
  auto line = take_line(body);
  if (!line || !line->starts_with("old ")) return refuse("the first line is not `old` and a size");
  line->remove_prefix(4);
  const auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), out.old_size);
  if (error != std::errc{} || end != line->data() + line->size() || (line->size() > 1 && line->front() == '0'))
    return refuse("the old size is not a decimal number without leading zeros");
  for (line = take_line(body); line && !line->empty(); line = take_line(body)) {
    if (out.proof.size() == witness_proof_lines_max) return refuse("the proof has more than 63 lines");
    const auto hash = from_base64(*line);
    if (!hash || hash->size() != 32) return refuse("a line of the proof is not base64 of 32 bytes");
    std::ranges::copy(*hash, out.proof.emplace_back().bytes.begin());
  }
  if (!line) return refuse("no empty line stands before the checkpoint");
  out.note = body;
  const auto origin = take_line(body);
  if (!origin) return refuse("the checkpoint is missing");
  out.origin = *origin;
  return out;
}

WitnessAnswer add_checkpoint(const Witness& witness, const WitnessRequest& request, const VerifierKey* log,
                             const std::optional<Checkpoint>& latest, std::uint64_t now) {
  if (log == nullptr) return no(404, "this witness does not know the log");
  const auto checkpoint = open_checkpoint(request.note, *log);
  if (!checkpoint) return no(checkpoint.error().kind == FaultKind::rejected ? 403 : 400, checkpoint.error().what);
  if (request.old_size > checkpoint->size) return no(400, "the old size is larger than the checkpoint");
  const auto known = latest ? latest->size : 0;
  if (request.old_size != known) return {409, "text/x.tlog.size", concat(known, "\n"), std::nullopt};
  if (latest && latest->size == checkpoint->size && latest->root != checkpoint->root)
    return no(409, concat("the log is forked: it signed another root for ", known, " entries before"));
  const auto grown = verify_consistency(known, latest ? latest->root : root_of(std::span<const Digest>()),
                                        checkpoint->size, checkpoint->root, request.proof);
  if (!grown) return no(422, grown.error().what);
  return {200, "text/plain; charset=utf-8",
          cosignature_line(checkpoint_body(*checkpoint), witness.name, witness.key, now), *checkpoint};
}

}  // namespace sallyport
