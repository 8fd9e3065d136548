// Owners for what libfido2 allocates, its start and its answers, for the sources of crypto/ only.
// Each owner frees exactly once. libfido2 keeps no state that two threads share: one statement belongs
// to one thread, and a public key is only read.
#pragma once

#include <fido.h>
#include <fido/es256.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/result.h"
#include "base/text.h"

namespace sallyport {

struct FidoFree {
  void operator()(fido_assert_t* assertion) const noexcept { fido_assert_free(&assertion); }
  void operator()(fido_cred_t* credential) const noexcept { fido_cred_free(&credential); }
  void operator()(es256_pk_t* key) const noexcept { es256_pk_free(&key); }
};

using OwnedFidoAssertion = std::unique_ptr<fido_assert_t, FidoFree>;
using OwnedFidoCredential = std::unique_ptr<fido_cred_t, FidoFree>;
using OwnedFidoKey = std::unique_ptr<es256_pk_t, FidoFree>;

// fido_init(3) is owed once by each thread. Without flags: debug output would print authenticator
// data to standard error.
inline void start_libfido2() {
  thread_local bool started = false;
  if (!started) fido_init(0);
  started = true;
}

[[nodiscard]] inline OwnedFidoAssertion new_fido_assertion() {
  start_libfido2();
  OwnedFidoAssertion made(fido_assert_new());
  SALLYPORT_ASSERT(made != nullptr);
  return made;
}

[[nodiscard]] inline OwnedFidoCredential new_fido_credential() {
  start_libfido2();
  OwnedFidoCredential made(fido_cred_new());
  SALLYPORT_ASSERT(made != nullptr);
  return made;
}

// FIDO_ERR_INTERNAL is want of memory, never the input's doing. Every other code judges the input.
[[nodiscard]] inline Result<void> fido_accepted(int code, std::string_view what, std::string_view next_step) {
  if (code == FIDO_OK) return {};
  return fault(code == FIDO_ERR_INTERNAL ? FaultKind::unavailable : FaultKind::invalid,
               concat(what, " (libfido2: ", std::string_view(fido_strerr(code)), ')'), std::string(next_step));
}

}  // namespace sallyport
