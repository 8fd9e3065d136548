// For tests: a policy of some of the twenty signals, each resting on one to three of a few things.
#pragma once

#include <string>
#include <vector>

#include "../tests/support/seeded.h"
#include "base/text.h"
#include "core/policy/signals.h"

namespace sallyport {

struct SignalDraw {
  std::size_t signals = 12;
  std::size_t things = 12;
  std::size_t rests_on_max = 2;
};

// The section `signals` of a policy.
inline std::string drawn_signals(Seeded& random, SignalDraw draw) {
  std::vector<std::string_view> names(signal_names.begin(), signal_names.end());
  std::string out = "signals:\n";
  for (std::size_t i = 0; i < draw.signals; ++i) {
    std::swap(names[i], names[i + random.below(names.size() - i)]);
    std::vector<std::size_t> things;
    for (auto n = 1 + random.below(draw.rests_on_max); n > 0; --n)
      if (const auto thing = random.below(draw.things); std::ranges::find(things, thing) == things.end())
        things.push_back(thing);
    std::string list;
    for (const auto thing : things) list += concat(list.empty() ? "" : ", ", "t", thing);
    out += concat("  ", names[i], ": {rests_on: [", list, "]", random.one_in(3) ? ", strength: strong" : "", "}\n");
  }
  return out;
}

// A policy that asks nothing of anybody, with these signals.
inline std::string policy_of_signals(std::string_view signals, std::string_view tier = "{signals: 1}") {
  return concat("policy: drawn\nlanguage: 1\n", signals, "tiers: {light: ", tier,
                "}\nclasses: [{name: all}]\nactions: {unlock: light}\n");
}

}  // namespace sallyport
