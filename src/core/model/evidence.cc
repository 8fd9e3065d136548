#include "core/model/evidence.h"

#include "crypto/hash.h"

namespace sallyport {

std::string_view to_string(EvidenceResult result) noexcept {
  return result == EvidenceResult::passed ? "passed" : "failed";
}

Digest digest_of(const Evidence& evidence) { return sha256(view_of(to_text(record_to_json(evidence)))); }

}  // namespace sallyport
