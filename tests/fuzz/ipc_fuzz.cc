// Property: any JSON is an answer of the other process or none, and an answer that is read is written as it came; and
// what does not fit a frame is no frame.
#include <cstddef>
#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "shell/ipc/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const auto json = parse_json(text_of({data, size}));
  if (!json) return 0;
  const auto frame = ipc::frame_of(*json);
  const auto text = to_text(*json);
  SALLYPORT_ASSERT(frame.has_value() == (text.size() <= ipc::ipc_frame_bytes_max));
  if (frame) SALLYPORT_ASSERT(frame->substr(4) == text);
  const auto answer = ipc::answer_from(*json);
  if (!answer) return 0;
  const auto again = ipc::answer_from(ipc::answer_json(*answer));
  SALLYPORT_ASSERT(again && again->has_value() == answer->has_value());
  if (*answer) SALLYPORT_ASSERT(**again == **answer);
  else SALLYPORT_ASSERT(again->error().what == answer->error().what && again->error().kind == answer->error().kind);
  return 0;
}
