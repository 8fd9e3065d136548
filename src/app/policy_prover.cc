#include "app/policy_prover.h"

#include <algorithm>

#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::size_t known_max = 4;  // a megabyte each at the most

Digest digest_of(const std::string& text, const std::string& organization) {
  const std::uint8_t separator = 0;  // neither text contains it: YAML allows no zero byte
  return sha256({view_of(text), {&separator, 1}, view_of(organization)});
}

}  // namespace

Result<Ruling<ProvedPolicy>> PolicyProver::prove(const std::string& text, const std::string& organization) {
  const auto texts = digest_of(text, organization);
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(known_, texts, &Known::texts);
    if (found != known_.end()) return Ruling<ProvedPolicy>(found->proved);
  }
  const std::unique_lock proving(proving_, std::try_to_lock);
  if (!proving)
    return fault(FaultKind::unavailable, "another policy is being proved at the moment", "try again in some seconds");
  SP_TRY(auto proved, prove_for_proposal(text, organization));
  if (!proved) return proved;
  const std::lock_guard lock(mutex_);
  known_.push_front({texts, *proved});
  if (known_.size() > known_max) known_.pop_back();
  return proved;
}

}  // namespace sallyport
