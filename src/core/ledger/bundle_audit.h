// Judges a bundle (bundle.h) with nothing but the file and the ledger's key: is it signed, does each entry stand where
// it is said to stand, is none missing from the two streams, was the case decided as the rules then in force asked, and
// does the page in front tell just that?
//
// What one case's entries cannot show is not judged: counts over other cases, and whatever came after the last entry.
// Whether the organization's stream could have been cut short before the case's last entry is told
// (`organization_whole`).
//
// Pure. The file may be anybody's: whatever is wrong is a finding that names the entry, never an assertion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cases/event.h"
#include "core/ledger/bundle.h"

namespace sallyport {

struct BundleTrust {
  const VerifierKey& key;
  std::optional<Digest> genesis = std::nullopt;  // leaf hash of entry 0; absent: taken on trust
  std::optional<Checkpoint> since = std::nullopt;  // that was seen before: an older bundle hides what came since
};

struct BundleFinding {
  std::uint64_t entry = 0;
  std::string kind;  // "bundle", "checkpoint", "genesis", "proof", "stream", "ruling" or "cover"
  std::string text;  // "entry 17: ..."
};
inline constexpr std::size_t bundle_findings_max = 100;  // a reader stops long before; the count goes on

struct BundleReport {
  CaseId id;
  Checkpoint checkpoint;  // empty: it was not to be trusted
  std::optional<Digest> genesis;  // leaf hash of the bundle's first entry
  std::uint64_t organization_entries = 0;
  std::uint64_t case_entries = 0;
  std::uint64_t case_last = 0;  // index of the case's last entry here
  std::uint64_t organization_last = 0;  // index of the organization's last entry before it
  // Another entry of the organization follows, or there is none between: nothing can have been left out in between.
  bool organization_whole = false;
  std::uint64_t signatures = 0;  // of people, checked
  std::optional<CaseClosed> closed;
  bool demo = false;
  std::string cover;  // as it stands in the file; believe it when the report is sound
  std::vector<BundleFinding> findings;  // the first bundle_findings_max, in the order of the file
  std::uint64_t findings_total = 0;

  [[nodiscard]] bool sound() const noexcept { return findings_total == 0; }
};

[[nodiscard]] BundleReport audit_bundle(std::string_view text, const BundleTrust& trust);

}  // namespace sallyport
