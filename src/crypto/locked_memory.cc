#include "crypto/locked_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

#include "crypto/wiping_heap.h"

namespace sallyport {
namespace {

constexpr std::size_t locked_bytes = 512 * 1024;  // a few hundred keys, codes and passwords at once
constexpr std::size_t smallest_block = 32;
constexpr int locked = 1;

thread_local int asked_for = 0;  // LockedAllocations alive

void* allocate(std::size_t size, const char* file, int line) {
  return asked_for > 0 ? CRYPTO_secure_malloc(size, file, line) : wiping_malloc(size);
}

void release(void* block, const char* file, int line) {
  if (CRYPTO_secure_allocated(block) == 1) CRYPTO_secure_free(block, file, line);
  else wiping_free(block);
}

void* reallocate(void* block, std::size_t size, const char* file, int line) {
  if (size == 0) {
    release(block, file, line);
    return nullptr;
  }
  if (asked_for == 0 && CRYPTO_secure_allocated(block) != 1) return wiping_realloc(block, size);
  void* const moved = allocate(size, file, line);
  if (moved == nullptr || block == nullptr) return moved;
  const auto before =
      CRYPTO_secure_allocated(block) == 1 ? CRYPTO_secure_actual_size(block) : malloc_usable_size(block);
  std::memcpy(moved, block, std::min(before, size));
  release(block, file, line);
  return moved;
}

}  // namespace

Result<void> keep_secrets_in_locked_memory() {
  if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1)
    return fault(FaultKind::unavailable, "the cryptographic library was in use before its memory was set up", "");
  if (CRYPTO_secure_malloc_init(locked_bytes, smallest_block) != locked)
    return fault(FaultKind::unavailable, "the memory for secrets cannot be locked",
                 "allow the process 1 MiB of locked memory (`ulimit -l`, LimitMEMLOCK= of its service)");
  return {};
}

LockedAllocations::LockedAllocations() noexcept { ++asked_for; }
LockedAllocations::~LockedAllocations() { --asked_for; }

}  // namespace sallyport
