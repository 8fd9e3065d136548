// Property: any text is refused as a note, a checkpoint and a key, or reads back as what it says; and of a checkpoint
// that was signed nothing can be changed without the key noticing.
//
// Input: a byte that says what the rest is: a text, or edits (edits.h) to a signed checkpoint.
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "core/ledger/note.h"
#include "edits.h"

namespace {

using namespace sallyport;

constexpr std::string_view origin = "fuzz.example.com/ledger";

const Ed25519SigningKey& key() {
  static const auto made = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 7)));
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}
const VerifierKey& trusted() {
  static const auto made = verifier_key_of(origin, key());
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest{data + 1, size - 1};
  static constexpr Digest root{{0xAB, 0xCD}};
  static const auto note = sign_checkpoint(origin, 1234, root, key());
  if (data[0] % 2 == 0) {
    const auto text = text_of(rest);
    if (const auto checkpoint = parse_checkpoint_body(text)) SALLYPORT_ASSERT(checkpoint_body(*checkpoint) == text);
    if (const auto verifier = parse_verifier_key(text))
      SALLYPORT_ASSERT(parse_verifier_key(to_string(*verifier)) == *verifier);
    SALLYPORT_ASSERT(!open_note(text, trusted()) || text.find("1234") != text.npos);  // nobody else has the key
    return 0;
  }
  Bytes changed = bytes_of(note);
  const std::array fields{&changed};
  fuzz::apply(rest, fields);
  const auto opened = open_checkpoint(text_of(changed), trusted());
  if (opened) SALLYPORT_ASSERT(*opened == (Checkpoint{std::string(origin), 1234, root}));
  return 0;
}
