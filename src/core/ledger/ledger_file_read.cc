#include <algorithm>

#include "base/assert.h"
#include "base/text.h"
#include "core/ledger/ledger_file.h"
#include "core/ledger/ledger_file_frame.h"

namespace sallyport {

struct LedgerFileReader::Header : ledger_frame::Header {};

Digest LedgerBlock::leaf(std::size_t position) const {
  Digest digest;
  std::ranges::copy(tile().subspan(position * 32, 32), digest.bytes.begin());
  return digest;
}

Result<std::size_t> LedgerFileReader::fill(std::span<std::uint8_t> target) {
  std::size_t filled = 0;
  while (filled < target.size()) {
    SP_TRY(const auto got, source_(target.subspan(filled)));
    SALLYPORT_ASSERT(got <= target.size() - filled);
    if (got == 0) break;
    filled += got;
  }
  offset_ += filled;
  return filled;
}

LedgerPart LedgerFileReader::stop(FindingKind kind, std::string text) {
  done_ = true;
  return Finding{kind, size_, std::move(text)};
}

Result<std::optional<Finding>> LedgerFileReader::read_first_line() {
  started_ = true;
  std::array<std::uint8_t, ledger_file_first_line.size()> line{};
  SP_TRY(const auto filled, fill(line));
  if (text_of(ByteView(line).first(filled)) == ledger_file_first_line) return std::nullopt;
  return Finding{FindingKind::first_line, 0, "the first line is not \"sallyport-ledger/1\""};
}

Result<LedgerPart> LedgerFileReader::next() {
  SALLYPORT_ASSERT(!done_);
  if (!started_) {
    SP_TRY(auto finding, read_first_line());
    if (finding) return stop(finding->kind, std::move(finding->text));
  }
  const auto header_offset = offset_;
  ledger_frame::HeaderBytes bytes{};
  SP_TRY(const auto filled, fill(bytes));
  if (filled < bytes.size()) {
    return stop(FindingKind::truncated,
                concat("the file stops at byte ", offset_, ", after ", size_, " entries, without its end record"));
  }
  const auto header = ledger_frame::decode(bytes);
  if (!header) {
    return stop(FindingKind::header, concat("the header at byte ", header_offset, ", after ", size_,
                                            " entries, is damaged; what follows it was not read"));
  }
  switch (header->kind) {
    case ledger_frame::Kind::block: return read_block({*header});
    case ledger_frame::Kind::checkpoint: return read_checkpoint({*header});
    case ledger_frame::Kind::end: return read_end({*header});
  }
  SALLYPORT_ASSERT(false);
}

Result<LedgerPart> LedgerFileReader::read_block(const Header& header) {
  const bool in_order = header.index == size_ && size_ % ledger_block_entries == 0 && size_ < tree_size_max;
  const bool possible = header.count >= 1 && header.count <= ledger_block_entries &&
                        header.length >= 2u * header.count && header.length <= ledger_bundle_bytes_max;
  if (!in_order || !possible) {
    return stop(FindingKind::header,
                concat("the block that should begin with entry ", size_, " begins with entry ", header.index,
                       ", holds ", header.count, " entries and ", header.length, " bytes, which cannot be"));
  }
  LedgerBlock block{header.index, header.count, nullptr, std::size_t{header.count} * 32 + header.length};
  block.body = std::make_unique_for_overwrite<std::uint8_t[]>(block.body_size);
  SP_TRY(const auto filled, fill({block.body.get(), block.body_size}));
  if (filled < block.body_size) {
    return stop(FindingKind::truncated,
                concat("the file stops inside the block of entries ", size_, " to ", size_ + block.count - 1));
  }
  block_begin_ = size_;
  size_ += block.count;
  return block;
}

Result<LedgerPart> LedgerFileReader::read_checkpoint(const Header& header) {
  const bool in_order = header.index > checkpoint_size_ && header.index > block_begin_ && header.index <= size_;
  if (!in_order || header.count != 0 || header.length > note_bytes_max) {
    return stop(FindingKind::header,
                concat("a checkpoint for ", header.index, " entries, of ", header.length, " bytes, cannot stand after ",
                       size_, " entries and a checkpoint for ", checkpoint_size_));
  }
  LedgerCheckpoint checkpoint{header.index, std::string(header.length, '\0'), false};
  SP_TRY(auto filled, fill({reinterpret_cast<std::uint8_t*>(checkpoint.note.data()), checkpoint.note.size()}));
  ledger_frame::Check check{};
  SP_TRY(const auto check_filled, fill(check));
  if (filled + check_filled < header.length + check.size()) {
    return stop(FindingKind::truncated, concat("the file stops inside the checkpoint for ", header.index, " entries"));
  }
  checkpoint.intact = check == ledger_frame::check_of(view_of(checkpoint.note));
  checkpoint_size_ = header.index;
  return checkpoint;
}

Result<LedgerPart> LedgerFileReader::read_end(const Header& header) {
  if (header.index != size_ || header.count != 0 || header.length != 0) {
    return stop(FindingKind::header,
                concat("the end record speaks of ", header.index, " entries, the file holds ", size_));
  }
  std::array<std::uint8_t, 1> beyond{};
  SP_TRY(const auto filled, fill(beyond));
  if (filled != 0)
    return stop(FindingKind::trailing_bytes, concat("something follows the end record, at byte ", offset_ - 1));
  done_ = true;
  return LedgerEnd{size_};
}

}  // namespace sallyport
