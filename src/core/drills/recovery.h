// One honest recovery: with what the holder has left and with people who do their work, does it go through, and what
// does it take? The answer is the runtime's own decision on the case, made up with what can be given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/drills/ground.h"

namespace sallyport::drills {

enum class Restored : std::uint8_t { yes, no, does_not_apply };
[[nodiscard]] std::string_view to_string(Restored restored) noexcept;

struct Recovery {
  std::string account;
  Restored restored = Restored::no;
  std::string why;                   // no: what is missing, or the refusal; does_not_apply: why
  std::vector<std::string> signals;  // yes: those that count
  std::vector<std::string> steps;    // in words, in order
  std::uint32_t people = 0;          // who approve, attest or invite, each once; not the agent and not the holder
  std::uint64_t minutes = 0;         // at the least, by the assumptions of library.h
};

[[nodiscard]] Recovery run_honest(const Ground& ground, const HonestCase& honest, std::size_t account);

}  // namespace sallyport::drills
