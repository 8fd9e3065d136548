// The smallest change of a policy's text after which every guarantee is proved: one edit of one line if any does, two
// or three if that is needed. Only edits that ask for more are tried, of recovery or of signing in, and each is proved
// again, with everything else, before it is shown: what closes one way and locks somebody out is no repair.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/proof/verdict.h"

namespace sallyport::proof {

struct Edit {
  std::size_t line = 0;
  std::string words;           // "let password_reset ask for the tier guarded"
  std::string before, after;   // the line
};

struct Repair {
  std::vector<Edit> edits;  // by line
  std::string text;         // of the whole policy, mended
};

// Every edit of one line that is tried whatever is broken, narrowest first, with the policy's text after it.
struct OneLineEdit {
  Edit edit;
  std::string text;
};
[[nodiscard]] std::vector<OneLineEdit> one_line_edits(const Policy& policy);

inline constexpr std::size_t repairs_tried_max = 150;  // proofs made in search of one

// Nothing when no repair was found among those tried. `proof` is of this policy and population, and does not hold.
[[nodiscard]] std::optional<Repair> smallest_repair(const Policy& policy, const Population& population,
                                                    const Proof& proof);
[[nodiscard]] Json to_json(const Repair& repair);

}  // namespace sallyport::proof
