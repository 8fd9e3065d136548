// `sallyport-audit show`: entries as they stand in the file, believed or not.
#pragma once

#include "bin/sallyport-audit/options.h"

namespace sallyport::audit {

[[nodiscard]] Exit run(const ShowCommand& command);

}  // namespace sallyport::audit
