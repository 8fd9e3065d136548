#include "crypto/wiping_heap.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace sallyport {

void* wiping_malloc(std::size_t size) noexcept { return std::malloc(size); }

void* wiping_calloc(std::size_t count, std::size_t size) noexcept { return std::calloc(count, size); }

// Never in place: what realloc() moves it leaves behind.
void* wiping_realloc(void* block, std::size_t size) noexcept {
  void* const moved = std::malloc(size > 0 ? size : 1);
  if (moved == nullptr || block == nullptr) return moved;
  std::memcpy(moved, block, std::min(malloc_usable_size(block), size));
  wiping_free(block);
  return moved;
}

void wiping_free(void* block) noexcept {
  if (block == nullptr) return;
  explicit_bzero(block, malloc_usable_size(block));
  std::free(block);
}

[[gnu::noinline]] void wipe_dead_stack() noexcept {
  constexpr std::size_t as_deep_as_calls_go = 64 * 1024;
  std::array<std::byte, as_deep_as_calls_go> stack;  // NOLINT(*-member-init): it is what is to be overwritten
  explicit_bzero(stack.data(), stack.size());
}

}  // namespace sallyport
