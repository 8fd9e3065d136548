#include <charconv>
#include <optional>

#include "base/text.h"
#include "cli/audit_commands.h"
#include "cli/files.h"
#include "core/ledger/cosignature.h"
#include "core/ledger/note.h"

namespace sallyport::cli {
namespace {

std::unexpected<Problem> no(FaultKind kind, std::string what, std::string next_step) {
  return std::unexpected(Problem(Fault{kind, std::move(what), std::move(next_step)}));
}

// "https://witness.example.org/w1" without its path, and the path of add-checkpoint under it.
struct Prefix {
  std::string server, path;
};
Prefix prefix_of(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  const auto scheme = url.find("://");
  const auto slash = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  return {std::string(url.substr(0, slash)),
          concat(slash == std::string_view::npos ? std::string_view() : url.substr(slash), "/add-checkpoint")};
}

// What a witness remembers is told with 409, as a number in a line.
std::optional<std::uint64_t> remembered_in(const HttpResponse& answer) {
  std::string_view text = answer.body;
  if (answer.status != 409 || !answer.content_type.starts_with("text/x.tlog.size") || !text.ends_with('\n'))
    return std::nullopt;
  text.remove_suffix(1);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(size) : std::nullopt;
}

class Cosigning {
 public:
  Cosigning(Api& api, const CosignOptions& options, Checkpoint checkpoint, const std::string& note)
      : api_(api), options_(options), checkpoint_(std::move(checkpoint)), note_(note) {}

  // The signature line of one witness.
  Answer<std::string> ask(const std::string& url, const WitnessKey& witness) {
    const auto prefix = prefix_of(url);
    SP_TRY(auto client, HttpClient::create({.base_url = prefix.server, .ca_file = options_.witness_ca}));
    const auto post = [&](std::uint64_t old, const std::string& proof) -> Result<HttpResponse> {
      return client.request("POST", prefix.path, concat("old ", old, "\n", proof, "\n", note_), {},
                            {{"Content-Type", "text/plain; charset=utf-8"}});
    };
    SP_TRY(auto answer, post(0, ""));  // whoever has seen nothing yet cosigns it at once
    if (const auto remembered = remembered_in(answer)) {
      SP_TRY(const auto proof, proof_from(*remembered, url));
      SP_TRY(answer, post(*remembered, proof));
    }
    if (answer.status != 200)
      return no(FaultKind::rejected,
                concat("the witness ", url, " does not cosign (", answer.status, "): ", answer.body),
                answer.status == 422 || answer.status == 409
                    ? "it saw another history: keep this checkpoint and its own, and call the auditors"
                    : "ask whoever runs it");
    SP_TRY(const auto seen, cosigned_at(note_ + answer.body, witness));
    if (!seen)
      return no(FaultKind::rejected, concat("the witness ", url, " answers with no signature of ", witness.name),
                "check its key");
    return answer.body;
  }

 private:
  Answer<std::string> proof_from(std::uint64_t old, const std::string& url) {
    if (old > checkpoint_.size)
      return no(FaultKind::corrupt,
                concat("the witness ", url, " saw ", old, " entries, and the ledger has ", checkpoint_.size,
                       ": it was rolled back"),
                "keep this checkpoint and the witness's, and call the auditors");
    SP_TRY(const auto answer, api_.get(concat("/v1/ledger/consistency?from=", old, "&size=", checkpoint_.size)));
    SP_TRY(const auto* hashes, answer.array_at("proof"));
    std::string lines;
    for (const auto& hash : *hashes)
      if (hash.is_string()) lines += concat(hash.as_string(), "\n");
    return lines;
  }

  Api& api_;
  const CosignOptions& options_;
  Checkpoint checkpoint_;
  const std::string& note_;
};

}  // namespace

Answer<void> command_audit_cosign(const GlobalOptions& global, Terminal& terminal, const CosignOptions& options) {
  if (options.urls.size() != options.keys.size())
    return no(FaultKind::invalid, "each --witness needs its --witness-key, in the same order", "give as many of both");
  SP_TRY(auto api, connect_staff(global));
  SP_TRY(const auto key, parse_verifier_key(options.key));
  SP_TRY(const auto note, api.get_text("/v1/ledger/checkpoint"));
  SP_TRY(const auto checkpoint, open_checkpoint(note, key));
  Cosigning cosigning(api, options, checkpoint, note);
  auto cosigned = note;
  for (std::size_t i = 0; i < options.urls.size(); ++i) {
    SP_TRY(const auto witness, parse_witness_key(options.keys[i]));
    SP_TRY(const auto line, cosigning.ask(options.urls[i], witness));
    cosigned += line;
  }
  SP_CHECK(write_public_file(options.out, cosigned, IfExists::replace));
  terminal.document(
      Json::object({{"file", options.out}, {"size", Json(checkpoint.size)}, {"witnesses", Json(options.urls.size())}}));
  terminal.line(concat(options.out, ": the checkpoint of ", checkpoint.size, " entries, cosigned by ",
                       options.urls.size(), options.urls.size() == 1 ? " witness" : " witnesses"),
                Ink::green);
  return {};
}

}  // namespace sallyport::cli
