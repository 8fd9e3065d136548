// Property: any bytes give a report; a report that finds nothing wrong is of the entries that were signed, in their
// order, and of no other; and a finding names its place.
//
// Input: a byte that says what the rest is: a file, or edits (edits.h) to a sound one.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/assert.h"
#include "base/text.h"
#include "core/ledger/ledger_file.h"
#include "crypto/hash.h"
#include "edits.h"

namespace {

using namespace sallyport;

constexpr std::string_view origin = "fuzz.example.com/ledger";
constexpr std::uint64_t entries = 260;  // one full block, and a little of another

const Ed25519SigningKey& key() {
  static const auto made = Ed25519SigningKey::from_seed(SecretBytes::copy_of(Bytes(32, 7)));
  SALLYPORT_ASSERT(made.has_value());
  return *made;
}
std::string entry(std::uint64_t index) { return concat("{\"entry\":", index, "}"); }

Bytes sound_file() {
  Bytes out = bytes_of(ledger_file_first_line);
  const auto add = [&](const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); };
  Frontier frontier;
  for (std::uint64_t first = 0; first < entries; first += ledger_block_entries) {
    LedgerBlockWriter block(first);
    for (auto i = first; i < std::min<std::uint64_t>(entries, first + ledger_block_entries); ++i) {
      const auto leaf = hash_leaf(view_of(entry(i)));
      block.add(entry(i), leaf);
      frontier.append(leaf);
    }
    add(block.finish());
    add(encode_ledger_checkpoint(frontier.size(), sign_checkpoint(origin, frontier.size(), frontier.root(), key())));
  }
  add(encode_ledger_end(entries));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView rest{data + 1, size - 1};
  static const auto trusted = verifier_key_of(origin, key());
  static const auto sound = sound_file();
  SALLYPORT_ASSERT(trusted.has_value());
  Bytes bytes(rest.begin(), rest.end());
  if (data[0] % 2 == 1) {
    bytes = sound;
    const std::array fields{&bytes};
    fuzz::apply(rest, fields);
  }
  LedgerFileReader reader([&, at = std::size_t{0}](std::span<std::uint8_t> target) mutable -> Result<std::size_t> {
    const auto count = std::min(target.size(), bytes.size() - at);
    if (count > 0) std::memcpy(target.data(), bytes.data() + at, count);
    at += count;
    return count;
  });
  std::uint64_t read = 0;
  bool as_signed = true;
  const auto report = verify_ledger_file(reader, *trusted, [&](std::uint64_t index, std::string_view given) {
    as_signed = as_signed && index == read++ && given == entry(index);
  });
  SALLYPORT_ASSERT(report.has_value());  // the source never fails
  if (report->sound()) SALLYPORT_ASSERT(as_signed && read == report->size && report->size <= entries);
  for (const auto& finding : report->findings) SALLYPORT_ASSERT(!finding.text.empty());
  return 0;
}
