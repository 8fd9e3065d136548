// `sallyport-audit verify` on a bundle: one case of a ledger, with the proofs of its entries.
#pragma once

#include <string_view>

#include "bin/sallyport-audit/options.h"
#include "bin/sallyport-audit/verify.h"
#include "core/ledger/bundle_audit.h"

namespace sallyport::audit {

[[nodiscard]] Exit verify_bundle(const VerifyCommand& command, const BundleTrust& trust, const Witnesses& witnesses,
                                 std::string_view text);

}  // namespace sallyport::audit
