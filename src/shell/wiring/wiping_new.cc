// Replaces the operators new and delete of every program that is wired here: what is deleted is overwritten
// (crypto/wiping_heap.h). The other forms, of arrays and without exceptions, call these; what is aligned beyond
// malloc() holds no text.
#include <cstddef>
#include <new>

#include "crypto/wiping_heap.h"

void* operator new(std::size_t size) {
  for (;;) {
    if (void* const block = sallyport::wiping_malloc(size > 0 ? size : 1)) return block;
    const auto handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}

void operator delete(void* block) noexcept { sallyport::wiping_free(block); }
void operator delete(void* block, std::size_t) noexcept { sallyport::wiping_free(block); }
