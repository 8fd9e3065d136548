// Cosignatures of witnesses: C2SP tlog-cosignature (v1.0.1), the timestamped Ed25519 kind, `cosignature/v1`. A witness
// states that it saw this checkpoint at that time, and that it had grown out of every one that it saw before.
// Pure. Errors as in note.h.
//
//   note += cosignature_line(body, "witness.example.org/w1", key, time);
//   SP_TRY(const auto seen_at, cosigned_at(note, witness));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/ledger/note.h"
#include "crypto/ed25519.h"

namespace sallyport {

// "name+hex id+base64(0x04 || public key)".
struct WitnessKey {
  std::string name;
  std::uint32_t id = 0;
  Ed25519PublicKey key;

  friend bool operator==(const WitnessKey&, const WitnessKey&) = default;
};
[[nodiscard]] Result<WitnessKey> witness_key_of(std::string_view name, const Ed25519SigningKey& key);
[[nodiscard]] Result<WitnessKey> parse_witness_key(std::string_view text);
[[nodiscard]] std::string to_string(const WitnessKey& key);

// One signature line, with its newline. `body` is a checkpoint's text; `time` counts seconds since 1970.
[[nodiscard]] std::string cosignature_line(std::string_view body, const WitnessKey& witness,
                                           const Ed25519SigningKey& key, std::uint64_t time);
// When the witness saw it; nothing: it has not cosigned. `rejected`: a signature of its key is wrong.
[[nodiscard]] Result<std::optional<std::uint64_t>> cosigned_at(std::string_view note, const WitnessKey& witness);

}  // namespace sallyport
