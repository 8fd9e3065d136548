// A case, a staff list, a timeline as people read them. Answers are read leniently here: a member
// that is missing shows as "-", for showing is no decision.
#pragma once

#include "base/json.h"
#include "cli/terminal.h"

namespace sallyport::cli {

void show_case(Terminal& terminal, const Json& answer);
void show_cases(Terminal& terminal, const Json& answer);
void show_reviews(Terminal& terminal, const Json& answer);
void show_timeline(Terminal& terminal, const Json& answer);
void show_claimant_case(Terminal& terminal, const Json& answer);
void show_staff(Terminal& terminal, const Json& answer);
void show_explanation(Terminal& terminal, const Json& answer);

}  // namespace sallyport::cli
