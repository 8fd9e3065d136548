#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/audit_commands.h"
#include "cli/files.h"
#include "core/ledger/note.h"
#include "core/merkle/merkle.h"
#include "crypto/hash.h"

namespace sallyport::cli {
namespace {

Answer<VerifierKey> trusted_key(Api& api, const std::string& key) {
  auto text = key;
  if (text.empty()) {
    SP_TRY(const auto opened, api.get("/v1/ledger/opened"));
    SP_TRY(text, opened.string_at("verifier_key"));
  }
  SP_TRY(auto parsed, parse_verifier_key(text));
  return parsed;
}

// In proofs, hashes are base64, as C2SP writes them.
std::optional<Digest> hash_from(const Json& json) {
  const auto bytes = json.is_string() ? from_base64(json.as_string()) : std::nullopt;
  Digest out;
  if (!bytes || bytes->size() != out.bytes.size()) return std::nullopt;
  std::ranges::copy(*bytes, out.bytes.begin());
  return out;
}

Result<std::vector<Digest>> proof_of(const Json& answer) {
  SP_TRY(const auto* hashes, answer.array_at("proof"));
  if (hashes->size() > proof_hashes_max) return fault(FaultKind::invalid, "the proof is too long to be one");
  std::vector<Digest> out;
  for (const auto& hash : *hashes) {
    const auto digest = hash_from(hash);
    if (!digest) return fault(FaultKind::invalid, "the proof holds something that is no digest");
    out.push_back(*digest);
  }
  return out;
}

Answer<Checkpoint> checkpoint_in(const Json& answer, const VerifierKey& key) {
  SP_TRY(const auto note, answer.string_at("checkpoint"));
  SP_TRY(auto checkpoint, open_checkpoint(note, key));
  SP_TRY(const auto size, answer.int_at("size"));
  if (std::cmp_not_equal(size, checkpoint.size))
    return std::unexpected(Problem(Fault{FaultKind::invalid, "the proof is for another size than its checkpoint"}));
  return checkpoint;
}

}  // namespace

Answer<void> command_audit_checkpoint(const GlobalOptions& global, Terminal& terminal, const std::string& key_text) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto key, trusted_key(api, key_text));
  SP_TRY(const auto note, api.get_text("/v1/ledger/checkpoint"));
  SP_TRY(const auto checkpoint, open_checkpoint(note, key));
  if (terminal.json())
    terminal.document(Json::object({{"origin", checkpoint.origin},
                                    {"size", Json(checkpoint.size)},
                                    {"root", to_hex(checkpoint.root)},
                                    {"note", note}}));
  else terminal.verbatim(note);  // verified: three lines and signatures, no control characters
  return {};
}

Answer<void> command_audit_prove(const GlobalOptions& global, Terminal& terminal, const std::string& key_text,
                                 std::uint64_t index) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto key, trusted_key(api, key_text));
  SP_TRY(const auto answer, api.get(concat("/v1/ledger/proof?index=", index)));
  SP_TRY(const auto checkpoint, checkpoint_in(answer, key));
  SP_TRY(const auto entry, answer.string_at("leaf"));  // the entry itself, as it was hashed
  const auto leaf = hash_leaf(view_of(entry));
  SP_TRY(const auto proof, proof_of(answer));
  SP_CHECK(verify_inclusion(leaf, index, checkpoint.size, proof, checkpoint.root));
  terminal.document(answer);
  terminal.line(concat("Entry ", index, " is in the ledger of ", checkpoint.size, " entries that was signed."),
                Ink::green);
  terminal.fact("entry", entry);
  terminal.fact("leaf hash", to_hex(leaf));
  terminal.fact("root", to_hex(checkpoint.root));
  return {};
}

Answer<void> command_audit_consistency(const GlobalOptions& global, Terminal& terminal, const std::string& key_text,
                                       const std::string& since) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto key, trusted_key(api, key_text));
  SP_TRY(const auto note, read_file(since));
  SP_TRY(const auto old, open_checkpoint(note, key));
  SP_TRY(const auto answer, api.get(concat("/v1/ledger/consistency?from=", old.size)));
  SP_TRY(const auto checkpoint, checkpoint_in(answer, key));
  SP_TRY(const auto proof, proof_of(answer));
  SP_CHECK(verify_consistency(old.size, old.root, checkpoint.size, checkpoint.root, proof));
  terminal.document(answer);
  terminal.line(
      concat("Nothing was rewritten: the first ", old.size, " of ", checkpoint.size, " entries are those signed then."),
      Ink::green);
  return {};
}

Answer<void> command_audit_consistency_from(const GlobalOptions& global, Terminal& terminal, std::uint64_t from) {
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto answer, api.get(concat("/v1/ledger/consistency?from=", from)));
  terminal.document(answer);
  terminal.line(concat("A proof from ", from, " to ", shown(answer, "size"),
                       " entries, not verified: that takes the earlier root (--since FILE)."),
                Ink::yellow);
  if (const auto* proof = answer.find("proof"); proof != nullptr && proof->is_array())
    for (const auto& hash : proof->as_array()) terminal.line(concat("  ", hash.is_string() ? hash.as_string() : "-"));
  return {};
}

}  // namespace sallyport::cli
