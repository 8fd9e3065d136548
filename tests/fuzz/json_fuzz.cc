// Property: any bytes give a fault or a value; a value's canonical text reads back as that value and is
// canonical already; so does its pretty text.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const auto value = parse_json(text_of({data, size}));
  if (!value) {
    SALLYPORT_ASSERT(value.error().what.starts_with("line "));
    return 0;
  }
  const auto text = to_text(*value);
  const auto again = parse_json(text);
  SALLYPORT_ASSERT(again.has_value() && *again == *value && to_text(*again) == text && is_valid_utf8(text));
  const auto pretty = parse_json(to_pretty_text(*value));
  SALLYPORT_ASSERT(pretty.has_value() && *pretty == *value);
  return 0;
}
