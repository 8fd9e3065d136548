// An assertion that stays on in release builds. It marks a bug of ours, never a bad input:
// input is refused with a denial or a fault long before it could reach one.
// See docs/architecture.md, "Refusal, fault, bug".
#pragma once

namespace sallyport {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace sallyport

#define SALLYPORT_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::sallyport::assertion_failed(#condition, __FILE__, __LINE__))
