// Where secrets lie: SecretBytes, and the private keys of the cryptographic library, in pages that are locked (never
// written to swap), left out of core images, and fenced by pages that nobody may touch. Else they lie in the heap, and
// are wiped all the same.
#pragma once

#include "base/result.h"

namespace sallyport {

// For a process that runs long; once, before anything else of src/crypto is used and before any thread is made. A fault
// when the system does not let it lock so much.
[[nodiscard]] Result<void> keep_secrets_in_locked_memory();

// While one lives, whatever the cryptographic library allocates in this thread lies in locked pages: OpenSSL 3.0 copies
// a raw private key that it is given into its heap (ossl_ecx_key_fromdata).
//
//   const LockedAllocations locked;
//   OwnedPkey key(EVP_PKEY_new_raw_private_key(...));
class LockedAllocations {
 public:
  LockedAllocations() noexcept;
  ~LockedAllocations();
  LockedAllocations(const LockedAllocations&) = delete;
  LockedAllocations& operator=(const LockedAllocations&) = delete;
};

}  // namespace sallyport
