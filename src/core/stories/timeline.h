// The ledger of a story, drawn: a line for each entry, in its order; a lane for each case, with its holds as bars; what
// was refused and what raised an alert is marked. SVG without script, style from elsewhere or anything that is fetched.
// The same story gives the same picture, byte for byte.
//
// Pure.
#pragma once

#include <string>

#include "core/stories/play.h"
#include "core/stories/story.h"

namespace sallyport::stories {

inline constexpr std::size_t timeline_rows_max = 500;  // a picture that nobody scrolls to the end of
inline constexpr std::size_t timeline_lanes_max = 24;  // cases side by side; more are told without a lane

[[nodiscard]] std::string timeline_of(const Story& story, const Played& played);

}  // namespace sallyport::stories
