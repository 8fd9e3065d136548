// `sallyport-audit witness`: a witness of logs (C2SP tlog-witness), one request at a time.
//
// It speaks no HTTP: it is a CGI program (RFC 3875), which any web server runs, so that what holds the witness's key
// and what faces the network are two programs, and this one links no server. Request on standard input, answer on
// standard output. A request that cannot be remembered gets no cosignature.
#pragma once

#include "bin/sallyport-audit/options.h"

namespace sallyport::audit {

[[nodiscard]] Exit run(const WitnessCommand& command);

}  // namespace sallyport::audit
