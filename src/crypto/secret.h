// Bytes that must not be seen: keys, seeds, codes, new passwords. A SecretBytes has one owner, is
// wiped when it dies or is moved from, and offers no way to be printed, compared, copied or turned
// into text by accident; secret_test.cc holds the compiler to that. In a server they lie in locked pages
// (locked_memory.h).
//
// Lifetime: a view given by reveal() lives as long as the SecretBytes it came from.
// Threads: a value like any other; reading from many threads is safe.
// Errors: std::bad_alloc when no memory is left, or no locked page. Wiping cannot fail.
//
//   auto seed = SecretBytes::take(std::move(bytes_from_entropy));
//   auto key = Ed25519SigningKey::from_seed(seed);
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace sallyport {

class SecretBytes {
 public:
  SecretBytes() noexcept = default;  // empty
  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;

  // The caller keeps, and has to wipe, what it copied from.
  [[nodiscard]] static SecretBytes copy_of(ByteView bytes);
  // The source is wiped and left empty.
  [[nodiscard]] static SecretBytes take(Bytes&& source);
  [[nodiscard]] static SecretBytes take(std::string&& source);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  // The one door to the bytes. Every call site is reviewed: hand the view straight to the function
  // that needs it, and let it out of scope there.
  [[nodiscard]] ByteView reveal() const noexcept { return {bytes_.get(), size_}; }

  // Takes the same time wherever the first difference stands. The length is not hidden.
  [[nodiscard]] bool equals_constant_time(ByteView other) const noexcept;

  friend bool operator==(const SecretBytes&, const SecretBytes&) = delete;

 private:
  void wipe_self() noexcept;

  struct Free {
    void operator()(std::uint8_t* block) const noexcept;
  };
  std::unique_ptr<std::uint8_t[], Free> bytes_;
  std::size_t size_ = 0;
};

// For values that were computed rather than kept (a MAC, a one-time code). The length is not hidden.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b) noexcept;

// Overwrites every byte, spare capacity included, and leaves the target empty.
void wipe(std::string& text) noexcept;
void wipe(Bytes& bytes) noexcept;

}  // namespace sallyport
