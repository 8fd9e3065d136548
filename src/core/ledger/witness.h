// A witness of a log: C2SP tlog-witness (v1.0.0), add-checkpoint. It remembers the largest checkpoint that it saw, and
// cosigns another only if that has grown out of it, so a log that tells two people two histories is found out by the
// first witness that both of them ask.
//
// What is asked and answered, as values. The caller reads what is remembered, and MUST write `remember` to where it
// survives a crash before it gives the answer away, and let no other request in between: the standard's own example of
// a roll-back is two requests at once.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ledger/cosignature.h"
#include "core/ledger/note.h"

namespace sallyport {

inline constexpr std::size_t witness_proof_lines_max = 63;  // the standard's
inline constexpr std::size_t witness_request_bytes_max = note_bytes_max + 64 * 64;

struct WitnessRequest {
  std::uint64_t old_size = 0;
  std::vector<Digest> proof;
  std::string note;
  std::string origin;  // its first line, unverified: whose log it says it is
};
// `invalid`: answer 400.
[[nodiscard]] Result<WitnessRequest> parse_witness_request(std::string_view body);

struct WitnessAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::optional<Checkpoint> remember;  // before the answer is given
};

struct Witness {
  const WitnessKey& name;
  const Ed25519SigningKey& key;
};
// `log` is the key trusted for the request's origin: nullptr answers 404. `latest` is what was remembered of that log;
// absent: nothing yet.
[[nodiscard]] WitnessAnswer add_checkpoint(const Witness& witness, const WitnessRequest& request,
                                           const VerifierKey* log, const std::optional<Checkpoint>& latest,
                                           std::uint64_t now);

}  // namespace sallyport
