// Property: any text is refused as a request to a witness, or is spelled in the one way that it reads back as; a
// cosignature that is not the witness's counts for nothing; and what a monitor remembers is refused, or reads back as
// what it says.
//
// Input: a byte that says what the rest is: a request, a note, edits (edits.h) to a cosigned checkpoint, or a memory.
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/text.h"
#include "core/ledger/cosignature.h"
#include "core/ledger/log_monitor.h"
#include "core/ledger/witness.h"
#include "edits.h"

namespace {

using namespace sallyport;

const Ed25519SigningKey& key() {
  static const auto made = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 7)));
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}
const VerifierKey& trusted() {
  static const auto made = verifier_key_of("fuzz.example.com/ledger", key());
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}
const WitnessKey& witness() {
  static const auto made = witness_key_of("witness.example.org/w1", key());
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}

std::string spelled(const WitnessRequest& request) {
  auto out = concat("old ", request.old_size, "\n");
  for (const auto& hash : request.proof) out += concat(to_base64(hash.bytes), "\n");
  return concat(out, "\n", request.note);
}

void take_memory(std::string_view text) {
  const auto memory = parse_log_memory(text, trusted());
  if (!memory) return;
  const auto again = parse_log_memory(encode_log_memory(*memory), trusted());
  SALLYPORT_ASSERT(again && again->note == memory->note && again->frontier == memory->frontier &&
                   again->ruled == memory->ruled && again->grown_at == memory->grown_at);
  LogMonitor monitor(trusted(), *memory, false);
  SALLYPORT_ASSERT(monitor.see(memory->note) == memory->frontier.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest{data + 1, size - 1};
  static const auto note = sign_checkpoint(trusted().name, 1234, Digest{{0xAB, 0xCD}}, key());
  static const auto body = note.substr(0, note.find("\n\n") + 1);
  static const auto cosigned = note + cosignature_line(body, witness(), key(), 1'700'000'000);
  switch (data[0] % 4) {
    case 0:
      if (const auto request = parse_witness_request(text_of(rest)))
        SALLYPORT_ASSERT(spelled(*request) == text_of(rest));
      return 0;
    case 1: {
      const auto seen = cosigned_at(text_of(rest), witness());
      // Nobody else has the key: what is cosigned is what was cosigned above.
      SALLYPORT_ASSERT(!seen || !*seen || text_of(rest).starts_with(body));
      return 0;
    }
    case 2: {
      Bytes changed = bytes_of(cosigned);
      const std::array fields{&changed};
      fuzz::apply(rest, fields);
      const auto seen = cosigned_at(text_of(changed), witness());
      if (seen && *seen) SALLYPORT_ASSERT(**seen == 1'700'000'000 && text_of(changed).starts_with(body));
      return 0;
    }
    default: take_memory(text_of(rest)); return 0;
  }
}
