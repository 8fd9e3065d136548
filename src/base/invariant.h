// An invariant, by its number in docs/testing.md, asserted in release builds at the last door before what it forbids.
// One that does not hold is a bug of ours, or memory that is not what was written there: the process says which number
// and stops, before anything is recorded or sent. Nothing else is said, for anything else might be a secret.
//
// Never of somebody's input: that is refused with a denial or a fault long before.
#pragma once

namespace sallyport {

[[noreturn]] void invariant_violated(unsigned number) noexcept;

}  // namespace sallyport

#define SALLYPORT_INVARIANT(number, condition) \
  (static_cast<bool>(condition) ? void(0) : ::sallyport::invariant_violated(number))
