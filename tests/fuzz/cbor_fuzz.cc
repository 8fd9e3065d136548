// Property: any bytes give a fault that names its place, or items that lie one behind the other within the bytes; and
// an item by itself reads as the same item.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "crypto/cbor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const ByteView bytes{data, size};
  CborReader items(bytes);
  while (!items.at_end()) {
    const auto begin = items.offset();
    const auto item = items.item();
    if (!item) {
      SALLYPORT_ASSERT(!item.error().what.empty());
      break;
    }
    SALLYPORT_ASSERT(!item->empty() && items.offset() == begin + item->size() && items.offset() <= size);
    CborReader alone(*item);
    const auto again = alone.item();
    SALLYPORT_ASSERT(again && again->size() == item->size() && alone.at_end());
    // Read as what it is, it is as long as when it is stepped over.
    CborReader typed(*item);
    const auto major = (*item)[0] >> 5U;
    if (major <= 1) SALLYPORT_ASSERT(typed.integer() ? typed.at_end() : true);
    if (major == 2) SALLYPORT_ASSERT(typed.byte_string().has_value() && typed.at_end());
    if (major == 3) SALLYPORT_ASSERT(typed.text_string() ? typed.at_end() : true);
    if (major == 4 || major == 5) {
      const auto count = major == 4 ? typed.array_header() : typed.map_header();
      SALLYPORT_ASSERT(count.has_value());
      for (std::size_t i = 0; i < *count * (major == 5 ? 2 : 1); ++i) SALLYPORT_ASSERT(typed.item().has_value());
      SALLYPORT_ASSERT(typed.at_end());
    }
  }
  return 0;
}
