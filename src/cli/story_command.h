// Plays stories (docs/scenarios.md) on the bare core; asks no server. 0: all as told, 1: one is not, 2: could not be
// run.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace sallyport::cli {

struct StoryPlayOptions {
  std::vector<std::string> files;
  std::string policy;    // instead of the one that each story names
  std::string diagrams;  // a folder for sequence diagrams (Mermaid), one for each story
  std::string timelines;  // a folder for pictures of the ledger (SVG), one for each story
};
[[nodiscard]] Answer<int> command_story_play(Terminal& terminal, const StoryPlayOptions& options);

}  // namespace sallyport::cli
