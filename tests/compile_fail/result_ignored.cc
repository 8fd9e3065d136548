// A result that nobody looks at is a fault that nobody saw.
// expect: ignoring return value
#include "base/json.h"

void read(std::string_view body) {
#ifdef MUST_NOT_COMPILE
  sallyport::parse_json(body);
#else
  if (!sallyport::parse_json(body)) return;
#endif
}
