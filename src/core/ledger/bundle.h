// One case of a ledger as one file: a page for people, a signed checkpoint, and the entries that are needed to rule on
// that case again, each with its proof that it stands in the tree that was signed. Pure.
// The layout is in docs/ledger_format.md, "Bundles"; what a bundle shows, and what it cannot, in docs/auditing.md.
//
// Parsing is strict: every number and every hash has one spelling, so that a changed byte is never a matter of taste.
//
//   BundleMaker maker(id);
//   for (const auto& entry : ledger) maker.feed(entry);
//   SP_TRY(const auto bundle, maker.finish(note, trusted));
//   write(encode_bundle(bundle));
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "core/ledger/note.h"
#include "core/merkle/merkle.h"
#include "core/model/ids.h"

namespace sallyport {

inline constexpr std::string_view bundle_first_line = "sallyport-bundle/1\n";
// The organization's stream makes most of it: a site with a hundred policies, each with a certificate of a megabyte.
inline constexpr std::size_t bundle_bytes_max = 256 * 1024 * 1024;
inline constexpr std::size_t bundle_cover_bytes_max =
    256 * 1024;  // a line for each entry of a case, several times over
inline constexpr std::size_t bundle_proof_hashes_max = 62;         // tree_size_max: one for each level
inline constexpr std::size_t bundle_entries_max = 1'000'000;

struct BundleEntry {
  std::uint64_t index = 0;  // in the ledger
  std::string bytes;
  std::vector<Digest> proof;  // RFC 6962 section 2.1.1, against the checkpoint's tree

  friend bool operator==(const BundleEntry&, const BundleEntry&) = default;
};

struct Bundle {
  CaseId id;
  std::string cover;       // bundle_cover.h
  std::string checkpoint;  // the note
  std::vector<BundleEntry> entries;

  friend bool operator==(const Bundle&, const Bundle&) = default;
};

// Where a file stops being a bundle.
struct BundleDamage {
  std::uint64_t entry = 0;  // the last one that was read whole, or 0
  std::string text;
};

[[nodiscard]] std::string encode_bundle(const Bundle& bundle);
[[nodiscard]] std::expected<Bundle, BundleDamage> parse_bundle(std::string_view text);

// Picks a case's bundle out of a ledger that passes by. Keeps the hashes of the tree (64 bytes an entry) and the
// entries of the two streams.
class BundleMaker {
 public:
  explicit BundleMaker(CaseId id);
  void feed(std::string_view bytes);
  [[nodiscard]] std::uint64_t size() const noexcept { return tree_.size(); }
  // `note` covers what was fed. `not_found`: the ledger has no such case; `corrupt`: it is not the tree that was
  // signed.
  [[nodiscard]] Result<Bundle> finish(std::string note, const VerifierKey& trusted);

 private:
  struct Kept {
    std::uint64_t index = 0;
    std::string bytes;
    bool of_case = false;
  };
  [[nodiscard]] Result<Digest> node(unsigned height, std::uint64_t number) const;

  CaseId id_;
  std::string in_bytes_;
  Frontier tree_;
  std::vector<std::vector<Digest>> nodes_;  // by height
  std::vector<Kept> kept_;
};

}  // namespace sallyport
