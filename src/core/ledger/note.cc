#include "core/ledger/note.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"
#include "base/json.h"
#include "base/text.h"
#include "core/merkle/merkle.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::uint8_t type_ed25519 = 0x01;
constexpr std::string_view em_dash = "\xe2\x80\x94";
constexpr std::string_view signature_start = "\xe2\x80\x94 ";

// UTF-8 of U+0085, U+00A0, U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F and U+3000.
// (U+0009 to U+000D and U+0020 are dealt with as control characters and space.)
constexpr std::array<std::string_view, 19> unicode_spaces{
    "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a",
    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

std::unexpected<Fault> refuse(std::string what) { return fault(FaultKind::invalid, std::move(what)); }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

std::array<std::uint8_t, 4> big_endian(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16 & 0xff),
          static_cast<std::uint8_t>(value >> 8 & 0xff), static_cast<std::uint8_t>(value & 0xff)};
}

std::uint32_t from_big_endian(ByteView bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

std::string key_id_text(std::uint32_t id) { return to_hex(big_endian(id)); }

struct SignatureLine {
  std::string_view name;
  std::uint32_t key_id = 0;
  Bytes signature;
};

Result<SignatureLine> parse_signature_line(std::string_view line) {
  if (!line.starts_with(signature_start)) return refuse("a signature line of the note does not begin with an em dash");
  line.remove_prefix(signature_start.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return refuse("a signature line of the note has no signature");
  const auto name = line.substr(0, space);
  if (!is_key_name(name)) return refuse("a signature line of the note names no possible key");
  const auto payload = from_base64(line.substr(space + 1));
  if (!payload || payload->size() < 5) return refuse("a signature of the note is not base64 of a key id and more");
  return SignatureLine{name, from_big_endian(*payload), Bytes(payload->begin() + 4, payload->end())};
}

Result<void> check_characters(std::string_view note) {
  if (note.size() > note_bytes_max) return refuse(concat("a note has more than ", note_bytes_max, " bytes"));
  if (!is_valid_utf8(note)) return refuse("the note is not valid UTF-8");
  if (std::ranges::any_of(note, [](char c) { return is_control(c) && c != '\n'; })) {
    return refuse("the note holds a control character");
  }
  return {};
}

struct SplitNote {
  std::string_view text;        // with its last newline
  std::string_view signatures;  // lines, each with its newline
};

Result<SplitNote> split_note(std::string_view note) {
  SP_CHECK(check_characters(note));
  const auto blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return refuse("the note has no blank line before its signatures");
  const auto signatures = note.substr(blank + 2);
  if (signatures.empty() || signatures.back() != '\n') return refuse("the note does not end in a signature line");
  return SplitNote{note.substr(0, blank + 1), signatures};
}

// Takes one line, without its newline, off the front. The text is known to end in a newline.
std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

bool is_key_name(std::string_view name) {
  if (name.empty() || name.size() > key_name_length_max || !is_valid_utf8(name)) return false;
  if (std::ranges::any_of(name, [](char c) { return is_control(c) || c == ' ' || c == '+' || c == '\x7f'; }))
    return false;
  return std::ranges::none_of(unicode_spaces, [&](auto space) { return name.find(space) != std::string_view::npos; });
}

std::uint32_t note_key_id(std::string_view name, const Ed25519PublicKeyBytes& key) {
  constexpr std::array<std::uint8_t, 2> separator{0x0a, type_ed25519};
  return from_big_endian(sha256({view_of(name), separator, key}).bytes);
}

Result<VerifierKey> verifier_key_of(std::string_view name, const Ed25519SigningKey& key) {
  if (!is_key_name(name)) {
    return fault(FaultKind::invalid,
                 "the name of the log key is empty, too long, or holds a space, a plus or a control character",
                 "use a URL without its scheme, such as sallyport.example.com/ledger");
  }
  SP_TRY(auto public_key, Ed25519PublicKey::from_bytes(key.public_key()));
  return VerifierKey{std::string(name), note_key_id(name, key.public_key()), std::move(public_key)};
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  const auto shape = "a verifier key is written name+key id+base64";
  const auto first = text.find('+');
  if (first == std::string_view::npos) return refuse(shape);
  const auto second = text.find('+', first + 1);  // the base64 may hold further plus signs
  if (second == std::string_view::npos) return refuse(shape);
  const auto name = text.substr(0, first);
  if (!is_key_name(name)) return refuse("the name in the verifier key is not a key name");
  const auto payload = from_base64(text.substr(second + 1));
  if (!payload || payload->empty()) return refuse("the key in the verifier key is not base64");
  if (payload->front() != type_ed25519) return refuse("the verifier key is not of type 0x01 (Ed25519)");
  SP_TRY(auto key, Ed25519PublicKey::from_bytes(std::span(*payload).subspan(1)));
  const auto id = note_key_id(name, key.bytes());
  if (text.substr(first + 1, second - first - 1) != key_id_text(id)) {
    return refuse(
        concat("the key id in the verifier key does not belong to its name and key, which give ", key_id_text(id)));
  }
  return VerifierKey{std::string(name), id, std::move(key)};
}

std::string to_string(const VerifierKey& key) {
  Bytes payload{type_ed25519};
  payload.insert(payload.end(), key.key.bytes().begin(), key.key.bytes().end());
  return concat(key.name, '+', key_id_text(key.id), '+', to_base64(payload));
}

std::string sign_note(std::string_view text, std::string_view name, const Ed25519SigningKey& key) {
  SALLYPORT_ASSERT(is_key_name(name) && text.ends_with('\n'));
  const auto id = big_endian(note_key_id(name, key.public_key()));
  const auto signature = key.sign(view_of(text));
  Bytes payload(id.begin(), id.end());
  payload.insert(payload.end(), signature.begin(), signature.end());
  return concat(text, '\n', em_dash, ' ', name, ' ', to_base64(payload), '\n');
}

Result<std::string> open_note(std::string_view note, const VerifierKey& trusted) {
  SP_TRY(auto split, split_note(note));
  bool verified = false;
  for (std::size_t lines = 1; !split.signatures.empty(); ++lines) {
    if (lines > note_signatures_max)
      return refuse(concat("the note has more than ", note_signatures_max, " signatures"));
    SP_TRY(const auto line, parse_signature_line(take_line(split.signatures)));
    if (line.name != trusted.name || line.key_id != trusted.id) continue;
    if (!trusted.key.verify(view_of(split.text), line.signature)) {
      return fault(FaultKind::rejected, concat("the signature of ", trusted.name, " on the note is wrong"));
    }
    verified = true;
  }
  if (!verified) {
    return fault(FaultKind::rejected,
                 concat("the note is not signed by ", trusted.name, " with key ", key_id_text(trusted.id)));
  }
  return std::string(split.text);
}

std::string checkpoint_body(const Checkpoint& checkpoint) {
  return concat(checkpoint.origin, '\n', checkpoint.size, '\n', to_base64(view_of(checkpoint.root)), '\n');
}

Result<Checkpoint> parse_checkpoint_body(std::string_view text) {
  SP_CHECK(check_characters(text));
  if (std::ranges::count(text, '\n') != 3 || text.back() != '\n') {
    return refuse("a checkpoint has three lines: origin, size and root");
  }
  Checkpoint checkpoint;
  checkpoint.origin = take_line(text);
  if (!is_key_name(checkpoint.origin)) return refuse("the origin of the checkpoint is not a key name");

  const auto size = take_line(text);
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), checkpoint.size);
  const bool leading_zero = size.size() > 1 && size.front() == '0';
  if (error != std::errc{} || end != size.data() + size.size() || leading_zero || checkpoint.size > tree_size_max) {
    return refuse("the size in the checkpoint is not a decimal number without leading zeros");
  }
  const auto root = from_base64(take_line(text));
  if (!root || root->size() != checkpoint.root.bytes.size())
    return refuse("the root in the checkpoint is not base64 of 32 bytes");
  std::ranges::copy(*root, checkpoint.root.bytes.begin());
  return checkpoint;
}

std::string sign_checkpoint(std::string_view origin, std::uint64_t size, const Digest& root,
                            const Ed25519SigningKey& key) {
  return sign_note(checkpoint_body({std::string(origin), size, root}), origin, key);
}

Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& trusted) {
  SP_TRY(const auto text, open_note(note, trusted));
  SP_TRY(auto checkpoint, parse_checkpoint_body(text));
  if (checkpoint.origin != trusted.name) {
    return fault(FaultKind::rejected,
                 concat("the checkpoint is of the log ", checkpoint.origin, ", not of ", trusted.name));
  }
  return checkpoint;
}

}  // namespace sallyport
