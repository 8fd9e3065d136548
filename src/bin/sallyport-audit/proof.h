// `sallyport-audit proof`: does what a policy promises follow from a certificate?
#pragma once

#include "bin/sallyport-audit/options.h"

namespace sallyport::audit {

[[nodiscard]] Exit run(const ProofCommand& command);

}  // namespace sallyport::audit
