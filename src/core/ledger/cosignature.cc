#include "core/ledger/cosignature.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::uint8_t type_cosignature = 0x04;
constexpr std::string_view signature_start = "\xe2\x80\x94 ";  // em dash, space
constexpr std::size_t payload_bytes = 4 + 8 + 64;              // key id, time, signature

std::unexpected<Fault> refuse(std::string what) { return fault(FaultKind::invalid, std::move(what)); }

template <std::size_t Width>
std::array<std::uint8_t, Width> big_endian(std::uint64_t value) {
  std::array<std::uint8_t, Width> out{};
  for (std::size_t i = 0; i < Width; ++i) out[i] = static_cast<std::uint8_t>(value >> (8 * (Width - 1 - i)) & 0xff);
  return out;
}

std::uint64_t from_big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8 | byte;
  return value;
}

std::uint32_t key_id(std::string_view name, ByteView key) {
  constexpr std::array<std::uint8_t, 2> separator{0x0a, type_cosignature};
  const auto digest = sha256({view_of(name), separator, key});
  return static_cast<std::uint32_t>(from_big_endian(view_of(digest).first(4)));
}

std::string message(std::string_view body, std::uint64_t time) {
  return concat("cosignature/v1\ntime ", time, "\n", body);
}

}  // namespace

Result<WitnessKey> witness_key_of(std::string_view name, const Ed25519SigningKey& key) {
  if (!is_key_name(name))
    return fault(FaultKind::invalid, "the name of the witness is empty, too long, or holds a space or a plus",
                 "use a URL without its scheme, such as witness.example.org/w1");
  SP_TRY(auto public_key, Ed25519PublicKey::from_bytes(key.public_key()));
  return WitnessKey{std::string(name), key_id(name, key.public_key()), std::move(public_key)};
}

Result<WitnessKey> parse_witness_key(std::string_view text) {
  const auto shape = "a witness's key is written name+key id+base64";
  const auto first = text.find('+');
  const auto second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return refuse(shape);
  const auto name = text.substr(0, first);
  if (!is_key_name(name)) return refuse("the name in the witness's key is not a key name");
  const auto payload = from_base64(text.substr(second + 1));
  if (!payload || payload->empty()) return refuse("the key of the witness is not base64");
  if (payload->front() != type_cosignature)
    return refuse("the key of the witness is not of type 0x04 (Ed25519 cosignature); the log's own is of type 0x01");
  SP_TRY(auto key, Ed25519PublicKey::from_bytes(std::span(*payload).subspan(1)));
  const auto id = key_id(name, key.bytes());
  if (text.substr(first + 1, second - first - 1) != to_hex(big_endian<4>(id)))
    return refuse("the key id in the witness's key does not belong to its name and key");
  return WitnessKey{std::string(name), id, std::move(key)};
}

std::string to_string(const WitnessKey& key) {
  Bytes payload{type_cosignature};
  payload.insert(payload.end(), key.key.bytes().begin(), key.key.bytes().end());
  return concat(key.name, '+', to_hex(big_endian<4>(key.id)), '+', to_base64(payload));
}

std::string cosignature_line(std::string_view body, const WitnessKey& witness, const Ed25519SigningKey& key,
                             std::uint64_t time) {
  SALLYPORT_ASSERT(body.ends_with('\n') && witness.key.bytes() == key.public_key());
  const auto signature = key.sign(view_of(message(body, time)));
  Bytes payload;
  const auto append = [&](const auto& bytes) { payload.insert(payload.end(), bytes.begin(), bytes.end()); };
  append(big_endian<4>(witness.id));
  append(big_endian<8>(time));
  append(signature);
  return concat(signature_start, witness.name, ' ', to_base64(payload), '\n');
}

Result<std::optional<std::uint64_t>> cosigned_at(std::string_view note, const WitnessKey& witness) {
  const auto blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return refuse("the note has no blank line before its signatures");
  const auto body = note.substr(0, blank + 1);
  auto rest = note.substr(blank + 2);
  std::optional<std::uint64_t> seen;
  for (std::size_t lines = 0; !rest.empty() && lines < note_signatures_max; ++lines) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const auto start = concat(signature_start, witness.name, ' ');
    if (!line.starts_with(start)) continue;
    const auto payload = from_base64(line.substr(start.size()));
    if (!payload || payload->size() < 4 || from_big_endian(ByteView(*payload).first(4)) != witness.id) continue;
    if (payload->size() != payload_bytes) return fault(FaultKind::rejected, "a cosignature has another length");
    const auto time = from_big_endian(ByteView(*payload).subspan(4, 8));
    if (!witness.key.verify(view_of(message(body, time)), ByteView(*payload).subspan(12)))
      return fault(FaultKind::rejected, concat("the cosignature of ", witness.name, " is wrong"));
    seen = time;
  }
  return seen;
}

}  // namespace sallyport
