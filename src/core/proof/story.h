// How somebody gets through, step by step, for a help-desk manager: who falls, what it takes, why that is too little,
// the steps in order with the lines of the policy that allow them.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "core/proof/compile.h"

namespace sallyport::proof {

struct Step {
  std::string words;
  Lines lines;
};

struct Capability {
  std::string atom;
  int level = 0;
  std::string words;
};

// A case that the story opens: what replay.h puts before the runtime decision.
struct StoryCase {
  std::string account;               // whose: a kind, or one of Compiled::others
  std::size_t ask = 0;               // of its forms
  std::vector<std::string> signals;  // that are given by what they rest on
  std::vector<std::string> people;   // who approve
  std::vector<std::string> attest;   // who say so themselves
};

struct Story {
  std::string account;
  std::vector<Capability> takes;  // what an attacker needs, hardest first
  std::vector<Step> steps;
  Lines lines;                    // of all steps, each once
  std::vector<StoryCase> cases;   // in the order of the steps
};

// `atoms` is a set that makes the node true; a smallest one, or the story tells more than it needs.
[[nodiscard]] Story story_of(const Compiled& compiled, const std::vector<std::string>& atoms, std::string_view node,
                             std::string account);

[[nodiscard]] std::string lines_in_words(const Lines& lines);  // "lines 12, 15-17"
// "  1 anyone ... (policy line 12)" for each step.
[[nodiscard]] std::vector<std::string> told(const Story& story);
[[nodiscard]] Json to_json(const Story& story);
[[nodiscard]] std::string capabilities_in_words(const std::vector<Capability>& list);  // "a (level 2), b (level 1)"
[[nodiscard]] std::vector<Capability> capabilities(const Compiled& compiled, const std::vector<std::string>& atoms);

}  // namespace sallyport::proof
