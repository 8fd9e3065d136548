// A heap that keeps nothing: what is freed is overwritten first, so that what a request carried (codes, tokens, a new
// password on its way) is in no free block that a core image, a swapped page or the next owner would show. For
// libraries that take memory functions; shell/wiring/wiping_new.cc does the same for our own objects.
//
// As malloc(), calloc(), realloc() and free() of the C library; thread-safe as they are. Blocks of either may be freed
// by the other.
#pragma once

#include <cstddef>

namespace sallyport {

[[nodiscard]] void* wiping_malloc(std::size_t size) noexcept;
[[nodiscard]] void* wiping_calloc(std::size_t count, std::size_t size) noexcept;
[[nodiscard]] void* wiping_realloc(void* block, std::size_t size) noexcept;
void wiping_free(void* block) noexcept;

// Overwrites what calls that have returned left on this thread's stack: short texts lie there, and in no heap. For the
// loops of threads, after each piece of work.
void wipe_dead_stack() noexcept;

}  // namespace sallyport
