#include "bin/sallyport-audit/show.h"

#include "base/json.h"
#include "base/text.h"
#include "bin/sallyport-audit/files.h"
#include "bin/sallyport-audit/printing.h"
#include "core/ledger/entry.h"

namespace sallyport::audit {
namespace {

class Listing {
 public:
  explicit Listing(const ShowCommand& command) : wanted_(command.index) {}

  // False: what was wanted has been shown.
  bool take(const LedgerBlock& block) {
    if (wanted_ && *wanted_ >= block.first_index + block.count) return true;
    const auto check = check_block(block);
    for (std::size_t i = 0; i < block.count; ++i) {
      const auto index = block.first_index + i;
      if (wanted_ && *wanted_ != index) continue;
      const auto& place = check.entries[i];
      damaged_ = damaged_ || !place.sound;
      seen_ = true;
      const auto bytes = text_of(block.bundle().subspan(place.offset, place.length));
      print(wanted_ ? in_full(bytes, place.sound) : line(index, bytes, place.sound));
    }
    return !wanted_;
  }

  [[nodiscard]] bool seen() const noexcept { return seen_ || !wanted_; }
  [[nodiscard]] bool damaged() const noexcept { return damaged_; }

 private:
  static std::string in_full(std::string_view bytes, bool sound) {
    if (!sound) return concat("damaged: it does not fit its leaf hash\n", printable(bytes), "\n");
    const auto json = parse_json(bytes);
    return concat(printable(json ? to_pretty_text(*json) : std::string(bytes)), "\n");
  }
  static std::string line(std::uint64_t index, std::string_view bytes, bool sound) {
    if (!sound) return concat(index, "\tdamaged\n");
    const auto entry = decode_entry(bytes);
    if (!entry) return concat(index, "\tnot an entry: ", printable(entry.error().what), "\n");
    return concat(index, "\t", to_rfc3339(entry->at), "\t", printable(entry->stream), "\t", kind_of(entry->event),
                  "\n");
  }

  std::optional<std::uint64_t> wanted_;
  bool seen_ = false;
  bool damaged_ = false;
};

}  // namespace

Exit run(const ShowCommand& command) {
  const auto stop = [](std::string_view what, Exit status) {
    print_error(concat("sallyport-audit: ", printable(what), "\n"));
    return status;
  };
  const auto file = InputFile::open(command.file);
  if (!file) return stop(file.error().what, Exit::cannot_read);
  LedgerFileReader reader(file->source());
  Listing listing(command);
  while (!reader.done()) {
    const auto part = reader.next();
    if (!part) return stop(part.error().what, Exit::cannot_read);
    if (const auto* finding = std::get_if<Finding>(&*part)) return stop(finding->text, Exit::findings);
    const auto* block = std::get_if<LedgerBlock>(&*part);
    if (block != nullptr && !listing.take(*block)) break;
  }
  if (!listing.seen()) return stop(concat("the ledger has no entry ", *command.index), Exit::findings);
  return listing.damaged() ? Exit::findings : Exit::sound;
}

}  // namespace sallyport::audit
