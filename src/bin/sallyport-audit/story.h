// `sallyport-audit case`: one case as a person would tell it, each step ruled upon again.
#pragma once

#include "bin/sallyport-audit/options.h"

namespace sallyport::audit {

[[nodiscard]] Exit run(const StoryCommand& command);

}  // namespace sallyport::audit
