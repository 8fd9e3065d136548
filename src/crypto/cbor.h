// A reader for the CBOR (RFC 8949) that authenticators write: the CTAP2 canonical form of WebAuthn
// attestation objects, COSE keys and extension outputs. For the sources of crypto/ only.
// Definite lengths and shortest heads only; no tags, no floats, no simple values but false, true and
// null. What the reader does not know, it refuses. Duplicate keys are for the caller to see.
//
// Views point into the bytes given to the reader. Faults name the byte offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace sallyport {

inline constexpr int cbor_depth_max = 4;  // CTAP2 canonical form, CTAP 2.1 section 8: at most four levels

class CborReader {
 public:
  explicit CborReader(ByteView bytes) : bytes_(bytes) {}

  [[nodiscard]] Result<std::int64_t> integer();
  [[nodiscard]] Result<ByteView> byte_string();
  [[nodiscard]] Result<std::string_view> text_string();
  [[nodiscard]] Result<std::size_t> array_header();  // number of items that follow
  [[nodiscard]] Result<std::size_t> map_header();    // number of pairs that follow
  // Steps over one whole item of any kind and gives its bytes.
  [[nodiscard]] Result<ByteView> item();

  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  [[nodiscard]] std::size_t offset() const noexcept { return at_; }

 private:
  struct Head {
    int major = 0;
    std::uint64_t argument = 0;
  };
  [[nodiscard]] Result<Head> head();
  [[nodiscard]] Result<std::uint64_t> head_of(int major, std::string_view name);
  [[nodiscard]] Result<ByteView> take(std::uint64_t count);
  [[nodiscard]] Result<void> skip(int depth);
  [[nodiscard]] std::unexpected<Fault> wrong(std::string_view what) const;

  ByteView bytes_;
  std::size_t at_ = 0;
};

}  // namespace sallyport
