#include <algorithm>

#include "base/assert.h"
#include "core/ledger/ledger_file.h"
#include "core/ledger/ledger_file_frame.h"
#include "crypto/hash.h"

namespace sallyport {
namespace ledger_frame {
namespace {

template <std::size_t Width>
void put(std::uint64_t value, std::uint8_t* target) {
  for (std::size_t i = 0; i < Width; ++i) target[i] = static_cast<std::uint8_t>(value >> (8 * (Width - 1 - i)) & 0xff);
}

template <std::size_t Width>
std::uint64_t get(const std::uint8_t* source) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < Width; ++i) value = value << 8 | source[i];
  return value;
}

}  // namespace

Check check_of(ByteView bytes) {
  const auto digest = sha256(bytes);
  Check check;
  std::copy_n(digest.bytes.begin(), check.size(), check.begin());
  return check;
}

HeaderBytes encode(const Header& header) {
  HeaderBytes bytes{};
  bytes[0] = static_cast<std::uint8_t>(header.kind);
  put<8>(header.index, &bytes[1]);
  put<2>(header.count, &bytes[9]);
  put<4>(header.length, &bytes[11]);
  std::ranges::copy(check_of(ByteView(bytes).first(15)), bytes.begin() + 15);
  return bytes;
}

std::optional<Header> decode(const HeaderBytes& bytes) {
  if (!std::ranges::equal(check_of(ByteView(bytes).first(15)), ByteView(bytes).last(check_size))) return std::nullopt;
  if (bytes[0] != 'E' && bytes[0] != 'C' && bytes[0] != 'Z') return std::nullopt;
  return Header{static_cast<Kind>(bytes[0]), get<8>(&bytes[1]), static_cast<std::uint16_t>(get<2>(&bytes[9])),
                static_cast<std::uint32_t>(get<4>(&bytes[11]))};
}

}  // namespace ledger_frame

namespace {

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace

void LedgerBlockWriter::add(std::string_view entry, const Digest& leaf) {
  SALLYPORT_ASSERT(!full() && entry.size() <= ledger_entry_bytes_max);
  append(tile_, leaf.bytes);
  bundle_.push_back(static_cast<std::uint8_t>(entry.size() >> 8));
  bundle_.push_back(static_cast<std::uint8_t>(entry.size() & 0xff));
  append(bundle_, view_of(entry));
  ++count_;
}

Bytes LedgerBlockWriter::finish() const {
  SALLYPORT_ASSERT(count_ > 0);
  const auto header = ledger_frame::encode({ledger_frame::Kind::block, first_index_, static_cast<std::uint16_t>(count_),
                                            static_cast<std::uint32_t>(bundle_.size())});
  Bytes out;
  out.reserve(header.size() + tile_.size() + bundle_.size());
  append(out, header);
  append(out, tile_);
  append(out, bundle_);
  return out;
}

Bytes encode_ledger_checkpoint(std::uint64_t size, std::string_view note) {
  SALLYPORT_ASSERT(note.size() <= note_bytes_max);
  Bytes out;
  append(out, ledger_frame::encode({ledger_frame::Kind::checkpoint, size, 0, static_cast<std::uint32_t>(note.size())}));
  append(out, view_of(note));
  append(out, ledger_frame::check_of(view_of(note)));
  return out;
}

Bytes encode_ledger_end(std::uint64_t size) {
  Bytes out;
  append(out, ledger_frame::encode({ledger_frame::Kind::end, size, 0, 0}));
  return out;
}

}  // namespace sallyport
