// Signed notes and the checkpoints of a log written as such notes: text that one key vouches for.
// Pure. Strict where the standards leave room: what two readers could read in two ways is refused.
// Standards: C2SP signed-note v1.0.0 (Ed25519 keys, type 0x01, only), C2SP tlog-checkpoint v1.0.0.
//
// Stricter than the standards: a checkpoint has exactly three lines (no extension lines, which no
// monitor can audit), and its origin is the name of the key that signs it.
//
// Errors: FaultKind::invalid for text that is no note, FaultKind::rejected for a note whose
// signature is missing or wrong. Threads: values and pure functions.
//
//   auto note = sign_checkpoint("sallyport.example.com/ledger", size, root, key);
//   SP_TRY(auto checkpoint, open_checkpoint(note, trusted));
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/ed25519.h"

namespace sallyport {

inline constexpr std::size_t key_name_length_max = 255;        // a URL without its scheme; fits a log line
inline constexpr std::size_t note_bytes_max = 256 * 1024;      // 16 post-quantum cosignatures of 7 KB, twice over
inline constexpr std::size_t note_signatures_max = 32;         // the standard asks for 16 at least

// Non-empty valid UTF-8 without control characters, Unicode spaces or '+'.
[[nodiscard]] bool is_key_name(std::string_view name);

// A key somebody trusts: "name+hex id+base64(type || public key)", as a vkey file holds it.
struct VerifierKey {
  std::string name;
  std::uint32_t id = 0;
  Ed25519PublicKey key;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;
};

// First four bytes, big-endian, of SHA-256(name || 0x0A || 0x01 || public key).
[[nodiscard]] std::uint32_t note_key_id(std::string_view name, const Ed25519PublicKeyBytes& key);
[[nodiscard]] Result<VerifierKey> verifier_key_of(std::string_view name, const Ed25519SigningKey& key);
[[nodiscard]] Result<VerifierKey> parse_verifier_key(std::string_view text);
[[nodiscard]] std::string to_string(const VerifierKey& key);

// `text` ends in a newline; `name` is a key name. Both are ours, so a mistake asserts.
[[nodiscard]] std::string sign_note(std::string_view text, std::string_view name, const Ed25519SigningKey& key);
// The text, once the trusted key's signature was found and verified. Signatures of unknown keys are
// ignored (witnesses add theirs); one bad signature of the trusted key spoils the note.
[[nodiscard]] Result<std::string> open_note(std::string_view note, const VerifierKey& trusted);

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Digest root;

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

[[nodiscard]] std::string checkpoint_body(const Checkpoint& checkpoint);
[[nodiscard]] Result<Checkpoint> parse_checkpoint_body(std::string_view text);
[[nodiscard]] std::string sign_checkpoint(std::string_view origin, std::uint64_t size, const Digest& root,
                                          const Ed25519SigningKey& key);
[[nodiscard]] Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& trusted);

}  // namespace sallyport
