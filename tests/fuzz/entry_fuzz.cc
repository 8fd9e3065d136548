// Property: any bytes give an entry or a fault; an entry encodes to bytes that decode to the same entry;
// and the auditor takes a ledger of any lines without an assertion.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "core/ledger/readjudicate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  auto text = text_of({data, size});
  Readjudicator auditor;
  for (std::uint64_t index = 0; !text.empty() && index < 200; ++index) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    auditor.feed(index, line);
    const auto entry = decode_entry(line);
    if (!entry) continue;
    const auto bytes = encode_entry(*entry);
    const auto again = decode_entry(bytes);
    SALLYPORT_ASSERT(again.has_value() && encode_entry(*again) == bytes);
  }
  (void)auditor.finish();
  return 0;
}
