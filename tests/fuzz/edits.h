// For fuzzers of what is signed or sealed: the input is a list of edits to something valid, since no fuzzer finds a
// signature by itself. Three bytes an edit: which field and what to do, where, and with which byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"

namespace sallyport::fuzz {

inline void edit(Bytes& field, std::uint8_t how, std::size_t where, std::uint8_t byte) {
  const auto at = field.begin() + static_cast<std::ptrdiff_t>(field.empty() ? 0 : where % field.size());
  switch (how % 4) {
    case 0:
      if (!field.empty()) *at ^= byte;
      return;
    case 1: field.insert(at, byte); return;
    case 2:
      if (!field.empty()) field.erase(at);
      return;
    default: field.erase(at, field.end()); return;  // cut short
  }
}

// `fields`: at most 64. Offsets are stretched, so that long fields are reached as well.
inline void apply(ByteView script, std::span<Bytes* const> fields) {
  for (std::size_t i = 0; i + 2 < script.size(); i += 3) {
    auto& field = *fields[(script[i] / 4U) % fields.size()];
    const std::size_t where = field.size() <= 256 ? script[i + 1] : script[i + 1] * (field.size() / 256 + 1);
    edit(field, script[i], where, script[i + 2]);
  }
}

}  // namespace sallyport::fuzz
